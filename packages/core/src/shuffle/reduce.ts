/**
 * The reduce side of aggregations, groups, joins and sorts: reads slices in map order, bucket by bucket, so that the
 * tables of a bucket fit in a core's cache. Output comes in the order (bucket, first occurrence in map order).
 */

import { isNumbers } from '../codec/columns/number-column.ts'
import { TextColumn } from '../codec/columns/text-column.ts'
import { Group } from '../codec/group.ts'
import type { Piece } from '../protocol/messages.ts'
import type { TaskSpills } from '../storage/task-spills.ts'
import { BucketSide, type GroupedSide } from './bucket-side.ts'
import { bucketStretches, slicesOfBucket, type BucketRange } from './bucket-stretches.ts'
import { Fold } from './fold.ts'
import type { KeyIndex } from './key-index.ts'
import type { Merging } from './merging.ts'
import { DoubleIndex, IntIndex } from './number-index.ts'
import { bucketsOfPiece } from './piece.ts'
import type { PairColumns, Slice, SliceSource } from './slice.ts'
import { SpilledValues } from './spilled-values.ts'
import { TextBytesIndex } from './text-index.ts'
import { AdaptiveIndex } from './value-index.ts'

/** One row per key: its values merged. */
export function* mergedByKey(
  sources: readonly SliceSource[],
  merging: Merging,
  site: string,
  { budget }: TaskSpills,
  piece?: Piece,
): Generator<PairColumns> {
  // Keys and values are copied from the slices into tables, so both are held.
  for (const stretch of bucketStretches([sources], budget / 2, piece && bucketsOfPiece([sources], piece)))
    if (stretch.kind === 'held') yield* mergedSlices(stretch.sides[0]!, merging, site)
    else yield* mergedBucket(sources, stretch.bucket, merging, site)
}

function* mergedSlices(slices: readonly Slice[], merging: Merging, site: string): Generator<PairColumns> {
  const index = indexFor(slices, site)
  const fold = new Fold(merging)
  const ids = new Ids()
  for (let bucket = 0; bucket < bucketsOf(slices); bucket++) {
    index.clear()
    fold.clear()
    for (const slice of slices) {
      const from = slice.starts[bucket]!
      const to = slice.starts[bucket + 1]!
      if (from === to) continue
      const numbers = ids.of(to - from)
      index.assign(slice.keys, from, to, numbers)
      fold.add(numbers, to - from, slice.values, from)
    }
    if (index.size > 0) yield { rows: index.size, keys: index.keys(), values: fold.values() }
  }
}

/** One bucket, a slice at a time: no more is held than what its keys come to. */
function* mergedBucket(
  sources: readonly SliceSource[],
  bucket: number,
  merging: Merging,
  site: string,
): Generator<PairColumns> {
  const index = new AdaptiveIndex(site)
  const fold = new Fold(merging)
  const ids = new Ids()
  for (const { rows, keys, values } of slicesOfBucket(sources, bucket)) {
    const numbers = ids.of(rows)
    index.assign(keys, 0, rows, numbers)
    fold.add(numbers, rows, values, 0)
  }
  yield { rows: index.size, keys: index.keys(), values: fold.values() }
}

/** One row per key: its values as a `Group`, which stays valid as long as the task runs. */
export function* groupedByKey(
  sources: readonly SliceSource[],
  site: string,
  spills: TaskSpills,
  piece?: Piece,
): Generator<PairColumns> {
  const range = piece && bucketsOfPiece([sources], piece)
  for (const columns of cogroupedByKey([sources], site, spills, range)) yield* groupColumns(columns, spills)
}

