/** What a barrier stage may look like: as in Spark, each of its steps has as many partitions as the stage has tasks. */

import { describeCallSite, type CallSite } from '../base/call-site.ts'
import { UsageError } from '../base/errors.ts'
import type { DatasetId, ShuffleId } from '../base/ids.ts'
import { narrowParentsOf, type LineageNode } from '../lineage/node.ts'
import { stageNodes, type Resolutions } from './split-stages.ts'

export interface BarrierCheck {
  /** The lineage of a job, parents first. */
  readonly order: readonly LineageNode[]
  readonly counts: ReadonlyMap<DatasetId, number>
  readonly resolutions: Resolutions
  /** The action, with the number of partitions that it reads. */
  readonly action?: { readonly site: CallSite; readonly partitions: number }
  /** How many tasks can run at once; undefined where nothing is to run. */
  readonly slots?: number
  readonly hasOutputs: (shuffle: ShuffleId) => boolean
}

/** @throws UsageError where a barrier stage of the job could never run, before anything of it does. */
export function checkBarriers({ order, counts, resolutions, action, slots, hasOutputs }: BarrierCheck): void {
  if (!order.some(({ kind }) => kind === 'barrier')) return
  const root = order.at(-1)!
  const ends = order.flatMap((node) =>
    node.kind === 'shuffle' && !hasOutputs(node.shuffleId) ? [{ end: node.parent, isResult: false }] : [],
  )
  for (const { end, isResult } of [...ends, { end: root, isResult: true }]) {
    const nodes = stageNodes(end, resolutions)
    const barrier = nodes.find(({ kind }) => kind === 'barrier')
    if (!barrier) continue
    const tasks = counts.get(end.id)!
    checkShape(nodes, tasks, counts, barrier)
    if (isResult && action && action.partitions < tasks)
      throw new UsageError(
        `${describeCallSite(action.site)} reads ${action.partitions} of ${tasks} partitions, but ${describeCallSite(barrier.site)} ` +
          'starts all tasks of its stage together: use an action that reads all of them, such as collect(), or checkpoint() the dataset first',
      )
    if (slots !== undefined && tasks > slots) throw tooFewSlots(describeCallSite(barrier.site), tasks, slots)
  }
}

/** `site` is the user's line of the barrier. */
export function tooFewSlots(site: string, tasks: number, slots: number): UsageError {
  return new UsageError(
    `${site} starts all ${tasks} tasks of its stage together, but there ${slots === 1 ? 'is 1 slot' : `are ${slots} slots`}: ` +
      `repartition(${Math.max(1, slots)}) before barrier(), or give the context more executors or slots`,
  )
}

function checkShape(
  nodes: readonly LineageNode[],
  tasks: number,
  counts: ReadonlyMap<DatasetId, number>,
  barrier: LineageNode,
): void {
  /** The barriers, and what reads them within the stage. */
  const bound = new Set<DatasetId>()
  for (const node of nodes) {
    const partitions = counts.get(node.id)!
    if (partitions !== tasks)
      throw new UsageError(
        `${describeCallSite(barrier.site)} starts all tasks of its stage together, and each must be one partition of every step in it, ` +
          `but ${describeCallSite(node.site)} has ${partitions} where the stage has ${tasks}: use repartition(), or checkpoint() one of the two first`,
      )
    const boundParents = narrowParentsOf(node).filter(({ id }) => bound.has(id))
    if (boundParents.length > 1)
      throw new UsageError(
        `${describeCallSite(node.site)} reads ${boundParents.length} barrier stages, whose tasks cannot be told apart in one: checkpoint() all but one of them first`,
      )
    if (boundParents.length > 0 || node.kind === 'barrier') bound.add(node.id)
  }
}
