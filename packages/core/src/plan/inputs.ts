/** Which blocks a task needs: walks the pipeline of one partition down to shuffles, slices and cached partitions. */

import type { DatasetId, ShuffleId } from '../base/ids.ts'
import type { PlanNode, StagePlan } from '../protocol/stage-plan.ts'

export interface NeededInputs {
  readonly shuffles: readonly { readonly shuffleId: ShuffleId; readonly reduce: number }[]
  readonly cached: readonly { readonly datasetId: DatasetId; readonly partition: number }[]
  readonly rows: readonly { readonly datasetId: DatasetId; readonly partition: number }[]
  /** Where its sources would rather be read: hosts or executors. */
  readonly locations: readonly (readonly string[])[]
  /** Steps that must be awaited before the rest of the task can run, those that others read first. */
  readonly awaited: readonly { readonly index: number; readonly partition: number }[]
}

type NodeOf<Kind extends PlanNode['kind']> = Extract<PlanNode, { kind: Kind }>

/** The parent and its partition behind partition `partition` of a union that puts partitions one after the other. */
function unionParent(node: NodeOf<'union'>, partition: number): { index: number; partition: number } {
  let low = 0
  let high = node.parents.length - 1
  while (low < high) {
    const middle = (low + high + 1) >>> 1
    if (node.starts[middle]! <= partition) low = middle
    else high = middle - 1
  }
  return { index: node.parents[low]!, partition: partition - node.starts[low]! }
}

/** Which partitions of which nodes partition `partition` of a node reads, in order. */
export function readsOf(node: PlanNode, partition: number): { index: number; partition: number }[] {
  switch (node.kind) {
    case 'rows':
    case 'range':
    case 'files':
    case 'source':
    case 'kept':
    case 'shuffle':
      return []
    case 'union':
      if (node.aligned) return node.parents.map((index) => ({ index, partition }))
      return [unionParent(node, partition)]
    case 'zip':
    case 'zipPartitions':
    case 'cogroup':
      return node.parents.map((index) => ({ index, partition }))
    case 'cartesian':
      return [
        { index: node.parents[0]!, partition: Math.floor(partition / node.rightPartitions) },
        { index: node.parents[1]!, partition: partition % node.rightPartitions },
      ]
    case 'coalesce': {
      const from = node.starts[partition]!
      return Array.from({ length: node.starts[partition + 1]! - from }, (_, i) => ({
        index: node.parent,
        partition: from + i,
      }))
    }
    case 'filterByRange':
      return partition >= node.from && partition < node.to ? [{ index: node.parent, partition }] : []
    default:
      return [{ index: node.parent, partition }]
  }
}

/** Whether a node's rows, or the objects that they lie in, come by promises, before the rest of the task. */
export function isAwaited(node: PlanNode): boolean {
  if (node.kind !== 'files') return node.kind === 'mapAsync' || node.kind === 'barrier'
  return node.format.kind === 'parquet' || node.splits.some(([first]) => first?.version !== undefined)
}

export function neededInputs(
  plan: StagePlan,
  partition: number,
  isCached: (dataset: DatasetId, partition: number) => boolean,
): NeededInputs {
  const shuffles: { shuffleId: ShuffleId; reduce: number }[] = []
  const cached: { datasetId: DatasetId; partition: number }[] = []
  const rows: { datasetId: DatasetId; partition: number }[] = []
  const awaited: { index: number; partition: number }[] = []
  const locations: (readonly string[])[] = []
  const seen = new Set<string>()
  const todo: { index: number; partition: number }[] = [{ index: plan.nodes.length - 1, partition }]
  while (todo.length > 0) {
    const { index, partition } = todo.pop()!
    const key = `${index}:${partition}`
    if (seen.has(key)) continue
    seen.add(key)
    const node = plan.nodes[index]!
    if (node.persist && isCached(node.datasetId, partition)) {
      cached.push({ datasetId: node.datasetId, partition })
      continue
    }
    if (node.kind === 'rows') rows.push({ datasetId: node.datasetId, partition })
    else if (node.kind === 'shuffle') shuffles.push({ shuffleId: node.shuffleId, reduce: partition })
    else todo.push(...readsOf(node, partition))
    if (isAwaited(node)) awaited.push({ index, partition })
    if ('locations' in node) locations.push(node.locations![partition]!)
  }
  awaited.sort((a, b) => a.index - b.index)
  return { shuffles, cached, rows, locations, awaited }
}
