/** A plan as text: stages, how their rows are partitioned, why each shuffle exists and what need not run again. */

import { describeCallSite } from '../base/call-site.ts'
import type { DatasetId, ShuffleId } from '../base/ids.ts'
import { parentsOf, partitionerOf, topologicalOrder, type LineageNode } from '../lineage/node.ts'
import { describePartitioner } from '../lineage/partitioner.ts'
import { partitionCounts, stageNodes, type Resolutions } from './split-stages.ts'

/** What executors hold of earlier jobs. */
export interface HeldBlocks {
  hasOutputs(shuffle: ShuffleId): boolean
  isCached(dataset: DatasetId, partition: number): boolean
}

export function explainStages(root: LineageNode, resolutions: Resolutions, held: HeldBlocks): string {
  const order = topologicalOrder(root)
  const counts = partitionCounts(order, resolutions)
  const shuffles = order.filter((node) => node.kind === 'shuffle')
  const isCached = (node: LineageNode) => {
    if (!resolutions.levels.has(node.id)) return false
    const count = counts.get(node.id)!
    for (let partition = 0; partition < count; partition++) if (!held.isCached(node.id, partition)) return false
    return true
  }
  const needed = neededShuffles(root, held, isCached)
  const lines: string[] = []
  const describe = (node: LineageNode) => {
    const name = resolutions.names.get(node.id)
    return `${name === undefined ? '' : `'${name}' `}${describeCallSite(node.site)}`
  }
  for (const [index, node] of [...shuffles, undefined].entries()) {
    const end = node ? node.parent : root
    const why = node
      ? `shuffle ${shuffles.indexOf(node) + 1} by ${describePartitioner(node.partitioner)}, for ${describeCallSite(node.site)}`
      : 'result'
    const skipped = node && !needed.has(node.shuffleId)
    const reason = node && held.hasOutputs(node.shuffleId) ? 'its output is held' : 'what needs it is cached'
    const nodes = stageNodes(end, resolutions)
    const together = nodes.some(({ kind }) => kind === 'barrier') ? ', all at once' : ''
    lines.push(
      `stage ${index + 1}: ${counted(counts.get(end.id)!)}${together} -> ${why}${skipped ? ` [skipped: ${reason}]` : ''}`,
    )
    for (const at of nodes) {
      const kept = resolutions.levels.get(at.id)
      const notes = [
        ...(at.kind === 'shuffle' ? [`reads shuffle ${shuffles.indexOf(at) + 1}`] : []),
        ...(partitionerOf(at) ? [`by ${describePartitioner(partitionerOf(at)!)}`] : []),
        ...(at.site.operation === 'checkpoint'
          ? [at.kind === 'files' ? `in ${at.pattern}` : 'held by the driver']
          : []),
        ...(kept
          ? [
              `kept: ${kept.level}${kept.replicas > 1 ? ` on ${kept.replicas} executors` : ''}${isCached(at) ? ', held' : ''}`,
            ]
          : []),
      ]
      lines.push(`  ${describe(at)}${notes.length > 0 ? ` [${notes.join('; ')}]` : ''}`)
    }
  }
  return lines.join('\n')
}

const counted = (partitions: number) => `${partitions} partition${partitions === 1 ? '' : 's'}`

/** The shuffles that a job must still write: those that it reaches past nothing cached and nothing written. */
function neededShuffles(root: LineageNode, held: HeldBlocks, isCached: (node: LineageNode) => boolean): Set<ShuffleId> {
  const needed = new Set<ShuffleId>()
  const seen = new Set<DatasetId>()
  const todo = [root]
  while (todo.length > 0) {
    const node = todo.pop()!
    if (seen.has(node.id) || isCached(node)) continue
    seen.add(node.id)
    if (node.kind === 'shuffle') {
      if (held.hasOutputs(node.shuffleId)) continue
      needed.add(node.shuffleId)
    }
    for (const parent of parentsOf(node)) todo.push(parent)
  }
  return needed
}
