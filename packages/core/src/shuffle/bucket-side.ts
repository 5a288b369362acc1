/** The rows of one side in one bucket: first the number of each row's key, then the values in the order of numbers. */

import { isPacked, type Column } from '../codec/columns/column.ts'
import { isNumbers } from '../codec/columns/number-column.ts'
import { isSameShape, RecordColumn, recordRows } from '../codec/columns/record-column.ts'
import { DictionaryColumn } from '../codec/columns/dictionary-column.ts'
import { listOf } from '../codec/list-of.ts'
import type { KeyIndex } from './key-index.ts'
import type { Slice } from './slice.ts'

/** The values of key k are `values[starts[k]]` up to `values[starts[k + 1]]`. */
export interface GroupedSide {
  readonly values: ArrayLike<unknown>
  readonly starts: Int32Array
}

/** The rows [from, to) of a column. */
interface Stretch<C> {
  readonly column: C
  readonly from: number
  readonly to: number
}
type ListedColumn = Column | DictionaryColumn

export class BucketSide {
  /** Of each row the number of its key. */
  #ids = new Int32Array(4096)
  #rows = 0
  #slices: readonly Slice[] = []
  #bucket = 0

  read(slices: readonly Slice[], bucket: number, index: KeyIndex): void {
    this.#slices = slices
    this.#bucket = bucket
    this.#rows = 0
    for (const { starts } of slices) this.#rows += starts[bucket + 1]! - starts[bucket]!
    if (this.#rows > this.#ids.length) this.#ids = new Int32Array(Math.max(this.#rows, 2 * this.#ids.length))
    let at = 0
    for (const { starts, keys } of slices) {
      const from = starts[bucket]!
      const to = starts[bucket + 1]!
      if (from === to) continue
      index.assign(keys, from, to, this.#ids.subarray(at, at + to - from))
      at += to - from
    }
  }

  /** By the number of each of all keys, once; values in arrays of their own, since groups outlive the bucket. */
  group(keys: ArrayLike<unknown>): GroupedSide {
    const starts = new Int32Array(keys.length + 1)
    const places = this.#ids
    const rows = this.#rows
    for (let i = 0; i < rows; i++) starts[places[i]! + 1]!++
    for (let id = 0; id < keys.length; id++) starts[id + 1]! += starts[id]!
    const next = starts.slice(0, keys.length)
    for (let i = 0; i < rows; i++) places[i] = next[places[i]!]!++
    const stretches: Stretch<Column>[] = []
    for (const slice of this.#slices) {
      const from = slice.starts[this.#bucket]!
      const to = slice.starts[this.#bucket + 1]!
      if (from < to) stretches.push({ column: slice.values, from, to })
    }
    const values = areRecords(stretches)
      ? placedRecords(stretches, rows, places, keys, starts)
      : placedValues(stretches, rows, places)
    return { values, starts }
  }
}

function areRecords(stretches: readonly Stretch<Column>[]): stretches is Stretch<RecordColumn>[] {
  const first = stretches[0]?.column
  return (
    first instanceof RecordColumn &&
    stretches.every(({ column }) => column instanceof RecordColumn && isSameShape(column.shape, first.shape))
  )
}

/** Place by place, so that rows are made in the order in which they are read; those that are the key are one text per key. */
function placedRecords(
  stretches: readonly Stretch<RecordColumn>[],
  rows: number,
  places: Int32Array,
  keys: ArrayLike<unknown>,
  starts: Int32Array,
): unknown[] {
  const { shape, places: first } = stretches[0]!.column
  const columns = first.map((_, place) =>
    stretches.every(({ column }) => column.keyPlaces.includes(place))
      ? repeatedKeys(keys, starts)
      : placedValues(
          stretches.map(({ column, from, to }) => ({ column: column.places[place]!, from, to })),
          rows,
          places,
        ),
  )
  return recordRows(shape, columns, rows)
}

function repeatedKeys(keys: ArrayLike<unknown>, starts: Int32Array): unknown[] {
  const repeated = listOf<unknown>(starts[keys.length]!)
  for (let id = 0; id < keys.length; id++) repeated.fill(keys[id], starts[id], starts[id + 1])
  return repeated
}

/** Row i of the stretches, one behind another, becomes that at `places[i]`. */
function placedValues(
  stretches: readonly Stretch<ListedColumn>[],
  rows: number,
  places: Int32Array,
): Int32Array | Float64Array | unknown[] {
  const target = stretches.every(({ column }) => column instanceof Int32Array)
    ? new Int32Array(rows)
    : stretches.every(({ column }) => isNumbers(column))
      ? new Float64Array(rows)
      : listOf<unknown>(rows)
  let at = 0
  for (const { column, from, to } of stretches) {
    placeStretch(column, from, to, places, at, target)
    at += to - from
  }
  return target
}

function placeStretch(
  column: ListedColumn,
  from: number,
  to: number,
  places: Int32Array,
  at: number,
  target: Int32Array | Float64Array | unknown[],
): void {
  // A loop per kind of array: one that meets all of them is several times slower.
  if (column instanceof Int32Array && target instanceof Int32Array) {
    for (let i = from; i < to; i++) target[places[at++]!] = column[i]!
  } else if (isNumbers(column) && target instanceof Float64Array) {
    for (let i = from; i < to; i++) target[places[at++]!] = column[i]!
  } else if (column instanceof DictionaryColumn) {
    const { codes, table } = column
    for (let i = from; i < to; i++) (target as unknown[])[places[at++]!] = table[codes[i]!]
  } else {
    const isList = isPacked(column)
    const values = isList ? column.toList(from, to) : column
    const shift = isList ? from : 0
    for (let i = from; i < to; i++) (target as unknown[])[places[at++]!] = values[i - shift]
  }
}
