/**
 * The values of a bucket that is larger than memory, by key: chunks of rows are sorted by key number and written to the
 * task's file, so that the values of a key are one stretch of each chunk, in the order in which they came.
 */

import { decodeBlock, encodeBlock } from '../codec/block.ts'
import { TextColumn } from '../codec/columns/text-column.ts'
import { listOf } from '../codec/columns/column.ts'
import { Group } from '../codec/group.ts'
import type { SpillFile } from '../storage/spill-file.ts'
import type { TaskSpills } from '../storage/task-spills.ts'
import { slicesOfBucket } from './bucket-stretches.ts'
import type { KeyIndex } from './key-index.ts'
import type { SliceSource } from './slice.ts'

const blockBytes = 64 * 1024
const maxBlockRows = 4096

export class SpilledValues {
  readonly #spills: TaskSpills
  readonly #chunks: Chunk[] = []
  /** Of each chunk, which of its keys comes next. */
  #next: number[] = []
  #rows = 0
  #bytes = 0

  constructor(spills: TaskSpills) {
    this.#spills = spills
  }

  /** Numbers the keys of one bucket by `index` and writes its values. */
  read(sources: readonly SliceSource[], bucket: number, index: KeyIndex): void {
    let ids: Int32Array[] = []
    let values: unknown[] = []
    let held = 0
    const write = () => {
      if (values.length === 0) return
      this.#chunks.push(new Chunk(joined(ids, values.length), values, index.size, held, this.#spills.file))
      this.#next.push(0)
      this.#rows += values.length
      this.#bytes += held
      ids = []
      values = []
      held = 0
    }
    const perRow = sources.reduce((sum, source) => sum + source.heldBytes, 0) / sources.reduce((n, s) => n + s.rows, 0)
    for (const slice of slicesOfBucket(sources, bucket)) {
      const { rows, keys, values: column } = slice
      const own = new Int32Array(rows)
      index.assign(keys, 0, rows, own)
      ids.push(own)
      const list = column instanceof TextColumn ? column.texts() : column
      for (let i = 0; i < rows; i++) values.push(list[i])
      // A value on the heap takes a place in a list and a copy at least.
      held += rows * (perRow + 16)
      if (held > this.#spills.budget / 2) write()
    }
    write()
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
  readonly #offsets: number[] = []
  #read: { readonly block: number; readonly values: readonly unknown[] } | undefined

  constructor(ids: Int32Array, values: readonly unknown[], keys: number, bytes: number, file: SpillFile) {
    const ends = new Int32Array(keys + 1)
    for (let i = 0; i < ids.length; i++) ends[ids[i]! + 1]!++
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
    for (let i = 0; i < ids.length; i++) sorted[ends[ids[i]!]!++] = values[i]
    this.#file = file
    this.#blockRows = Math.max(1, Math.min(maxBlockRows, Math.floor((blockBytes * values.length) / bytes)))
    for (let from = 0; from < sorted.length; from += this.#blockRows)
      this.#offsets.push(file.append(encodeBlock(sorted.slice(from, from + this.#blockRows))))
    this.#offsets.push(file.bytes)
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
      const offset = this.#offsets[block]!
      this.#read = { block, values: decodeBlock(this.#file.read(offset, this.#offsets[block + 1]! - offset)) }
    }
    return this.#read.values
  }
}

function joined(parts: readonly Int32Array[], length: number): Int32Array {
  const all = new Int32Array(length)
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
