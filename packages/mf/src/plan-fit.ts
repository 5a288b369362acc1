/** Before the first iteration: where ratings and vectors lie, what alpha is, and the bytes that an iteration will move. */

import type { Context, Dataset } from '@gridify/core'
import { blockRanks, ranksOf } from './blocks.ts'
import { transform } from './confidence.ts'
import { ownedRows } from './full-gridify.ts'
import type { IdUniverse } from './ratings.ts'
import { noRatings } from './ratings.ts'
import { bytesPerNumber, type KernelVariant } from './kernels/vectors.ts'
import { packedLength } from './kernels/engine.ts'
import type { ALSSettings } from './options.ts'
import {
  activeRanks,
  buildRatingBlocks,
  buildRoutes,
  gridBlocks,
  weighBlock,
  type Grid,
  type RatingBlock,
  type RatingChunk,
  type WeightedBlock,
} from './rating-blocks.ts'
import { countsOf, type OwnedRows, type Side } from './sides.ts'
import { joinSubtrees, sumSubtrees } from './sum-tree.ts'

export interface FitPlan {
  readonly users: Side
  readonly items: Side
  readonly grid: readonly [number, number]
  readonly partitions: number
  readonly alpha: number
  readonly ratings: number
  readonly duplicates: number
  readonly zeros: number
  /** The largest confidence above the unobserved weight. */
  readonly largestWeight: number
  /** Payload of vectors, partial sums and Gram matrices per iteration, see `predictBytes`. */
  readonly predictedBytes: number
  /** Blocks without weights; to be dropped once the weighted ones are computed. */
  readonly raw: readonly Dataset<unknown>[]
}

interface BlockStatistics {
  readonly firstBlock: number
  readonly count: number
  readonly duplicates: number
  readonly zeros: number
  /** Transformed values, summed per block of 1,024 rows. */
  readonly sums: Float64Array
  readonly largest: number
  readonly needs: number
  readonly active: number
}

export async function planFit(
  context: Context,
  ranked: Dataset<[number, RatingChunk]>,
  ids: IdUniverse,
  settings: ALSSettings,
  kernel: KernelVariant,
  signal: AbortSignal | undefined,
): Promise<FitPlan> {
  const slots = context.executors().reduce((sum, { cores }) => sum + cores, 0)
  const full = settings.scheme === 'full'
  const grid = full
    ? (settings.grid ?? squareGrid(settings.partitions, slots))
    : ([settings.partitions ?? slots, 1] as const)
  const partitions = settings.partitions ?? grid[0] * grid[1]
  const [userCount, itemCount] = [ids.users.length, ids.items.length]
  const userGrid: Grid = {
    side: 'user',
    rows: userCount,
    columns: itemCount,
    rowRuns: grid[0],
    columnRuns: grid[1],
    rowStep: grid[1],
    columnStep: 1,
  }
  const itemGrid: Grid = full
    ? {
        side: 'item',
        rows: itemCount,
        columns: userCount,
        rowRuns: grid[1],
        columnRuns: grid[0],
        rowStep: 1,
        columnStep: grid[1],
      }
    : {
        side: 'item',
        rows: itemCount,
        columns: userCount,
        rowRuns: partitions,
        columnRuns: 1,
        rowStep: 1,
        columnStep: 1,
      }
  const userBlocks = buildRatingBlocks(ranked, userGrid).cache()
  const itemBlocks = buildRatingBlocks(ranked, itemGrid).cache()
  const userStatistics = await statistics(userBlocks, settings, signal)
  const itemStatistics = await statistics(itemBlocks, settings, signal)
  const sum = (of: (part: BlockStatistics) => number) => userStatistics.reduce((total, part) => total + of(part), 0)
  const ratings = sum(({ count }) => count)
  if (ratings === 0) throw noRatings()
  const alpha = settings.alpha === 'auto' ? ratings / totalOf(userStatistics) : settings.alpha
  const bonus = settings.objective === 'hu2008' ? settings.unobservedWeight : 0
  const weigh = (blocks: Dataset<[number, RatingBlock]>): Dataset<[number, WeightedBlock]> => {
    const { confidence, epsilon } = settings
    return blocks
      .mapPartitions(
        (rows) =>
          [...rows].map(([at, block]): [number, WeightedBlock] => [
            at,
            weighBlock(block, { confidence, epsilon }, alpha, kernel),
          ]),
        {
          preservesPartitioning: true,
        },
      )
      .cache()
  }
  const side = (
    name: 'user' | 'item',
    count: number,
    own: Grid,
    blocks: Dataset<[number, RatingBlock]>,
    others: Dataset<[number, RatingBlock]>,
  ): Side => {
    const weighted = weigh(blocks)
    const neededBy = others.map(([at, { needs }]): [number, Int32Array] => [at, needs])
    const rows = full
      ? ownedRows(weighted, count, partitions, bonus, (partition) => ranksOf(partition, partitions, count)).cache()
      : weighted.mapPartitions(
          (held) =>
            [...held].map(([at, { start, offsets }]): [number, OwnedRows] => [
              at,
              { start, counts: countsOf(offsets), constants: new Float64Array(0) },
            ]),
          { preservesPartitioning: true },
        )
    return {
      name,
      count,
      rows,
      blocks: weighted,
      blockCount: gridBlocks(own),
      routes: buildRoutes(neededBy, count, partitions).cache(),
      ...(full
        ? {
            rowRoutes: buildRoutes(
              weighted.map(([at, block]): [number, Int32Array] => [at, activeRanks(block)]),
              count,
              partitions,
            ).cache(),
          }
        : {}),
    }
  }
  return {
    users: side('user', userCount, userGrid, userBlocks, itemBlocks),
    items: side('item', itemCount, itemGrid, itemBlocks, userBlocks),
    grid,
    partitions,
    alpha,
    ratings,
    duplicates: sum(({ duplicates }) => duplicates),
    zeros: sum(({ zeros }) => zeros),
    largestWeight: alpha * userStatistics.reduce((max, { largest }) => Math.max(max, largest), 0),
    predictedBytes: predictBytes(settings, kernel, [userStatistics, itemStatistics], context.executors().length),
    raw: [userBlocks, itemBlocks],
  }
}

