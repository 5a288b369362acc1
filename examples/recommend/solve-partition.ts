/** The reduce task of mapreduce: sorts what arrived into rows, solves them with the kernels of half gridify, writes lines. */

import type { TaskContext } from '@gridify/core'
import type { ALSSettings } from '@gridify/mf'
import {
  blockRanks,
  createVectors,
  openEngine,
  ranksOf,
  sumSubtrees,
  type FloatArray,
  type KernelVariant,
} from '@gridify/mf/kernels'
import { factorLines, type VectorRows } from './factor-files.ts'
import { transform, type RatingEntries } from './ranked-ratings.ts'

export interface ReduceConstants {
  readonly settings: ALSSettings
  readonly kernel: KernelVariant
  readonly kernelBytes: Uint8Array
  readonly alpha: number
}

export interface ReduceStep {
  /** Of the fixed side, times the unobserved weight. */
  readonly gram: Float64Array
  readonly partitions: number
  readonly ownCount: number
  readonly fixedCount: number
}

export function solvePartition(
  joined: { readonly entries: readonly [number, RatingEntries][]; readonly fixed: readonly [number, VectorRows][] },
  home: readonly [number, VectorRows][],
  { gram, partitions, ownCount, fixedCount }: ReduceStep,
  { settings, kernel, kernelBytes, alpha }: ReduceConstants,
  task: TaskContext,
): Generator<string> {
  const { start, end } = ranksOf(task.partition, partitions, ownCount)
  const { factors, regularization, regularizationExponent, unobservedWeight } = settings
  const rows = sortRows(
    joined.entries.map(([, entries]) => entries),
    start,
    end,
  )
  const weights = createVectors(kernel, rows.counts.length)
  for (const [e, count] of rows.counts.entries()) weights[e] = alpha * transform(count, settings)
  const solved = openEngine(kernel, () => kernelBytes, task).solveRows(
    {
      factors,
      offsets: rows.offsets,
      // All vectors of the fixed side are here, in rank order: a rank is a slot.
      slots: rows.columns,
      weights,
      inbox: joined.fixed.map(([, { vectors }]) => vectors),
      gram,
      regularization: Float64Array.from(
        { length: end - start },
        (_, row) =>
          regularization *
          (rows.offsets[row + 1]! - rows.offsets[row]! + unobservedWeight * fixedCount) ** regularizationExponent,
      ),
      bonus: settings.objective === 'hu2008' ? unobservedWeight : 0,
    },
    settings.solver === 'cg'
      ? { kind: 'cg', steps: settings.cgSteps, start: joinRows(home, (end - start) * factors, kernel) }
      : { kind: 'cholesky' },
  )
  return factorLines(start, solved.vectors, factors, sumSubtrees(start / blockRanks, solved.blockSums))
}

/** Counting sort by row. Entries come in the order of the file, so within a row the columns ascend. */
function sortRows(parts: readonly RatingEntries[], start: number, end: number) {
  const offsets = new Int32Array(end - start + 1)
  for (const { rows } of parts) for (const row of rows) offsets[row - start + 1]!++
  for (let row = 0; row < end - start; row++) offsets[row + 1]! += offsets[row]!
  const total = offsets[end - start]!
  const columns = new Int32Array(total)
  const counts = new Float64Array(total)
  const next = offsets.slice()
  for (const part of parts)
    for (let e = 0; e < part.rows.length; e++) {
      const at = next[part.rows[e]! - start]!++
      columns[at] = part.columns[e]!
      counts[at] = part.counts[e]!
    }
  return { offsets, columns, counts }
}

function joinRows(parts: readonly [number, VectorRows][], length: number, kernel: KernelVariant): FloatArray {
  const joined = createVectors(kernel, length)
  let at = 0
  for (const [, { vectors }] of parts) {
    joined.set(vectors, at)
    at += vectors.length
  }
  return joined
}
