/**
 * The values of a bucket that is larger than memory, by key: chunks of rows are sorted by key number and written to the
 * task's file, so that the values of a key are one stretch of each chunk, in the order in which they came.
 */

import { UsageError } from '../base/errors.ts'
import { decodeBlock, encodeBlock } from '../codec/block.ts'
import { valuesOf } from '../codec/columns/column.ts'
import { listOf } from '../codec/list-of.ts'
import { Group, plainValue } from '../codec/group.ts'
import type { SpillFile } from '../storage/spill-file.ts'
import type { TaskSpills } from '../storage/task-spills.ts'
import { heldBytes, slicesOfBucket } from './bucket-stretches.ts'
import type { KeyIndex } from './key-index.ts'
import type { SliceSource } from './slice.ts'

const blockBytes = 64 * 1024
const maxBlockRows = 4096
/** A value on the heap takes a place in a list, and so does its key number. */
const rowBytes = 16

export class SpilledValues {
  readonly #spills: TaskSpills
  readonly #chunks: Chunk[] = []
  /** Of each chunk, which of its keys comes next. */
  readonly #next: number[] = []
  #rows = 0
  #bytes = 0
  #waiting = { ids: [] as number[], values: [] as unknown[], bytes: 0 }

  constructor(spills: TaskSpills) {
    this.#spills = spills
  }

  /** Numbers the keys of one bucket by `index` and takes its values. */
  read(sources: readonly SliceSource[], bucket: number, index: KeyIndex): void {
    const perRow = heldBytes(sources) / sources.reduce((sum, { rows }) => sum + rows, 0)
    for (const { rows, keys, values } of slicesOfBucket(sources, bucket)) {
      const ids = new Int32Array(rows)
      index.assign(keys, 0, rows, ids)
      this.add(ids, valuesOf(values), rows, rows * perRow, index.size)
    }
    this.write(index.size)
  }

  /** Takes `rows` values of about so many bytes; `keys` are known by now. */
  add(ids: Int32Array, values: ArrayLike<unknown>, rows: number, bytes: number, keys: number): void {
    const waiting = this.#waiting
    for (let i = 0; i < rows; i++) {
      waiting.ids.push(ids[i]!)
      waiting.values.push(values[i])
    }
    waiting.bytes += bytes + rowBytes * rows
    if (waiting.bytes > this.#spills.budget / 2) this.write(keys)
  }

  /** What came, where it is little enough to have stayed in memory. */
  get held(): { readonly ids: readonly number[]; readonly values: readonly unknown[] } | undefined {
    return this.#chunks.length === 0 ? this.#waiting : undefined
  }

  /** Writes what waits. */
  write(keys: number): void {
    const { ids, values, bytes } = this.#waiting
    if (values.length === 0) return
    this.#chunks.push(new Chunk(ids, values, keys, bytes, this.#spills.file))
    this.#next.push(0)
    this.#rows += values.length
    this.#bytes += bytes
    this.#waiting = { ids: [], values: [], bytes: 0 }
  }

  /** The values of the key `id`; to be asked in the order of ids. A group that is small beside memory is held in it. */
  group(id: number): Group<unknown> {
    const stretches: Stretch[] = []
    let rows = 0
    for (const [n, chunk] of this.#chunks.entries()) {
      const at = this.#next[n]!
      if (chunk.ids[at] !== id) continue
      this.#next[n] = at + 1
      stretches.push({ chunk, from: chunk.starts[at]!, to: chunk.starts[at + 1]! })
      rows += chunk.starts[at + 1]! - chunk.starts[at]!
    }
    const stored = { size: rows, [Symbol.iterator]: () => valuesIn(stretches) }
    return this.isSmall(rows) ? new Group(Array.from(stored)) : Group.stored(stored)
  }

  /** What `rows` rows take, roughly. */
  bytesOf(rows: number): number {
    return this.#rows === 0 ? 0 : (rows * this.#bytes) / this.#rows
  }

  isSmall(rows: number): boolean {
    return this.bytesOf(rows) <= this.#spills.budget / 8
  }
}

/** How many of `rows` rows of about so many bytes in all are written, and later read, at once. */
export function rowsPerBlock(rows: number, bytes: number): number {
  return Math.max(1, Math.min(maxBlockRows, Math.floor((blockBytes * rows) / bytes)))
}

interface Stretch {
  readonly chunk: Chunk
  readonly from: number
  readonly to: number
}

function* valuesIn(stretches: readonly Stretch[]): Generator<unknown> {
  for (const { chunk, from, to } of stretches) yield* chunk.values(from, to)
}

class Chunk {
  /** The numbers of its keys, ascending. */
  readonly ids: Int32Array
  /** The values of key `ids[n]` are those from `starts[n]` up to `starts[n + 1]`. */
  readonly starts: Int32Array
  readonly #file: SpillFile
  readonly #blockRows: number
  readonly #blocks: (Place | readonly unknown[])[] = []
  #read: { readonly block: number; readonly values: readonly unknown[] } | undefined

  constructor(ids: readonly number[], values: readonly unknown[], keys: number, bytes: number, file: SpillFile) {
    const ends = new Int32Array(keys + 1)
    for (const id of ids) ends[id + 1]!++
    const present: number[] = []
    const starts: number[] = []
    for (let id = 0; id < keys; id++) {
      if (ends[id + 1]! > 0) {
        present.push(id)
        starts.push(ends[id]!)
      }
      ends[id + 1]! += ends[id]!
    }
    starts.push(ids.length)
    this.ids = Int32Array.from(present)
    this.starts = Int32Array.from(starts)
    const sorted = listOf<unknown>(values.length)
    for (const [i, id] of ids.entries()) sorted[ends[id]!++] = values[i]
    this.#file = file
    this.#blockRows = rowsPerBlock(values.length, bytes)
    for (let from = 0; from < sorted.length; from += this.#blockRows)
      this.#blocks.push(placed(sorted.slice(from, from + this.#blockRows), file))
  }

  *values(from: number, to: number): Generator<unknown> {
    const size = this.#blockRows
    for (let at = from; at < to;) {
      const block = Math.floor(at / size)
      const values = this.#block(block)
      const end = Math.min(to, (block + 1) * size)
      for (; at < end; at++) yield values[at - block * size]
    }
  }

  /** The last one is kept: small groups that follow each other lie in it. */
  #block(block: number): readonly unknown[] {
    if (this.#read?.block !== block) {
      const place = this.#blocks[block]!
      const values = 'offset' in place ? decodeBlock(this.#file.read(place.offset, place.bytes)) : place
      this.#read = { block, values }
    }
    return this.#read.values
  }
}

interface Place {
  readonly offset: number
  readonly bytes: number
}

/** Rows that have not left their task may hold what has no bytes, such as functions, or groups, which would become arrays. */
function placed(values: readonly unknown[], file: SpillFile): Place | readonly unknown[] {
  if (values.some((value) => plainValue(value) !== value)) return values
  let block: Uint8Array
  try {
    block = encodeBlock(values)
  } catch (error) {
    if (error instanceof UsageError) return values
    throw error
  }
  return { offset: file.append(block), bytes: block.length }
}
