/**
 * Sums over blocks in one binary tree of aligned powers of two, so that partitions cannot change a bit of the total:
 * a partition sends the sums of the largest whole subtrees that it has, at most two per level.
 */

/** The sum of an aligned run of blocks. */
export interface Subtree {
  /** It covers 2^level blocks. */
  readonly level: number
  /** The subtree covers blocks index * 2^level up to (index + 1) * 2^level. */
  readonly index: number
  /** Of those blocks, number by number. */
  readonly sum: Float64Array
}

/**
 * The whole subtrees of a run of blocks, the first of which is number `first`.
 * @example
 * sumSubtrees(1, [Float64Array.of(1), Float64Array.of(2)]).map(({ level, index }) => [level, index]) // [[0, 1], [0, 2]]
 */
export function sumSubtrees(first: number, blocks: readonly Float64Array[]): Subtree[] {
  return mergeSiblings(blocks.map((sum, i) => ({ level: 0, index: first + i, sum })))
}

/**
 * The total of all blocks, from the subtrees of all runs in order: the same bits however blocks were cut into runs.
 * Undefined where there is none.
 * @example
 * const blocks = [1, 2, 3].map((n) => Float64Array.of(n))
 * joinSubtrees([...sumSubtrees(0, blocks.slice(0, 1)), ...sumSubtrees(1, blocks.slice(1))]) // Float64Array.of(6)
 */
export function joinSubtrees(subtrees: readonly Subtree[]): Float64Array | undefined {
  const rest = mergeSiblings(subtrees)
  let total = rest.pop()?.sum
  // What is left is a falling run of levels: the tree's right edge, where a missing sibling adds nothing.
  while (total && rest.length > 0) total = add(rest.pop()!.sum, total)
  return total
}

function mergeSiblings(subtrees: readonly Subtree[]): Subtree[] {
  const merged: Subtree[] = []
  for (const subtree of subtrees) {
    let right = subtree
    for (
      let left = merged.at(-1);
      left?.level === right.level && right.index === left.index + 1 && left.index % 2 === 0;
      left = merged.at(-1)
    ) {
      merged.pop()
      right = { level: left.level + 1, index: left.index / 2, sum: add(left.sum, right.sum) }
    }
    merged.push(right)
  }
  return merged
}

function add(left: Float64Array, right: Float64Array): Float64Array {
  return left.map((value, i) => value + right[i]!)
}
