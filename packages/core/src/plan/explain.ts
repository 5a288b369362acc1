/** A plan as text: stages, their partitions and why each shuffle exists. */

import { describeCallSite } from '../base/call-site.ts'
import { narrowParentsOf, topologicalOrder, type LineageNode } from '../lineage/node.ts'
import { partitionCount, type Resolutions } from './split-stages.ts'

export function explainStages(root: LineageNode, resolutions: Resolutions): string {
  const shuffles = topologicalOrder(root).filter((node) => node.kind === 'shuffle')
  const lines: string[] = []
  for (const [index, node] of [...shuffles, undefined].entries()) {
    const end = node ? node.parent : root
    const why = node
      ? `shuffle by ${node.partitioner.kind} into ${node.partitioner.partitions}, for ${describeCallSite(node.site)}`
      : 'result'
    const done = node && resolutions.mapStages.has(node.shuffleId) ? ' (planned before: outputs are reused)' : ''
    lines.push(`stage ${index + 1}: ${partitionCount(end, resolutions)} partitions -> ${why}${done}`)
    for (const at of topologicalOrder(end, narrowParentsOf)) {
      const level = resolutions.levels.get(at.id)
      lines.push(
        `  ${describeCallSite(at.site)}${at.kind === 'shuffle' ? ' reads the shuffle' : ''}${level ? ` [kept: ${level}]` : ''}`,
      )
    }
  }
  return lines.join('\n')
}
