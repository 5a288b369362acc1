/** Ranks are cut into fixed blocks of 1,024; a partition holds a contiguous run of whole blocks. */

export const blockRanks = 1024

export function blockCount(ranks: number): number {
  return Math.ceil(ranks / blockRanks)
}

/** First rank and end of the ranks that partition `partition` of `partitions` holds; empty where there are fewer blocks. */
export function ranksOf(partition: number, partitions: number, ranks: number): { start: number; end: number } {
  const blocks = blockCount(ranks)
  const start = Math.floor((blocks * partition) / partitions) * blockRanks
  const end = Math.floor((blocks * (partition + 1)) / partitions) * blockRanks
  return { start: Math.min(start, ranks), end: Math.min(end, ranks) }
}

/** For each rank's block the partition that holds it. */
export function partitionOfBlock(partitions: number, ranks: number): Int32Array {
  const owner = new Int32Array(Math.max(1, blockCount(ranks)))
  for (let partition = 0; partition < partitions; partition++) {
    const { start, end } = ranksOf(partition, partitions, ranks)
    owner.fill(partition, start / blockRanks, Math.ceil(end / blockRanks))
  }
  return owner
}

/** Sums per block in one binary tree whose shape depends on the number of blocks alone, so partitions cannot change a bit of it. */
export function treeSum(parts: readonly Float64Array[]): Float64Array {
  if (parts.length === 0) return new Float64Array(0)
  if (parts.length === 1) return parts[0]!
  let half = 1
  while (half * 2 < parts.length) half *= 2
  const left = treeSum(parts.slice(0, half))
  const right = treeSum(parts.slice(half))
  return left.map((value, i) => value + right[i]!)
}
