/** The columns of a run, and how those of one reducer are laid out in its slice. */

import { alignUp } from '../codec/block-layout.ts'
import { areInt32 } from '../codec/columns/number-column.ts'
import type { WrittenTexts } from '../codec/columns/text-writer.ts'
import { blocksStart, columnKind } from './run-layout.ts'

interface NumberRunColumn {
  readonly kind: typeof columnKind.int32 | typeof columnKind.float64
  readonly numbers: Int32Array | Float64Array
}
interface TextRunColumn {
  readonly kind: typeof columnKind.ascii | typeof columnKind.utf8
  /** Of keys only. */
  readonly hashes: Int32Array | undefined
  readonly offsets: Int32Array
  readonly bytes: Buffer
}
export interface BlockRunColumn {
  readonly kind: typeof columnKind.blocks
  /** Of each reducer; none where it gets no rows. */
  readonly blocks: readonly (readonly RunBlock[])[]
}
export interface RunBlock {
  /** Its first row, counted from the reducer's first. */
  readonly row: number
  readonly bytes: Uint8Array
}
interface DictionaryRunColumn {
  readonly kind: typeof columnKind.dictionary
  readonly codes: Uint8Array
  /** The values as an encoded block. */
  readonly table: Uint8Array
}
export type PlaceRunColumn =
  | NumberRunColumn
  | TextRunColumn
  | DictionaryRunColumn
  | { readonly kind: typeof columnKind.key }
export interface RecordRunColumn {
  readonly kind: typeof columnKind.record
  /** As JSON. */
  readonly shape: Buffer
  readonly places: readonly PlaceRunColumn[]
}
export type RunColumn = PlaceRunColumn | RecordRunColumn | BlockRunColumn | { readonly kind: typeof columnKind.none }

/** `places` are those of the rows in the order of buckets. */
export function numberColumn(values: Float64Array, rows: number, places: Int32Array): NumberRunColumn {
  // Two loops, so that each stores into one kind of array.
  if (areInt32(values, 0, rows)) {
    const numbers = new Int32Array(rows)
    for (let i = 0; i < rows; i++) numbers[places[i]!] = values[i]!
    return { kind: columnKind.int32, numbers }
  }
  const numbers = new Float64Array(rows)
  for (let i = 0; i < rows; i++) numbers[places[i]!] = values[i]!
  return { kind: columnKind.float64, numbers }
}

export function textColumn(
  { ascii, offsets: sources, bytes: source }: WrittenTexts,
  rows: number,
  places: Int32Array,
): TextRunColumn {
  const offsets = new Int32Array(rows + 1)
  for (let i = 0; i < rows; i++) offsets[places[i]! + 1] = sources[i + 1]! - sources[i]!
  for (let i = 0; i < rows; i++) offsets[i + 1]! += offsets[i]!
  const bytes = Buffer.allocUnsafeSlow(sources[rows]!)
  for (let i = 0; i < rows; i++) {
    let at = offsets[places[i]!]!
    const from = sources[i]!
    const end = sources[i + 1]!
    if (end - from > loopedLength) source.copy(bytes, at, from, end)
    else for (let next = from; next < end; next++) bytes[at++] = source[next]!
  }
  return { kind: ascii ? columnKind.ascii : columnKind.utf8, hashes: undefined, offsets, bytes }
}

/** A call into the runtime pays above. */
const loopedLength = 48

function blockColumnBytes(blocks: readonly RunBlock[]): number {
  return blocks.reduce((sum, { bytes }) => sum + alignUp(bytes.length), blocksStart(blocks.length))
}

export function heldBytes(column: RunColumn): number {
  switch (column.kind) {
    case columnKind.int32:
    case columnKind.float64:
      return column.numbers.byteLength
    case columnKind.ascii:
    case columnKind.utf8:
      return (column.hashes?.byteLength ?? 0) + column.offsets.byteLength + column.bytes.byteLength
    case columnKind.blocks:
      return column.blocks.reduce((sum, blocks) => sum + blockColumnBytes(blocks), 0)
    case columnKind.record:
      return column.places.reduce((sum, place) => sum + heldBytes(place), 0)
    case columnKind.dictionary:
      return column.table.length + column.codes.length
    case columnKind.key:
    case columnKind.none:
      return 0
  }
}

export function columnBytes(column: RunColumn, reducer: number, from: number, to: number): number {
  switch (column.kind) {
    case columnKind.int32:
      return 4 * (to - from)
    case columnKind.float64:
      return 8 * (to - from)
    case columnKind.ascii:
    case columnKind.utf8:
      return 4 * (column.hashes ? to - from : 0) + 4 * (to - from + 1) + column.offsets[to]! - column.offsets[from]!
    case columnKind.blocks:
      return blockColumnBytes(column.blocks[reducer]!)
    case columnKind.record:
      return column.places.reduce(
        (sum, place) => sum + alignUp(columnBytes(place, reducer, from, to)),
        placesStart(column),
      )
    case columnKind.dictionary:
      return 8 + column.table.length + to - from
    case columnKind.key:
    case columnKind.none:
      return 0
  }
}

/** Where the columns of places begin behind the list of them and the shape. */
function placesStart({ shape, places }: RecordRunColumn): number {
  return 8 + 8 * places.length + alignUp(shape.length)
}

export function writeColumn(
  column: RunColumn,
  reducer: number,
  from: number,
  to: number,
  target: Uint8Array,
  words: Int32Array,
  at: number,
): void {
  switch (column.kind) {
    case columnKind.int32:
      words.set(column.numbers.subarray(from, to) as Int32Array, at >>> 2)
      return
    case columnKind.float64:
      new Float64Array(target.buffer, target.byteOffset + at, to - from).set(column.numbers.subarray(from, to))
      return
    case columnKind.ascii:
    case columnKind.utf8: {
      const { hashes, offsets, bytes } = column
      let word = at >>> 2
      if (hashes) {
        words.set(hashes.subarray(from, to), word)
        word += to - from
      }
      const base = offsets[from]!
      for (let i = from; i <= to; i++) words[word++] = offsets[i]! - base
      target.set(bytes.subarray(base, offsets[to]), word << 2)
      return
    }
    case columnKind.blocks: {
      const blocks = column.blocks[reducer]!
      let word = at >>> 2
      words[word++] = blocks.length
      words[word++] = 0
      let offset = blocksStart(blocks.length)
      for (const { row, bytes } of blocks) {
        words[word++] = row
        words[word++] = offset
        target.set(bytes, at + offset)
        offset = alignUp(offset + bytes.length)
        target.fill(0, at + offset - (-bytes.length & 7), at + offset)
      }
      return
    }
    case columnKind.record: {
      const { shape, places } = column
      let offset = placesStart(column)
      // Equal rows make equal bytes, so the gaps are zeros.
      target.fill(0, at + offset - 8, at + offset)
      target.set(shape, at + 8 + 8 * places.length)
      let word = at >>> 2
      words[word++] = places.length
      words[word++] = shape.length
      for (const place of places) {
        words[word++] = place.kind
        words[word++] = offset
        const end = alignUp(offset + columnBytes(place, reducer, from, to))
        if (end > offset) target.fill(0, at + end - 8, at + end)
        writeColumn(place, reducer, from, to, target, words, at + offset)
        offset = end
      }
      return
    }
    case columnKind.dictionary: {
      const { codes, table } = column
      words[at >>> 2] = table.length
      words[(at >>> 2) + 1] = 0
      target.set(table, at + 8)
      target.set(codes.subarray(from, to), at + 8 + table.length)
      return
    }
    case columnKind.key:
    case columnKind.none:
  }
}
