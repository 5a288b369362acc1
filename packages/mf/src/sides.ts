/** What both schemes share: the two sides of a factorisation, where their vectors lie, and how vectors are sent. */

import { indexPartitioner, type Broadcast, type Dataset } from '@gridify/core'
import { blockRanks } from './blocks.ts'
import { openEngine } from './kernels/open-engine.ts'
import { createVectors, type FloatArray, type KernelVariant } from './kernels/vectors.ts'
import type { ALSSettings } from './options.ts'
import type { Route, WeightedBlock } from './rating-blocks.ts'
import { startVectors } from './start-vectors.ts'
import { joinSubtrees, sumSubtrees, type Subtree } from './sum-tree.ts'

/** A partition's vectors, and their Gram matrix, observed loss and regularisation as subtree sums over blocks. */
export interface Vectors {
  readonly vectors: FloatArray
  readonly sums: readonly Subtree[]
}

/** A partition's rows: where they begin and how many ratings each has. */
export interface OwnedRows {
  readonly start: number
  readonly counts: Int32Array
  /** Each row's sum of w + bonus; `full` needs it for the loss. */
  readonly constants: Float64Array
}

export interface Side {
  readonly name: 'user' | 'item'
  readonly count: number
  readonly rows: Dataset<[number, OwnedRows]>
  /** Ratings by row of this side: one block per partition in `half`, K x L of them in `full`. */
  readonly blocks: Dataset<[number, WeightedBlock]>
  readonly blockCount: number
  /** From this side's partitions to the blocks of the other side that need its vectors. */
  readonly routes: Dataset<[number, Route]>
  /** In `full`: from this side's partitions to its own blocks. */
  readonly rowRoutes?: Dataset<[number, Route]>
}

/** What every task of a fit may read: broadcast once. */
export interface FitConstants {
  readonly settings: ALSSettings
  readonly kernel: KernelVariant
  readonly kernelBytes: Uint8Array
  readonly bonus: number
}

/** What a half-iteration is given beside ratings and vectors. */
export interface HalfStep {
  readonly constants: Broadcast<FitConstants>
  /** Gram matrix of the fixed side times the unobserved weight. */
  readonly gram: Broadcast<Float64Array>
  readonly partitions: number
  /** Whether the observed part of the loss is wanted: that of the second half-iteration is the iteration's. */
  readonly measuresLoss: boolean
}

/** New vectors of a side; `temporary` are datasets that may go once they are computed. */
export interface Solved {
  readonly vectors: Dataset<[number, Vectors]>
  readonly temporary: readonly Dataset<unknown>[]
}

export function startDataset(side: Side, constants: Broadcast<FitConstants>): Dataset<[number, Vectors]> {
  const seedOffset = side.name === 'user' ? 0 : 7919
  return side.rows.mapPartitions(
    (owned, task) => {
      const { settings, kernel, kernelBytes } = constants.value
      const { factors, seed } = settings
      return [...owned].map(([partition, { start, counts }]): [number, Vectors] => {
        const vectors = createVectors(kernel, counts.length * factors)
        vectors.set(startVectors(start, start + counts.length, factors, seed + seedOffset))
        for (const [row, count] of counts.entries())
          if (count === 0) vectors.fill(0, row * factors, (row + 1) * factors)
        const blocks = openEngine(kernel, () => kernelBytes, task).sumBlocks(vectors, factors)
        return [partition, { vectors, sums: sumSubtrees(start / blockRanks, blocks) }]
      })
    },
    { preservesPartitioning: true },
  )
}

/** Sends each block the vectors that it needs, in ascending rank; `numbersOf` picks what of the held rows travels. */
export function sendVectors<Held>(
  held: Dataset<[number, Held]>,
  numbersOf: (held: Held) => FloatArray,
  from: Pick<Side, 'rows'>,
  routes: Dataset<[number, Route]>,
  blocks: number,
  factors: number,
): Dataset<[number, FloatArray]> {
  return held
    .zipPartitions(from.rows, (own, rows): [FloatArray, number][] => {
      const first = onlyRow(own)
      const place = onlyRow(rows)
      return first && place ? [[numbersOf(first[1]), place[1].start]] : []
    })
    .zipPartitions(routes, (own, table) => pickVectors(own, table, factors))
    .partitionBy(indexPartitioner(blocks))
}

function* pickVectors(
  own: Iterable<[FloatArray, number]>,
  table: Iterable<[number, Route]>,
  factors: number,
): Generator<[number, FloatArray]> {
  const first = onlyRow(own)
  if (!first) return
  const [vectors, start] = first
  for (const [, { to, ranks }] of table) {
    const part = vectors.slice(0, ranks.length * factors)
    for (let i = 0; i < ranks.length; i++) {
      const at = (ranks[i]! - start) * factors
      if (factors < 32) for (let j = 0; j < factors; j++) part[i * factors + j] = vectors[at + j]!
      else part.set(vectors.subarray(at, at + factors), i * factors)
    }
    yield [to, part]
  }
}

export interface SideSums {
  readonly gram: Float64Array
  readonly observed: number
  readonly regularization: number
}

/** Computes and keeps the vectors, and brings back their sums; what moves is O(f^2 log n) per partition. */
export async function sumSide(
  vectors: Dataset<[number, Vectors]>,
  factors: number,
  signal: AbortSignal | undefined,
): Promise<SideSums> {
  const subtrees = await vectors.flatMap(([, { sums }]) => sums).collect({ signal })
  const total = joinSubtrees(subtrees) ?? new Float64Array(factors * factors + 2)
  return {
    gram: total.slice(0, factors * factors),
    observed: total[factors * factors]!,
    regularization: total[factors * factors + 1]!,
  }
}

/** lambda of each row: regularization * (ratings + unobservedWeight * others) ^ exponent (Rendle et al. 2021, section 3.1). */
export function rowRegularization(counts: Int32Array, others: number, settings: ALSSettings): Float64Array {
  const { regularization, regularizationExponent, unobservedWeight } = settings
  return Float64Array.from(
    counts,
    (count) => regularization * (count + unobservedWeight * others) ** regularizationExponent,
  )
}

export function countsOf(offsets: Int32Array): Int32Array {
  return Int32Array.from({ length: offsets.length - 1 }, (_, row) => offsets[row + 1]! - offsets[row]!)
}

/** The one row of a partition that holds one. Reads to the end: a partition that is not is never kept. */
export function onlyRow<Row>(rows: Iterable<Row>): Row | undefined {
  return [...rows][0]
}
