/**
 * Ratings as typed arrays, built once and cached: a block's rows in rank order, each row's entries in ascending rank of
 * the other side. Entries name slots of the inbox, the sorted list of the other side's ranks that the block needs.
 */

import { indexPartitioner, type Dataset } from '@gridify/core'
import { blockRanks, partitionOfBlock, ranksOf, runsByPartition } from './blocks.ts'
import { createVectors, type FloatArray, type KernelVariant } from './kernels/vectors.ts'
import { transform, type Confidence } from './confidence.ts'

/** Some ratings of one partition, as they travel. */
export interface RatingChunk {
  readonly users: Int32Array
  readonly items: Int32Array
  readonly values: Float64Array
}

export interface RatingBlock {
  readonly start: number
  readonly end: number
  readonly offsets: Int32Array
  readonly slots: Int32Array
  /** Summed counts; zeros are gone. */
  readonly values: Float64Array
  /** Ranks of the other side, ascending: the inbox. */
  readonly needs: Int32Array
  readonly duplicates: number
  readonly zeros: number
}

/** A rating block as the kernels want it. */
export interface WeightedBlock extends Omit<RatingBlock, 'values' | 'duplicates' | 'zeros'> {
  /** Confidence above the unobserved weight. */
  readonly weights: FloatArray
}

/** How ranks are dealt to blocks: a run of rows by a run of columns; `half` has one run of columns. */
export interface Grid {
  readonly side: 'user' | 'item'
  readonly rows: number
  readonly columns: number
  readonly rowRuns: number
  readonly columnRuns: number
  /** Block number = row run * rowStep + column run * columnStep. */
  readonly rowStep: number
  readonly columnStep: number
}

export function gridBlocks(grid: Grid): number {
  return grid.rowRuns * grid.columnRuns
}

export function buildRatingBlocks(ranked: Dataset<[number, RatingChunk]>, grid: Grid): Dataset<[number, RatingBlock]> {
  return ranked
    .mapPartitions((chunks) => scatter(chunks, grid))
    .partitionBy(indexPartitioner(gridBlocks(grid)))
    .mapPartitionsWithIndex(
      (index, chunks) => {
        const rows = ranksOf(Math.floor(index / grid.rowStep) % grid.rowRuns, grid.rowRuns, grid.rows)
        return [
          [
            index,
            buildBlock(
              [...chunks].map(([, chunk]) => chunk),
              grid.side,
              rows,
              grid.columns,
            ),
          ] as [number, RatingBlock],
        ]
      },
      { preservesPartitioning: true },
    )
}

function* scatter(chunks: Iterable<[number, RatingChunk]>, grid: Grid): Generator<[number, RatingChunk]> {
  const rowRun = partitionOfBlock(grid.rowRuns, grid.rows)
  const columnRun = partitionOfBlock(grid.columnRuns, grid.columns)
  for (const [, { users, items, values }] of chunks) {
    const [rows, columns] = grid.side === 'user' ? [users, items] : [items, users]
    const targets = rows.map(
      (row, e) =>
        rowRun[Math.floor(row / blockRanks)]! * grid.rowStep +
        columnRun[Math.floor(columns[e]! / blockRanks)]! * grid.columnStep,
    )
    const counts = new Int32Array(gridBlocks(grid))
    for (const target of targets) counts[target]!++
    const parts = Array.from(counts, (count) => ({
      users: new Int32Array(count),
      items: new Int32Array(count),
      values: new Float64Array(count),
    }))
    counts.fill(0)
    for (let e = 0; e < targets.length; e++) {
      const at = counts[targets[e]!]!++
      const part = parts[targets[e]!]!
      part.users[at] = users[e]!
      part.items[at] = items[e]!
      part.values[at] = values[e]!
    }
    for (const [target, part] of parts.entries()) if (part.values.length > 0) yield [target, part]
  }
}

