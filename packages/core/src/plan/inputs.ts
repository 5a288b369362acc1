/** Which blocks a task needs: walks the pipeline of one partition down to shuffles, slices and cached partitions. */

import type { DatasetId, ShuffleId } from '../base/ids.ts'
import type { StagePlan } from '../protocol/stage-plan.ts'

export interface NeededInputs {
  readonly shuffles: readonly { readonly shuffleId: ShuffleId; readonly reduce: number }[]
  readonly cached: readonly { readonly datasetId: DatasetId; readonly partition: number }[]
  readonly rows: readonly { readonly datasetId: DatasetId; readonly partition: number }[]
}

/** Finds the parent and its partition behind partition `partition` of a union. */
export function unionParent(counts: readonly number[], partition: number): { parent: number; partition: number } {
  let rest = partition
  for (const [parent, count] of counts.entries()) {
    if (rest < count) return { parent, partition: rest }
    rest -= count
  }
  throw new RangeError(`partition ${partition} is outside the union`)
}

export function neededInputs(
  plan: StagePlan,
  partition: number,
  isCached: (dataset: DatasetId, partition: number) => boolean,
): NeededInputs {
  const shuffles: { shuffleId: ShuffleId; reduce: number }[] = []
  const cached: { datasetId: DatasetId; partition: number }[] = []
  const rows: { datasetId: DatasetId; partition: number }[] = []
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
    switch (node.kind) {
      case 'range':
      case 'text':
        break
      case 'rows':
        rows.push({ datasetId: node.datasetId, partition })
        break
      case 'shuffle':
        shuffles.push({ shuffleId: node.shuffleId, reduce: partition })
        break
      case 'union': {
        const found = unionParent(
          node.parents.map((parent) => plan.nodes[parent]!.partitions),
          partition,
        )
        todo.push({ index: node.parents[found.parent]!, partition: found.partition })
        break
      }
      case 'zipPartitions':
      case 'cogroup':
        for (const parent of node.parents) todo.push({ index: parent, partition })
        break
      default:
        todo.push({ index: node.parent, partition })
    }
  }
  return { shuffles, cached, rows }
}