/** The groups of the one side that there is. */
export function* groupColumns(
  { rows, keys, sides, groupsOf }: GroupedColumns,
  { budget }: TaskSpills,
): Generator<PairColumns> {
  if (sides) {
    const { values, starts } = sides[0]!
    const groups: Group<unknown>[] = []
    for (let id = 0; id < rows; id++) groups.push(new Group(values, starts[id], starts[id + 1]))
    yield { rows, keys, values: groups }
    return
  }
  // A few at a time, since those of a large bucket are read when they are made.
  for (let from = 0, to = 0; from < rows; from = to) {
    const groups: Group<unknown>[] = []
    for (let held = 0; to < rows && held <= budget / 4; to++) {
      const [group] = groupsOf(to) as [Group<unknown>]
      groups.push(group)
      held += group.size * 8
    }
    yield { rows: groups.length, keys: slicedKeys(keys, from, to), values: groups }
  }
}

/** The values of both sides, or of more, by key number. */
export interface GroupedColumns {
  readonly rows: number
  readonly keys: ArrayLike<unknown>
  /** The groups of a key, by side; to be asked in the order of numbers. */
  readonly groupsOf: (id: number) => readonly Group<unknown>[]
  /** Where all lie in memory: those of key k are `values[starts[k]]` up to `values[starts[k + 1]]`. */
  readonly sides?: readonly GroupedSide[]
}

export function heldColumns(rows: number, keys: ArrayLike<unknown>, sides: readonly GroupedSide[]): GroupedColumns {
  const groupsOf = (id: number) => sides.map(({ values, starts }) => new Group(values, starts[id], starts[id + 1]))
  return { rows, keys, sides, groupsOf }
}

export function* cogroupedByKey(
  sides: readonly (readonly SliceSource[])[],
  site: string,
  spills: TaskSpills,
  range?: BucketRange,
): Generator<GroupedColumns> {
  // A group's values are copied from the slices, so both are held.
  for (const stretch of bucketStretches(sides, spills.budget / 2, range)) {
    if (stretch.kind === 'held') {
      yield* cogroupedSlices(stretch.sides, site)
      continue
    }
    const index = new AdaptiveIndex(site)
    const spilled = sides.map((sources) => {
      const values = new SpilledValues(spills)
      values.read(sources, stretch.bucket, index)
      return values
    })
    const groupsOf = (id: number) => spilled.map((values) => values.group(id))
    yield { rows: index.size, keys: index.keys(), groupsOf }
  }
}

function* cogroupedSlices(sides: readonly (readonly Slice[])[], site: string): Generator<GroupedColumns> {
  const index = indexFor(sides.flat(), site)
  const readers = sides.map(() => new BucketSide())
  const buckets = Math.max(...sides.map(bucketsOf))
  for (let bucket = 0; bucket < buckets; bucket++) {
    index.clear()
    for (const [i, slices] of sides.entries()) readers[i]!.read(slices, bucket, index)
    if (index.size === 0) continue
    const keys = index.keys()
    yield heldColumns(
      index.size,
      keys,
      readers.map((reader) => reader.group(keys)),
    )
  }
}

function slicedKeys(keys: ArrayLike<unknown>, from: number, to: number): ArrayLike<unknown> {
  return ArrayBuffer.isView(keys)
    ? (keys as unknown as Float64Array).subarray(from, to)
    : (keys as unknown[]).slice(from, to)
}

function bucketsOf(slices: readonly Slice[]): number {
  return slices.length === 0 ? 0 : slices[0]!.starts.length - 1
}

/** The fastest index that holds the keys of all slices. */
export function indexFor(slices: readonly Slice[], site: string): KeyIndex {
  const columns = slices.map(({ keys }) => keys)
  if (columns.every((keys) => keys instanceof Int32Array)) return new IntIndex()
  if (columns.every(isNumbers)) return new DoubleIndex()
  if (columns.every((keys) => keys instanceof TextColumn)) return new TextBytesIndex()
  return new AdaptiveIndex(site)
}

/** A buffer for key numbers that grows. */
class Ids {
  #ids = new Int32Array(4096)

  of(rows: number): Int32Array {
    if (rows > this.#ids.length) this.#ids = new Int32Array(Math.max(rows, 2 * this.#ids.length))
    return this.#ids
  }
}
