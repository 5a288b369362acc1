/**
 * Where the rows of a stage's partition may be made by several tasks, one after the other in their order: at a shuffle
 * or at what meets several, with nothing behind it but steps that look at one row and an output that pieces add up to.
 */

import type { ShuffleId } from '../base/ids.ts'
import { rowWiseKinds, type PlanNode, type StageOutput, type StagePlan } from '../protocol/stage-plan.ts'

/** The shuffles whose rows meet there; undefined where a partition must be one task's. */
export function splitShuffles(plan: StagePlan): readonly ShuffleId[] | undefined {
  if (!addsUp(plan.output)) return undefined
  for (let node = plan.nodes.at(-1)!; isRowWise(node); node = plan.nodes[node.parent]!)
    if (node.persist || !isPure(node)) return undefined
  const node = splitNode(plan)
  if (node.persist) return undefined
  if (node.kind === 'cogroup') return cogroupedShuffles(node, plan.nodes)
  if (node.kind !== 'shuffle' || node.sort) return undefined
  if (!node.aggregator) return [node.shuffleId]
  return isPure(node.aggregator) ? [node.shuffleId] : undefined
}

function splitNode({ nodes }: StagePlan): PlanNode {
  let node = nodes.at(-1)!
  while (isRowWise(node)) node = nodes[node.parent]!
  return node
}

/** Whether rows of one key may go to several pieces; where they are a group, a hot key stays in one. */
export function cutsWithinKeys(plan: StagePlan): boolean {
  const node = splitNode(plan)
  return node.kind === 'cogroup' ? node.join !== undefined : node.kind === 'shuffle' && !node.aggregator
}

/** The shuffles that a cogroup reads bucket by bucket; undefined where its sides are not all cut into the same buckets. */
export function cogroupedShuffles(
  { parents }: Extract<PlanNode, { kind: 'cogroup' }>,
  nodes: readonly PlanNode[],
): readonly ShuffleId[] | undefined {
  // Rows that are merged, sorted or kept are not those that the map side wrote.
  const shuffles = parents
    .map((parent) => nodes[parent]!)
    .filter((node) => node.kind === 'shuffle')
    .filter(({ aggregator, sort, persist }) => !aggregator && !sort && !persist)
  const isSplitAlike = shuffles.every(({ perReducer }) => perReducer === shuffles[0]!.perReducer)
  return shuffles.length === parents.length && isSplitAlike ? shuffles.map(({ shuffleId }) => shuffleId) : undefined
}

const splitKinds = [...rowWiseKinds, 'generate'] as const
type SplitNode = Extract<PlanNode, { kind: (typeof splitKinds)[number] }>

function isRowWise(node: PlanNode): node is SplitNode {
  return (splitKinds as readonly string[]).includes(node.kind)
}

function addsUp(output: StageOutput): boolean {
  switch (output.kind) {
    case 'collect':
    case 'lookup':
    case 'count':
      return true
    case 'foreach':
      return isPure(output)
    case 'shuffle':
      // What a function merges on the map side may depend on how rows are put together: (a + b) + c is not a + (b + c).
      return isPure(output.partitioner) && ['group', 'first', 'sum', undefined].includes(output.aggregator?.kind)
    default:
      return false
  }
}

interface Capturing {
  readonly perTask: boolean
  readonly references: readonly { readonly kind: string }[]
}

/** Functions of its own keep nothing from row to row, and add nothing up. */
function isPure(holder: object): boolean {
  return (Object.values(holder) as (Partial<Capturing> | undefined)[]).every(
    (part) => !part?.references || (!part.perTask && part.references.every(({ kind }) => kind !== 'accumulator')),
  )
}
