/**
 * Ratings as typed arrays, built once and cached: a partition's rows in rank order, each row's entries in ascending rank
 * of the other side. Entries name slots of the inbox, the sorted list of the other side's ranks that the partition needs.
 */

import { indexPartitioner, type Dataset } from '@gridify/core'
import { blockRanks, partitionOfBlock, ranksOf } from './blocks.ts'

/** Some ratings of one partition, as they travel. */
export interface RatingChunk {
  readonly rows: Int32Array
  readonly columns: Int32Array
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
}

/** Ratings by partition of the row side. */
export function buildRatingBlocks(
  ranked: Dataset<[number, RatingChunk]>,
  side: 'user' | 'item',
  rowCount: number,
  partitions: number,
): Dataset<[number, RatingBlock]> {
  const owner = partitionOfBlock(partitions, rowCount)
  return ranked
    .mapPartitions((chunks) => scatter(chunks, side, owner, partitions))
    .partitionBy(indexPartitioner(partitions))
    .mapPartitionsWithIndex((partition, chunks) => [
      [partition, buildBlock([...chunks].map(([, chunk]) => chunk), ranksOf(partition, partitions, rowCount))] as [number, RatingBlock],
    ], { preservesPartitioning: true })
}

function* scatter(
  chunks: Iterable<[number, RatingChunk]>,
  side: 'user' | 'item',
  owner: Int32Array,
  partitions: number,
): Generator<[number, RatingChunk]> {
  for (const [, { rows: users, columns: items, values }] of chunks) {
    const [rows, columns] = side === 'user' ? [users, items] : [items, users]
    const counts = new Int32Array(partitions)
    for (const row of rows) counts[owner[Math.floor(row / blockRanks)]!]!++
    const parts = Array.from(counts, (count) => ({
      rows: new Int32Array(count),
      columns: new Int32Array(count),
      values: new Float64Array(count),
    }))
    counts.fill(0)
    for (let e = 0; e < rows.length; e++) {
      const target = owner[Math.floor(rows[e]! / blockRanks)]!
      const at = counts[target]!++
      const part = parts[target]!
      part.rows[at] = rows[e]!
      part.columns[at] = columns[e]!
      part.values[at] = values[e]!
    }
    for (const [target, part] of parts.entries()) if (part.rows.length > 0) yield [target, part]
  }
}

export function buildBlock(chunks: readonly RatingChunk[], { start, end }: { start: number; end: number }): RatingBlock {
  const total = chunks.reduce((sum, chunk) => sum + chunk.rows.length, 0)
  const rows = new Int32Array(total)
  const columns = new Int32Array(total)
  const values = new Float64Array(total)
  let at = 0
  for (const chunk of chunks) {
    rows.set(chunk.rows, at)
    columns.set(chunk.columns, at)
    values.set(chunk.values, at)
    at += chunk.rows.length
  }
  // Values break ties too, so that duplicates are summed in one order whatever the partitions.
  const order = Array.from({ length: total }, (_, i) => i).sort(
    (a, b) => rows[a]! - rows[b]! || columns[a]! - columns[b]! || values[a]! - values[b]!,
  )
  const offsets = new Int32Array(end - start + 1)
  const keptColumns = new Int32Array(total)
  const keptValues = new Float64Array(total)
  let kept = 0
  let duplicates = 0
  for (let i = 0; i < total; ) {
    const row = rows[order[i]!]!
    const column = columns[order[i]!]!
    let sum = 0
    let copies = 0
    for (; i < total && rows[order[i]!] === row && columns[order[i]!] === column; i++, copies++) sum += values[order[i]!]!
    duplicates += copies - 1
    if (sum === 0) continue
    keptColumns[kept] = column
    keptValues[kept++] = sum
    offsets[row - start + 1]!++
  }
  for (let row = 0; row < end - start; row++) offsets[row + 1]! += offsets[row]!
  const needs = Int32Array.from(new Set(keptColumns.subarray(0, kept))).sort()
  const slotOf = new Map<number, number>()
  for (const [slot, rank] of needs.entries()) slotOf.set(rank, slot)
  return {
    start,
    end,
    offsets,
    slots: keptColumns.subarray(0, kept).map((rank) => slotOf.get(rank)!),
    values: keptValues.slice(0, kept),
    needs,
    duplicates,
  }
}

/** Which of its vectors each partition of the other side has to send where: `[from, { to, ranks }]`. */
export interface Route {
  readonly to: number
  readonly ranks: Int32Array
}

export function buildRoutes(
  blocks: Dataset<[number, RatingBlock]>,
  columnCount: number,
  partitions: number,
): Dataset<[number, Route]> {
  const owner = partitionOfBlock(partitions, columnCount)
  return blocks
    .flatMap(([to, { needs }]) => {
      const routes: [number, Route][] = []
      for (let from = 0; from < needs.length; ) {
        const source = owner[Math.floor(needs[from]! / blockRanks)]!
        let end = from
        while (end < needs.length && owner[Math.floor(needs[end]! / blockRanks)] === source) end++
        routes.push([source, { to, ranks: needs.slice(from, end) }])
        from = end
      }
      return routes
    })
    .partitionBy(indexPartitioner(partitions))
}

