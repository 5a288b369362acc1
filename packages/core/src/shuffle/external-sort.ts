/** Sorts more rows than memory holds: sorted runs in the task's file, merged as they are read; ties keep their order. */

import { decodeColumns, encodeBlock } from '../codec/block.ts'
import { compareValues } from '../codec/order.ts'
import type { SpillFile } from '../storage/spill-file.ts'
import type { TaskSpills } from '../storage/task-spills.ts'
import { heldBytes } from './bucket-stretches.ts'
import { rowsPerBlock } from './spilled-values.ts'
import { wholeSlice, type PairColumns, type Slice, type SliceSource } from './slice.ts'
import { sortedByKey } from './sort.ts'

type Direction = 'ascending' | 'descending'

/** One block of each run is in memory while they are merged. */
const mergedAtOnce = 32
const batchRows = 4096

export function* sortedRows(
  sources: readonly SliceSource[],
  direction: Direction,
  spills: TaskSpills,
): Generator<PairColumns> {
  // Sorting holds columns, order and result at once.
  const held = spills.budget / 3
  if (heldBytes(sources) <= held) {
    yield sortedByKey(sources.map(wholeSlice), direction)
    return
  }
  const rows = sources.reduce((sum, source) => sum + source.rows, 0)
  const perBlock = rowsPerBlock(rows, heldBytes(sources))
  let runs: SortedRun[] = []
  let slices: Slice[] = []
  let bytes = 0
  const sort = () => {
    if (slices.length > 0) runs.push(new SortedRun([sortedByKey(slices, direction)], perBlock, spills.file))
    slices = []
    bytes = 0
  }
  for (const source of sources) {
    if (bytes + source.heldBytes > held) sort()
    slices.push(wholeSlice(source))
    bytes += source.heldBytes
  }
  sort()
  while (runs.length > mergedAtOnce) {
    const merged: SortedRun[] = []
    for (let from = 0; from < runs.length; from += mergedAtOnce) {
      const some = runs.slice(from, from + mergedAtOnce)
      merged.push(some.length === 1 ? some[0]! : new SortedRun(mergedRuns(some, direction), perBlock, spills.file))
    }
    runs = merged
  }
  yield* mergedRuns(runs, direction)
}

class SortedRun {
  readonly #file: SpillFile
  readonly #blocks: { readonly offset: number; readonly length: number }[] = []

  constructor(columns: Iterable<PairColumns>, perBlock: number, file: SpillFile) {
    this.#file = file
    for (const { rows, keys, values } of columns)
      for (let from = 0; from < rows; from += perBlock) {
        const pairs: unknown[] = []
        for (let i = from; i < Math.min(rows, from + perBlock); i++) pairs.push([keys[i], values[i]])
        const block = encodeBlock(pairs)
        this.#blocks.push({ offset: file.append(block), length: block.length })
      }
  }

  *blocks(): Generator<PairColumns> {
    for (const { offset, length } of this.#blocks) {
      const block = decodeColumns(this.#file.read(offset, length))
      if ('keys' in block) yield { rows: block.keys.length, keys: block.keys, values: block.values }
      else {
        const rows = Array.from(block.rows as ArrayLike<[unknown, unknown]>)
        yield { rows: rows.length, keys: rows.map(([key]) => key), values: rows.map(([, value]) => value) }
      }
    }
  }
}

/** Where a run is read. */
class Cursor {
  readonly run: number
  key: unknown
  value: unknown
  readonly #blocks: Iterator<PairColumns>
  #columns: PairColumns | undefined
  #at = 0

  constructor(run: number, blocks: Iterator<PairColumns>) {
    this.run = run
    this.#blocks = blocks
  }

  /** Goes to the next row; false at the end. */
  next(): boolean {
    if (!this.#columns || ++this.#at === this.#columns.rows) {
      const next = this.#blocks.next()
      if (next.done) return false
      this.#columns = next.value
      this.#at = 0
    }
    this.key = this.#columns.keys[this.#at]
    this.value = this.#columns.values[this.#at]
    return true
  }
}

function* mergedRuns(runs: readonly SortedRun[], direction: Direction): Generator<PairColumns> {
  const sign = direction === 'descending' ? -1 : 1
  const isBefore = (a: Cursor, b: Cursor) => {
    const order = sign * compareValues(a.key, b.key)
    return order === 0 ? a.run < b.run : order < 0
  }
  /** A binary heap: the next row is that of the first. */
  const heap: Cursor[] = []
  const sink = (from: number) => {
    const cursor = heap[from]!
    let at = from
    for (let child = 2 * at + 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++
      if (!isBefore(heap[child]!, cursor)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = cursor
  }
  for (const [number, run] of runs.entries()) {
    const cursor = new Cursor(number, run.blocks())
    if (cursor.next()) heap.push(cursor)
  }
  for (let at = (heap.length >>> 1) - 1; at >= 0; at--) sink(at)
  let keys: unknown[] = []
  let values: unknown[] = []
  while (heap.length > 0) {
    const first = heap[0]!
    keys.push(first.key)
    values.push(first.value)
    if (!first.next()) {
      const last = heap.pop()!
      if (heap.length > 0) heap[0] = last
    }
    if (heap.length > 0) sink(0)
    if (keys.length < batchRows && heap.length > 0) continue
    yield { rows: keys.length, keys, values }
    keys = []
    values = []
  }
}
