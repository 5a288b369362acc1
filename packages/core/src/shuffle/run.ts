/** Makes a run of what is staged: finds the kinds of its columns and sorts its rows by bucket. */

import { encodeBlock } from '../codec/block.ts'
import { alignUp } from '../codec/block-layout.ts'
import { areInt32, listOf } from '../codec/columns/column.ts'
import { hashTexts, writeText } from '../codec/columns/text-writer.ts'
import { plainValue } from '../codec/group.ts'
import { groupHotBuckets, type HotBucket } from './hot-buckets.ts'
import { alignedStart, blocksStart, columnKind, sliceHeaderBytes } from './run-layout.ts'
import type { Staging } from './staging.ts'

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
interface BlockRunColumn {
  readonly kind: typeof columnKind.blocks
  /** Of each reducer; none where it gets no rows. */
  readonly blocks: readonly (readonly RunBlock[])[]
}
interface RunBlock {
  /** Its first row, counted from the reducer's first. */
  readonly row: number
  readonly bytes: Uint8Array
}
type RunColumn = NumberRunColumn | TextRunColumn | BlockRunColumn | { readonly kind: typeof columnKind.none }

/** Writes the bucket of each staged row to `buckets`; where it had to hash texts, it tells what it found out. */
export type AssignBuckets = (staging: Staging, buckets: Int32Array, hashes: Int32Array) => StagedTexts | undefined
export type StagedTexts = ReturnType<typeof hashTexts>

/** Blocks of about so many bytes cost little more than one of all, and are little beside the rows of a bucket. */
const blockBytes = 128 * 1024

export class Run implements RunSlices {
  /** What it takes in memory, roughly. */
  readonly bytes: number
  readonly #reducers: number
  readonly #perReducer: number
  /** The rows of bucket b are `starts[b]` up to `starts[b + 1]`. */
  readonly #starts: Int32Array
  readonly #keys: RunColumn
  readonly #values: RunColumn
  readonly #hot: readonly HotBucket[]

  /** `groups` where readers look at the order of a bucket's rows only within and between keys. */
  constructor(
    staging: Staging,
    reducers: number,
    perReducer: number,
    assign: AssignBuckets,
    scratch: RunScratch,
    groups: boolean,
  ) {
    const { rows } = staging
    this.#reducers = reducers
    this.#perReducer = perReducer
    const { places, hashes } = scratch
    const texts = assign(staging, places, hashes)
    this.#starts = rowsToPlaces(places, rows, reducers * perReducer)
    this.#hot = groups ? groupHotBuckets(staging, places, this.#starts) : []
    this.#keys = keyColumn(staging, places, texts, hashes)
    this.#values = this.#valueColumn(staging, scratch)
    this.bytes = 4 * this.#starts.length + heldBytes(this.#keys) + heldBytes(this.#values)
  }

