/** Makes a run of what is staged: finds the kinds of its columns and sorts its rows by bucket. */

import { encodeBlock } from '../codec/block.ts'
import { alignUp } from '../codec/block-layout.ts'
import { listOf } from '../codec/list-of.ts'
import type { TextWriter, WrittenTexts } from '../codec/columns/text-writer.ts'
import { plainValue } from '../codec/group.ts'
import { groupHotBuckets, type HotBucket } from './hot-buckets.ts'
import {
  columnBytes,
  heldBytes,
  numberColumn,
  textColumn,
  writeColumn,
  type BlockRunColumn,
  type RunBlock,
  type RunColumn,
} from './run-column.ts'
import { alignedStart, columnKind, sliceHeaderBytes } from './run-layout.ts'
import { recordColumn } from './run-record.ts'
import type { Staging } from './staging.ts'

/** Writes the bucket of each staged row to `buckets`; where keys are texts, returns them as `texts` wrote them. */
export type AssignBuckets = (staging: Staging, buckets: Int32Array, texts: TextWriter) => WrittenTexts | undefined

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
    const { places } = scratch
    const texts = assign(staging, places, scratch.texts)
    this.#starts = rowsToPlaces(places, rows, reducers * perReducer)
    this.#hot = groups ? groupHotBuckets(staging, places, this.#starts) : []
    this.#keys = keyColumn(staging, places, texts, scratch.texts.hashes)
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
    const texts = scratch.texts.write(valueList, rows)
    if (texts) return textColumn(texts, rows, places)
    const records = recordColumn(staging, this.#reducers, scratch)
    if (records) return records
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
  /** Of keys until they are a column, then of values. */
  readonly texts: TextWriter
  /** Whether values were records so far, wherever they might have been. */
  recordsFit: boolean
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

function keyColumn(
  staging: Staging,
  places: Int32Array,
  texts: WrittenTexts | undefined,
  hashes: Int32Array,
): RunColumn {
  const { rows, keys } = staging
  if (staging.keysAreNumbers) return numberColumn(keys, rows, places)
  if (!texts) return { kind: columnKind.none }
  const sorted = new Int32Array(rows)
  for (let i = 0; i < rows; i++) sorted[places[i]!] = hashes[i]!
  return { ...textColumn(texts, rows, places), hashes: sorted }
}
