/** Reads the slices of one map output for one reducer, whole or a few buckets at a time, from pages or from a file. */

import { decodeBlock } from '../codec/block.ts'
import type { RecordShape } from '../codec/take-places.ts'
import { bufferOver } from '../codec/text.ts'
import { valuesOf, type Column } from '../codec/columns/column.ts'
import { listOf } from '../codec/list-of.ts'
import { TextColumn } from '../codec/columns/text-column.ts'
import { DictionaryColumn } from '../codec/columns/dictionary-column.ts'
import { RecordColumn, type PlaceColumn } from '../codec/columns/record-column.ts'
import { alignedStart, blocksStart, columnKind, sliceHeaderBytes } from './run-layout.ts'

/** Keys and values by index; valid until the next one is asked for. */
export interface PairColumns {
  readonly rows: number
  readonly keys: ArrayLike<unknown>
  readonly values: ArrayLike<unknown>
}

export interface Slice {
  readonly rows: number
  /** The rows of bucket b are `starts[b]` up to `starts[b + 1]`. */
  readonly starts: Int32Array
  readonly keys: Column
  readonly values: Column
  /** Those of the rows [from, to) alone. */
  valuesIn(from: number, to: number): Column
}

/** A part of a map output where it rests. */
export interface PartBytes {
  readonly bytes: number
  /** Bytes [offset, offset + length), at an address that is a multiple of eight wherever `offset` is; nobody changes them. */
  view(offset: number, length: number): Uint8Array
}

/** A slice of which nothing but the places of its buckets was read. */
export interface SliceSource {
  readonly rows: number
  readonly starts: Int32Array
  /** What its rows take once they are read, roughly. */
  readonly heldBytes: number
  /** The rows of the buckets [from, to). */
  load(from: number, to: number): Slice
  /** The rows [first, end), as those of one bucket. */
  loadRows(first: number, end: number): Slice
  /** Where the rows of each key lie together: the first row of each, counted from the bucket's first. */
  firstRows(bucket: number): Int32Array | undefined
}

/** All rows of a slice, in order. */
export function slicePairs({ rows, keys, values }: Slice): PairColumns {
  return { rows, keys: valuesOf(keys), values: valuesOf(values) }
}

export function wholeSlice(source: SliceSource): Slice {
  return source.load(0, source.starts.length - 1)
}

export function partInMemory(part: Uint8Array): PartBytes {
  // Columns are read through views, which need their alignment.
  const bytes = part.byteOffset % 8 === 0 ? part : Uint8Array.from(part)
  return { bytes: bytes.length, view: (offset, length) => bytes.subarray(offset, offset + length) }
}

export function sliceSources(part: PartBytes): SliceSource[] {
  const sources: SliceSource[] = []
  for (let at = 0; at < part.bytes;) {
    const header = wordsOf(part.view(at, sliceHeaderBytes))
    sources.push(new SourceInPart(part, at, header))
    at += header[0]!
  }
  return sources
}

/** Encoded rows take several times as much once they are objects. */
const decodedFactor = 4
const noHashes = new Int32Array(0)

class SourceInPart implements SliceSource {
  readonly rows: number
  readonly starts: Int32Array
  readonly heldBytes: number
  readonly #part: PartBytes
  readonly #keyKind: number
  readonly #valueKind: number
  readonly #keysAt: number
  readonly #valuesAt: number
  readonly #hotAt: number

  constructor(part: PartBytes, at: number, header: Int32Array) {
    const buckets = header[3]!
    this.rows = header[1]!
    this.starts = wordsOf(part.view(at + sliceHeaderBytes, 4 * (buckets + 1)))
    this.#part = part
    this.#keyKind = header[2]! & 0xff
    this.#valueKind = (header[2]! >>> 8) & 0xff
    this.#keysAt = at + header[4]!
    this.#valuesAt = at + header[5]!
    this.#hotAt = header[6]! > 0 ? at + header[6]! : 0
    const valueBytes = (header[6]! || header[0]!) - header[5]!
    this.heldBytes =
      header[5]! -
      alignedStart(buckets) +
      (this.#valueKind === columnKind.blocks || this.#valueKind === columnKind.record
        ? decodedFactor * valueBytes
        : valueBytes)
  }

  load(from: number, to: number): Slice {
    const first = this.starts[from]!
    const end = this.starts[to]!
    const starts =
      from === 0 && to === this.starts.length - 1
        ? this.starts
        : this.starts.slice(from, to + 1).map((start) => start - first)
    return this.#slice(first, end, starts)
  }

  loadRows(first: number, end: number): Slice {
    return this.#slice(first, end, Int32Array.of(0, end - first))
  }