  sliceBytes(reducer: number): number {
    const [from, to] = this.#rowsOf(reducer)
    if (from === to) return 0
    return (
      alignUp(
        alignUp(alignedStart(this.#perReducer) + columnBytes(this.#keys, reducer, from, to)) +
          columnBytes(this.#values, reducer, from, to),
      ) + hotBytes(this.#hotOf(reducer))
    )
  }

  /** Writes one reducer's slice to `target`, which is as long as `sliceBytes` says and begins at a multiple of eight. */
  writeSlice(reducer: number, target: Uint8Array): void {
    const [from, to] = this.#rowsOf(reducer)
    const words = new Int32Array(target.buffer, target.byteOffset, target.length >>> 2)
    const keysAt = alignedStart(this.#perReducer)
    const valuesAt = alignUp(keysAt + columnBytes(this.#keys, reducer, from, to))
    const hot = this.#hotOf(reducer)
    const hotAt = target.length - hotBytes(hot)
    // Equal rows make equal bytes, so the gaps before aligned places are zeros.
    for (const end of [keysAt, valuesAt, hotAt, target.length]) words.fill(0, (end >>> 2) - 2, end >>> 2)
    words[0] = target.length
    words[1] = to - from
    words[2] = this.#keys.kind | (this.#values.kind << 8)
    words[3] = this.#perReducer
    words[4] = keysAt
    words[5] = valuesAt
    words[6] = hot.length > 0 ? hotAt : 0
    words[7] = 0
    const first = reducer * this.#perReducer
    const startsAt = sliceHeaderBytes >>> 2
    for (let b = 0; b <= this.#perReducer; b++) words[startsAt + b] = this.#starts[first + b]! - from
    writeColumn(this.#keys, reducer, from, to, target, words, keysAt)
    writeColumn(this.#values, reducer, from, to, target, words, valuesAt)
    if (hot.length > 0) writeHot(hot, first, from, words, hotAt >>> 2)
  }

  #hotOf(reducer: number): readonly HotBucket[] {
    if (this.#hot.length === 0) return this.#hot
    const first = reducer * this.#perReducer
    return this.#hot.filter(({ bucket }) => bucket >= first && bucket < first + this.#perReducer)
  }

  #rowsOf(reducer: number): [number, number] {
    return [this.#starts[reducer * this.#perReducer]!, this.#starts[(reducer + 1) * this.#perReducer]!]
  }

  #valueColumn(staging: Staging, scratch: RunScratch): RunColumn {
    const { rows, values, valueList } = staging
    const { places } = scratch
    if (this.#keys.kind === columnKind.none) {
      const sorted = listOf<unknown>(rows)
      for (let i = 0; i < rows; i++) {
        const key = staging.keysAreNumbers ? staging.keys[i] : staging.keyList[i]
        sorted[places[i]!] = [key, plainValue(staging.valuesAreNumbers ? values[i] : valueList[i])]
      }
      return this.#encode(sorted, staging.listBytes)
    }
    if (staging.valuesAreNumbers) return numberColumn(values, rows, places)
    const texts = hashTexts(valueList, rows, scratch.hashes)
    if (texts) return { ...textColumn(valueList, rows, places, texts), hashes: undefined }
    const sorted = listOf<unknown>(rows)
    for (let i = 0; i < rows; i++) sorted[places[i]!] = plainValue(valueList[i])
    return this.#encode(sorted, staging.listBytes)
  }

  /** Blocks end where buckets do, unless a bucket is larger than a block. */
  #encode(sorted: readonly unknown[], listBytes: number): BlockRunColumn {
    const starts = this.#starts
    const most = Math.max(1, Math.floor((blockBytes * sorted.length) / (listBytes + 1)))
    const blocks: RunBlock[][] = []
    for (let reducer = 0; reducer < this.#reducers; reducer++) {
      const own: RunBlock[] = []
      const [first, end] = this.#rowsOf(reducer)
      let from = first
      const cut = (to: number) => {
        own.push({ row: from - first, bytes: encodeBlock(sorted.slice(from, to)) })
        from = to
      }
      for (let bucket = reducer * this.#perReducer; bucket < (reducer + 1) * this.#perReducer; bucket++) {
        const to = starts[bucket + 1]!
        while (to - from >= 2 * most) cut(from + most)
        if (to - from >= most) cut(to)
      }
      if (from < end) cut(end)
      blocks.push(own)
    }
    return { kind: columnKind.blocks, blocks }
  }
}

function hotBytes(hot: readonly HotBucket[]): number {
  if (hot.length === 0) return 0
  return alignUp(8 + hot.reduce((sum, { firstRows }) => sum + 8 + 4 * firstRows.length, 0))
}

function writeHot(
  hot: readonly HotBucket[],
  firstBucket: number,
  firstRow: number,
  words: Int32Array,
  at: number,
): void {
  let word = at
  words[word++] = hot.length
  words[word++] = 0
  for (const { bucket, firstRows } of hot) {
    words[word++] = bucket - firstBucket
    words[word++] = firstRows.length
    for (const row of firstRows) words[word++] = row - firstRow
  }
}

/** What a map output is laid out from. */
export interface RunSlices {
  sliceBytes(reducer: number): number
  /** Writes one reducer's slice to `target`, which is as long as `sliceBytes` says and begins at a multiple of eight. */
  writeSlice(reducer: number, target: Uint8Array): void
}

/** Reads slices one after the other into one buffer: memory outside of V8's heap stays taken until V8 looks for garbage. */
export class SliceReader {
  #buffer = new Uint8Array(0)

  /** Valid until the next one is read. */
  read(run: RunSlices, reducer: number): Uint8Array {
    const bytes = run.sliceBytes(reducer)
    if (bytes > this.#buffer.length) this.#buffer = new Uint8Array(2 * bytes)
    const slice = this.#buffer.subarray(0, bytes)
    if (bytes > 0) run.writeSlice(reducer, slice)
    return slice
  }
}

/** Reused from run to run. */
export interface RunScratch {
  /** First the bucket, then the place of each row. */
  readonly places: Int32Array
  readonly hashes: Int32Array
}

/** Turns the bucket of each row into its place in the order of buckets, stable; returns where buckets start. */
function rowsToPlaces(places: Int32Array, rows: number, buckets: number): Int32Array {
  const starts = new Int32Array(buckets + 1)
  for (let i = 0; i < rows; i++) starts[places[i]! + 1]!++
  for (let b = 0; b < buckets; b++) starts[b + 1]! += starts[b]!
  const next = starts.slice()
  for (let i = 0; i < rows; i++) places[i] = next[places[i]!]!++
  return starts
}

function keyColumn(staging: Staging, places: Int32Array, texts: StagedTexts, hashes: Int32Array): RunColumn {
  const { rows, keys, keyList } = staging
  if (staging.keysAreNumbers) return numberColumn(keys, rows, places)
  if (!texts) return { kind: columnKind.none }
  const sorted = new Int32Array(rows)
  for (let i = 0; i < rows; i++) sorted[places[i]!] = hashes[i]!
  return { ...textColumn(keyList, rows, places, texts), hashes: sorted }
}

function numberColumn(values: Float64Array, rows: number, places: Int32Array): NumberRunColumn {
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

function textColumn(
  list: readonly unknown[],
  rows: number,
  places: Int32Array,
  { units, ascii }: NonNullable<StagedTexts>,
): Omit<TextRunColumn, 'hashes'> {
  const sorted = listOf<string>(rows)
  for (let i = 0; i < rows; i++) sorted[places[i]!] = list[i] as string
  const bytes = Buffer.allocUnsafeSlow(ascii ? units : 3 * units)
  const offsets = new Int32Array(rows + 1)
  let position = 0
  for (let i = 0; i < rows; i++) {
    position = writeText(sorted[i]!, bytes, position)
    offsets[i + 1] = position
  }
  return { kind: ascii ? columnKind.ascii : columnKind.utf8, offsets, bytes }
}

function blockColumnBytes(blocks: readonly RunBlock[]): number {
  return blocks.reduce((sum, { bytes }) => sum + alignUp(bytes.length), blocksStart(blocks.length))
}

function heldBytes(column: RunColumn): number {
  switch (column.kind) {
    case columnKind.int32:
    case columnKind.float64:
      return column.numbers.byteLength
    case columnKind.ascii:
    case columnKind.utf8:
      return (column.hashes?.byteLength ?? 0) + column.offsets.byteLength + column.bytes.byteLength
    case columnKind.blocks:
      return column.blocks.reduce((sum, blocks) => sum + blockColumnBytes(blocks), 0)
    case columnKind.none:
      return 0
  }
}

function columnBytes(column: RunColumn, reducer: number, from: number, to: number): number {
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
    case columnKind.none:
      return 0
  }
}

function writeColumn(
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
    case columnKind.none:
  }
}