function squareGrid(partitions: number | undefined, slots: number): readonly [number, number] {
  if (partitions === undefined) {
    const side = Math.max(2, Math.ceil(Math.sqrt(slots)))
    return [side, side]
  }
  let columns = Math.floor(Math.sqrt(partitions))
  while (partitions % columns !== 0) columns--
  return [partitions / columns, columns]
}

function statistics(
  blocks: Dataset<[number, RatingBlock]>,
  settings: ALSSettings,
  signal: AbortSignal | undefined,
): Promise<BlockStatistics[]> {
  const { confidence, epsilon } = settings
  return blocks
    .map(([, block]): BlockStatistics => {
      const { start, offsets, values, needs, duplicates, zeros } = block
      const sums = new Float64Array(Math.ceil((offsets.length - 1) / blockRanks))
      let largest = 0
      let active = 0
      for (let row = 0; row + 1 < offsets.length; row++) {
        const end = offsets[row + 1]!
        if (end > offsets[row]!) active++
        let sum = 0
        for (let e = offsets[row]!; e < end; e++) {
          const value = transform(values[e]!, { confidence, epsilon })
          sum += value
          largest = Math.max(largest, value)
        }
        sums[Math.floor(row / blockRanks)]! += sum
      }
      return {
        firstBlock: start / blockRanks,
        count: values.length,
        duplicates,
        zeros,
        sums,
        largest,
        needs: needs.length,
        active,
      }
    })
    .collect({ signal })
}

/** The sum of transformed values in the fixed tree over blocks of rows, so that `alpha: 'auto'` does not depend on partitions. */
function totalOf(parts: readonly BlockStatistics[]): number {
  const perBlock: Float64Array[] = []
  for (const { firstBlock, sums } of parts)
    for (const [i, sum] of sums.entries()) (perBlock[firstBlock + i] ??= new Float64Array(1))[0]! += sum
  return joinSubtrees(sumSubtrees(0, perBlock))?.[0] ?? 0
}

/**
 * Exact payload of one iteration from the routing tables, without the headers of messages. With v bytes per vector
 * (4f, or 8f for `f64`), D the vectors that blocks need, R the pairs of a row and a block that holds ratings of it:
 * - half: D v for either side;
 * - full, Cholesky: D v + R (v (f + 3) / 2 + 4);
 * - full, CG with s steps: D v + R (2 (s + 1) v + 4 (s + 1)), and for items 8 R for the loss;
 * and for either side a Gram matrix of 8 f^2 bytes to each executor.
 */
function predictBytes(
  settings: ALSSettings,
  kernel: KernelVariant,
  sides: readonly (readonly BlockStatistics[])[],
  executors: number,
): number {
  const { factors, scheme, solver, cgSteps } = settings
  const number = bytesPerNumber(kernel)
  const vector = factors * number
  const rounds = cgSteps + 1
  const perRow =
    scheme === 'half' ? 0 : solver === 'cholesky' ? packedLength(factors) * number + 4 : rounds * (2 * vector + 4)
  let bytes = sides.length * executors * factors * factors * 8
  const [, items] = sides
  if (scheme === 'full' && solver === 'cg') for (const { active } of items!) bytes += active * 8
  for (const { needs, active } of sides.flat()) bytes += needs * vector + active * perRow
  return bytes
}