  firstRows(bucket: number): Int32Array | undefined {
    if (this.#hotAt === 0) return undefined
    let at = this.#hotAt + 8
    for (let left = wordsOf(this.#part.view(this.#hotAt, 8))[0]!; left > 0; left--) {
      const [found, keys] = wordsOf(this.#part.view(at, 8)) as unknown as [number, number]
      if (found === bucket) {
        const first = this.starts[bucket]!
        return wordsOf(this.#part.view(at + 8, 4 * keys)).map((row) => row - first)
      }
      at += 8 + 4 * keys
    }
    return undefined
  }

  #slice(first: number, end: number, starts: Int32Array): Slice {
    const rows = end - first
    if (this.#keyKind === columnKind.none) return new PairSlice(rows, starts, () => this.#blocks(first, end))
    const keys = this.#column(this.#keyKind, this.#keysAt, first, end, true)
    return new ColumnSlice(rows, starts, keys, (from, to) =>
      this.#column(this.#valueKind, this.#valuesAt, first + from, first + to, false),
    )
  }

  #column(kind: number, at: number, first: number, end: number, hashed: boolean): Column {
    const rows = end - first
    switch (kind) {
      case columnKind.int32:
        return wordsOf(this.#part.view(at + 4 * first, 4 * rows))
      case columnKind.float64: {
        const bytes = this.#part.view(at + 8 * first, 8 * rows)
        return new Float64Array(bytes.buffer, bytes.byteOffset, rows)
      }
      case columnKind.ascii:
      case columnKind.utf8: {
        const hashes = hashed ? wordsOf(this.#part.view(at + 4 * first, 4 * rows)) : noHashes
        const offsetsAt = at + (hashed ? 4 * this.rows : 0)
        const own = wordsOf(this.#part.view(offsetsAt + 4 * first, 4 * (rows + 1)))
        const base = own[0]!
        const offsets = base === 0 ? own : Int32Array.from(own, (offset) => offset - base)
        const bytes = this.#part.view(offsetsAt + 4 * (this.rows + 1) + base, offsets[rows]!)
        return new TextColumn(bytes, offsets, hashes, kind === columnKind.ascii)
      }
      case columnKind.record:
        return this.#records(at, first, end)
      default:
        return this.#blocks(first, end)
    }
  }

  #records(at: number, first: number, end: number): RecordColumn {
    const [count, shapeBytes] = wordsOf(this.#part.view(at, 8)) as unknown as [number, number]
    const list = wordsOf(this.#part.view(at + 8, 8 * count))
    const shape = JSON.parse(bufferOver(this.#part.view(at + 8 + 8 * count, shapeBytes)).toString()) as RecordShape
    const places: PlaceColumn[] = []
    const keyPlaces: number[] = []
    for (let place = 0; place < count; place++) {
      const kind = list[2 * place]!
      if (kind === columnKind.key) {
        keyPlaces.push(place)
        places.push(this.#column(this.#keyKind, this.#keysAt, first, end, true) as PlaceColumn)
      } else if (kind === columnKind.dictionary) places.push(this.#dictionary(at + list[2 * place + 1]!, first, end))
      else places.push(this.#column(kind, at + list[2 * place + 1]!, first, end, false) as PlaceColumn)
    }
    return new RecordColumn(end - first, shape, places, keyPlaces)
  }

  #dictionary(at: number, first: number, end: number): DictionaryColumn {
    const tableBytes = wordsOf(this.#part.view(at, 8))[0]!
    const table = decodeBlock(this.#part.view(at + 8, tableBytes))
    return new DictionaryColumn(this.#part.view(at + 8 + tableBytes + first, end - first), table)
  }

  /** The rows [first, end) of those that lie in encoded blocks. */
  #blocks(first: number, end: number): unknown[] {
    const at = this.#valuesAt
    const count = wordsOf(this.#part.view(at, 8))[0]!
    const list = wordsOf(this.#part.view(at + 8, blocksStart(count) - 8))
    const blocks: unknown[][] = []
    for (let n = 0; n < count; n++) {
      const row = list[2 * n]!
      const nextRow = n + 1 < count ? list[2 * n + 2]! : this.rows
      if (nextRow <= first || row >= end) continue
      const offset = list[2 * n + 1]!
      const bytes = this.#part.view(at + offset, 16)
      const decoded = decodeBlock(this.#part.view(at + offset, wordsOf(bytes)[3]!))
      blocks.push(row >= first && nextRow <= end ? decoded : decoded.slice(Math.max(0, first - row), end - row))
    }
    return blocks.length === 1 ? blocks[0]! : blocks.flat(1)
  }
}

function wordsOf(bytes: Uint8Array): Int32Array {
  return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2)
}

/** Values are read when the first one is asked for, so a reducer of one bucket holds those of one slice at a time. */
class ColumnSlice implements Slice {
  readonly rows: number
  readonly starts: Int32Array
  readonly keys: Column
  readonly #read: (from: number, to: number) => Column
  #values: Column | undefined

  constructor(rows: number, starts: Int32Array, keys: Column, read: (from: number, to: number) => Column) {
    this.rows = rows
    this.starts = starts
    this.keys = keys
    this.#read = read
  }

  get values(): Column {
    return (this.#values ??= this.#read(0, this.rows))
  }

  valuesIn(from: number, to: number): Column {
    return this.#read(from, to)
  }
}

class PairSlice implements Slice {
  readonly rows: number
  readonly starts: Int32Array
  readonly #read: () => unknown[]
  #keys: unknown[] | undefined
  #values: unknown[] | undefined

  constructor(rows: number, starts: Int32Array, read: () => unknown[]) {
    this.rows = rows
    this.starts = starts
    this.#read = read
  }

  get keys(): unknown[] {
    this.#split()
    return this.#keys!
  }

  get values(): unknown[] {
    this.#split()
    return this.#values!
  }

  valuesIn(from: number, to: number): unknown[] {
    return this.values.slice(from, to)
  }

  #split(): void {
    if (this.#keys) return
    const pairs = this.#read() as [unknown, unknown][]
    this.#keys = listOf(pairs.length)
    this.#values = listOf(pairs.length)
    for (let i = 0; i < pairs.length; i++) {
      this.#keys[i] = pairs[i]![0]
      this.#values[i] = pairs[i]![1]
    }
  }
}
