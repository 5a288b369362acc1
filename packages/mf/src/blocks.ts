/** Ranks are cut into fixed blocks of 1,024; a partition holds a contiguous run of whole blocks. */

import { blockRanks } from './kernels/engine.ts'

export { blockRanks }

/**
 * How many blocks of 1,024 so many ranks make.
 * @example
 * blockCount(1025) // 2
 */
export function blockCount(ranks: number): number {
  return Math.ceil(ranks / blockRanks)
}

/** A run of ranks. */
export interface RankRange {
  /** The first one. */
  readonly start: number
  /** The one behind the last. */
  readonly end: number
}

/**
 * The ranks that partition `partition` of `partitions` holds: whole blocks; none where there are fewer of them.
 * @example
 * ranksOf(1, 2, 3000) // { start: 1024, end: 3000 }
 */
export function ranksOf(partition: number, partitions: number, ranks: number): RankRange {
  const blocks = blockCount(ranks)
  const start = Math.floor((blocks * partition) / partitions) * blockRanks
  const end = Math.floor((blocks * (partition + 1)) / partitions) * blockRanks
  return { start: Math.min(start, ranks), end: Math.min(end, ranks) }
}

/**
 * For each block of ranks the partition that holds it.
 * @example
 * partitionOfBlock(2, 3000) // Int32Array.of(0, 1, 1)
 */
export function partitionOfBlock(partitions: number, ranks: number): Int32Array {
  const owner = new Int32Array(Math.max(1, blockCount(ranks)))
  for (let partition = 0; partition < partitions; partition++) {
    const { start, end } = ranksOf(partition, partitions, ranks)
    owner.fill(partition, start / blockRanks, Math.ceil(end / blockRanks))
  }
  return owner
}

/** Cuts ascending ranks into runs that lie in one partition each: `[partition, from, to]`. */
export function runsByPartition(ranks: Int32Array, owner: Int32Array): [partition: number, from: number, to: number][] {
  const runs: [number, number, number][] = []
  for (let from = 0; from < ranks.length;) {
    const partition = owner[Math.floor(ranks[from]! / blockRanks)]!
    let to = from + 1
    while (to < ranks.length && owner[Math.floor(ranks[to]! / blockRanks)] === partition) to++
    runs.push([partition, from, to])
    from = to
  }
  return runs
}