/** Sorts ratings into rows, sums duplicates, drops zeros, and numbers the inbox. */
function buildBlock(
  chunks: readonly RatingChunk[],
  side: 'user' | 'item',
  { start, end }: { readonly start: number; readonly end: number },
  columnCount: number,
): RatingBlock {
  const total = chunks.reduce((sum, chunk) => sum + chunk.values.length, 0)
  const rows = new Int32Array(total)
  const columns = new Int32Array(total)
  const values = new Float64Array(total)
  let at = 0
  for (const chunk of chunks) {
    rows.set(side === 'user' ? chunk.users : chunk.items, at)
    columns.set(side === 'user' ? chunk.items : chunk.users, at)
    values.set(chunk.values, at)
    at += chunk.values.length
  }
  const byColumn = countingSort(Int32Array.from(rows.keys()), columns, 0, columnCount)
  const order = countingSort(byColumn, rows, start, end)
  const offsets = new Int32Array(end - start + 1)
  const keptColumns = new Int32Array(total)
  const keptValues = new Float64Array(total)
  let kept = 0
  let duplicates = 0
  let zeros = 0
  for (let i = 0; i < total;) {
    const row = rows[order[i]!]!
    const column = columns[order[i]!]!
    let to = i + 1
    while (to < total && rows[order[to]!] === row && columns[order[to]!] === column) to++
    duplicates += to - i - 1
    let sum = values[order[i]!]!
    // Copies are summed by size, so that their order, which partitions change, does not show.
    if (to > i + 1)
      sum = [...order.subarray(i, to)]
        .map((e) => values[e]!)
        .sort((a, b) => a - b)
        .reduce((a, b) => a + b)
    i = to
    if (sum === 0) {
      zeros++
      continue
    }
    keptColumns[kept] = column
    keptValues[kept++] = sum
    offsets[row - start + 1]!++
  }
  for (let row = 0; row < end - start; row++) offsets[row + 1]! += offsets[row]!
  const slotOf = new Int32Array(columnCount)
  for (const column of keptColumns.subarray(0, kept)) slotOf[column] = 1
  let needed = 0
  for (const used of slotOf) needed += used
  const needs = new Int32Array(needed)
  needed = 0
  for (const [rank, used] of slotOf.entries()) {
    if (used === 0) continue
    slotOf[rank] = needed
    needs[needed++] = rank
  }
  return {
    start,
    end,
    offsets,
    slots: keptColumns.slice(0, kept).map((rank) => slotOf[rank]!),
    values: keptValues.slice(0, kept),
    needs,
    duplicates,
    zeros,
  }
}

/** Reorders `order` by `keys`, which lie from `start` up to `end`; ties keep their order. */
function countingSort(order: Int32Array, keys: Int32Array, start: number, end: number): Int32Array {
  const at = new Int32Array(end - start + 1)
  for (const key of keys) at[key - start + 1]!++
  for (let key = 0; key < end - start; key++) at[key + 1]! += at[key]!
  const sorted = new Int32Array(order.length)
  for (const e of order) sorted[at[keys[e]! - start]!++] = e
  return sorted
}

export function weighBlock(
  block: RatingBlock,
  confidence: Confidence,
  alpha: number,
  kernel: KernelVariant,
): WeightedBlock {
  const { start, end, offsets, slots, values, needs } = block
  const weights = createVectors(kernel, values.length)
  for (let e = 0; e < values.length; e++) weights[e] = alpha * transform(values[e]!, confidence)
  return { start, end, offsets, slots, weights, needs }
}

/** Which of its vectors a partition has to send where: `[from, { to, ranks }]`. */
export interface Route {
  readonly to: number
  readonly ranks: Int32Array
}

/** The routing table, by sender, from the ranks that each block `needs`; `owners` partitions hold `count` vectors. */
export function buildRoutes(
  needs: Dataset<[number, Int32Array]>,
  count: number,
  owners: number,
): Dataset<[number, Route]> {
  const owner = partitionOfBlock(owners, count)
  return needs
    .flatMap(([to, ranks]) =>
      runsByPartition(ranks, owner).map(([from, start, end]): [number, Route] => [
        from,
        { to, ranks: ranks.slice(start, end) },
      ]),
    )
    .partitionBy(indexPartitioner(owners))
}

/** Ranks of the rows that have entries. */
export function activeRanks({ start, offsets }: { readonly start: number; readonly offsets: Int32Array }): Int32Array {
  const ranks: number[] = []
  for (let row = 0; row + 1 < offsets.length; row++) if (offsets[row] !== offsets[row + 1]) ranks.push(start + row)
  return Int32Array.from(ranks)
}
