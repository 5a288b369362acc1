/**
 * Half gridify (Johnson 2014): all ratings of a row lie in one partition, so nothing moves but the vectors that the
 * partition needs. A half-iteration is one job of two stages: send, and solve.
 */

import { indexPartitioner, type Broadcast, type Dataset } from '@gridify/core'
import { blockRanks, treeSum } from './blocks.ts'
import { gramOf } from './kernels/dense.ts'
import { observedLoss, solveCholesky, solveConjugateGradient, type RowProblem } from './kernels/solve-rows.ts'
import type { ALSSettings } from './options.ts'
import type { RatingBlock, Route } from './rating-blocks.ts'
import { startVectors } from './start-vectors.ts'

export interface Vectors {
  readonly vectors: Float64Array
  /** Per block of 1,024 rows: the part of the loss that needs ratings, and the regularisation. */
  readonly loss: Float64Array
}

/** What a solve needs to know beside ratings and vectors. */
export interface HalfStep {
  readonly gram: Float64Array
  readonly settings: ALSSettings
  readonly alpha: number
  /** How many ranks the other side has, for the regulariser. */
  readonly others: number
}

export interface Side {
  readonly name: 'user' | 'item'
  readonly count: number
  readonly blocks: Dataset<[number, RatingBlock]>
  /** From this side's vectors to the partitions of the other side. */
  readonly routes: Dataset<[number, Route]>
}

export function startDataset(side: Side, settings: ALSSettings): Dataset<[number, Vectors]> {
  const { factors } = settings
  const seed = side.name === 'user' ? settings.seed : settings.seed + 7919
  return side.blocks.mapPartitions(
    (blocks) =>
      [...blocks].map(([partition, { start, end, offsets }]): [number, Vectors] => {
        const vectors = startVectors(start, end, factors, seed)
        for (let row = 0; row < end - start; row++)
          if (offsets[row] === offsets[row + 1]) vectors.fill(0, row * factors, (row + 1) * factors)
        return [partition, { vectors, loss: new Float64Array(Math.ceil((end - start) / blockRanks)) }]
      }),
    { preservesPartitioning: true },
  )
}

/** New vectors of `side` from the vectors of the fixed side. */
export function solveHalf(
  side: Side,
  previous: Dataset<[number, Vectors]>,
  fixed: Side,
  fixedVectors: Dataset<[number, Vectors]>,
  step: Broadcast<HalfStep>,
  partitions: number,
  firstRankOf: (partition: number) => number,
): Dataset<[number, Vectors]> {
  const firstRanks = Array.from({ length: partitions }, (_, partition) => firstRankOf(partition))
  const inbox = fixedVectors
    .zipPartitions(fixed.routes, (held, routes) => sendVectors(held, routes, firstRanks, step.value.settings.factors))
    .partitionBy(indexPartitioner(partitions))
  return side.blocks
    .zipPartitions(previous, (blocks, vectors): [RatingBlock, Vectors][] => {
      const [block] = blocks
      const [own] = vectors
      return block && own ? [[block[1], own[1]]] : []
    })
    .zipPartitions(inbox, (own, messages, task) => {
      const [first] = own
      if (!first) return []
      const [block, before] = first
      return [[task.partition, solveBlock(block, before, [...messages].map(([, part]) => part), step.value)] as [number, Vectors]]
    })
}

function* sendVectors(
  held: Iterable<[number, Vectors]>,
  routes: Iterable<[number, Route]>,
  firstRanks: readonly number[],
  factors: number,
): Generator<[number, Float64Array]> {
  const [own] = held
  if (!own) return
  const [partition, { vectors }] = own
  const first = firstRanks[partition]!
  for (const [, { to, ranks }] of routes) {
    const part = new Float64Array(ranks.length * factors)
    for (const [i, rank] of ranks.entries())
      part.set(vectors.subarray((rank - first) * factors, (rank - first + 1) * factors), i * factors)
    yield [to, part]
  }
}

/** Messages come in the order of their partitions, hence of ranks: one behind the other they are the inbox. */
function solveBlock(block: RatingBlock, before: Vectors, messages: readonly Float64Array[], step: HalfStep): Vectors {
  const { settings, others } = step
  const f = settings.factors
  const inbox = new Float64Array(block.needs.length * f)
  let at = 0
  for (const message of messages) {
    inbox.set(message, at)
    at += message.length
  }
  const rows = block.end - block.start
  const regularization = new Float64Array(rows)
  for (let row = 0; row < rows; row++)
    regularization[row] =
      settings.regularization *
      (block.offsets[row + 1]! - block.offsets[row]! + settings.unobservedWeight * others) ** settings.regularizationExponent
  const problem: RowProblem = {
    factors: f,
    offsets: block.offsets,
    slots: block.slots,
    weights: block.values.map((value) => step.alpha * transform(value, settings)),
    inbox,
    gram: step.gram.map((value) => value * settings.unobservedWeight),
    regularization,
    bonus: settings.objective === 'hu2008' ? settings.unobservedWeight : 0,
  }
  const vectors =
    settings.solver === 'cholesky' ? solveCholesky(problem) : solveConjugateGradient(problem, before.vectors, settings.cgSteps)
  const loss = new Float64Array(Math.ceil(rows / blockRanks) * 2)
  for (let row = 0; row < rows; row++) {
    let norm = 0
    for (let i = row * f; i < (row + 1) * f; i++) norm += vectors[i]! * vectors[i]!
    const slot = Math.floor(row / blockRanks) * 2
    loss[slot]! += observedLoss(problem, vectors, row)
    loss[slot + 1]! += regularization[row]! * norm
  }
  return { vectors, loss }
}

export function transform(value: number, settings: Pick<ALSSettings, 'confidence' | 'epsilon'>): number {
  switch (settings.confidence) {
    case 'linear':
      return value
    case 'log':
      return Math.log1p(value / settings.epsilon)
    case 'binary':
      return 1
  }
}

export interface SideSums {
  readonly gram: Float64Array
  readonly observed: number
  readonly regularization: number
}

/** Computes and keeps the vectors, and brings back their Gram matrix and loss terms, summed in a fixed tree over blocks. */
export async function sumSide(
  vectors: Dataset<[number, Vectors]>,
  factors: number,
  signal: AbortSignal | undefined,
): Promise<SideSums> {
  const partials = await vectors
    .mapPartitions((parts) =>
      [...parts].flatMap(([, { vectors, loss }]) => {
        const rows = vectors.length / factors
        const blocks: Float64Array[] = []
        for (let start = 0, block = 0; start < rows; start += blockRanks, block++) {
          const gram = gramOf(vectors, start, Math.min(rows, start + blockRanks), factors)
          const sums = new Float64Array(gram.length + 2)
          sums.set(gram)
          sums.set([loss[block * 2] ?? 0, loss[block * 2 + 1] ?? 0], gram.length)
          blocks.push(sums)
        }
        return blocks
      }),
    )
    .collect({ signal })
  const total = treeSum(partials)
  return {
    gram: total.slice(0, factors * factors),
    observed: total[factors * factors] ?? 0,
    regularization: total[factors * factors + 1] ?? 0,
  }
}

