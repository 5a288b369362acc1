/**
 * Half gridify (Johnson 2014): all ratings of a row lie in one partition, so nothing moves but the vectors that the
 * partition needs. A half-iteration is one job of two stages: send, and solve.
 */

import type { Dataset } from '@gridify/core'
import { blockRanks } from './blocks.ts'
import { openEngine } from './kernels/open-engine.ts'
import type { WeightedBlock } from './rating-blocks.ts'
import {
  countsOf,
  onlyRow,
  rowRegularization,
  sendVectors,
  type HalfStep,
  type Side,
  type Solved,
  type Vectors,
} from './sides.ts'
import { sumSubtrees } from './sum-tree.ts'

/** New vectors of `side` from those of the fixed side. */
export function solveHalf(
  side: Side,
  previous: Dataset<[number, Vectors]>,
  fixed: Side,
  fixedVectors: Dataset<[number, Vectors]>,
  { constants, gram }: HalfStep,
  factors: number,
  solver: 'cg' | 'cholesky',
): Solved {
  const others = fixed.count
  const inbox = sendVectors(fixedVectors, ({ vectors }) => vectors, fixed, fixed.routes, side.blockCount, factors)
  // The exact solve forgets where it began, so the old vectors need not be read.
  const own: Dataset<[WeightedBlock, Vectors | null]> =
    solver === 'cholesky'
      ? side.blocks.map(([, block]): [WeightedBlock, null] => [block, null])
      : side.blocks.zipPartitions(previous, (blocks, vectors): [WeightedBlock, Vectors][] => {
          const block = onlyRow(blocks)
          const before = onlyRow(vectors)
          return block && before ? [[block[1], before[1]]] : []
        })
  const vectors = own.zipPartitions(inbox, (held, messages, task): [number, Vectors][] => {
    const first = onlyRow(held)
    if (!first) return []
    const [block, before] = first
    const { settings, kernel, kernelBytes, bonus } = constants.value
    // Messages come in the order of their partitions, hence of ranks: one behind the other they are the inbox.
    const solved = openEngine(kernel, () => kernelBytes, task).solveRows(
      {
        factors: settings.factors,
        offsets: block.offsets,
        slots: block.slots,
        weights: block.weights,
        inbox: [...messages].map(([, part]) => part),
        gram: gram.value,
        regularization: rowRegularization(countsOf(block.offsets), others, settings),
        bonus,
      },
      before ? { kind: 'cg', steps: settings.cgSteps, start: before.vectors } : { kind: 'cholesky' },
    )
    return [
      [task.partition, { vectors: solved.vectors, sums: sumSubtrees(block.start / blockRanks, solved.blockSums) }],
    ]
  })
  return { vectors: vectors.cache(), temporary: [] }
}
