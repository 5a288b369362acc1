/** Lineage -> stages, cut at shuffles. What depends on data (text splits, sort bounds) comes resolved. */

import { describeCallSite } from '../base/call-site.ts'
import { InternalError } from '../base/errors.ts'
import type { DatasetId, ShuffleId, StageId } from '../base/ids.ts'
import type { StorageLevel } from '../base/storage-level.ts'
import { narrowParentsOf, parentsOf, topologicalOrder, type LineageNode, type ShuffleNode } from '../lineage/node.ts'
import type { Partitioner } from '../lineage/partitioner.ts'
import type { PlanNode, StageOutput, StagePlan, TextSplit } from '../protocol/stage-plan.ts'

/** What the driver has found out, kept for the life of the context. */
export interface Resolutions {
  readonly splits: Map<DatasetId, readonly (readonly TextSplit[])[]>
  readonly bounds: Map<ShuffleId, Partitioner>
  readonly levels: Map<DatasetId, StorageLevel>
  /** Map stages by shuffle: a shuffle is planned once, so that its outputs are found again by later jobs. */
  readonly mapStages: Map<ShuffleId, StagePlan>
}

export interface PlanOptions {
  readonly nextStageId: () => StageId
  readonly shuffleStorage: 'memory' | 'disk'
}

export function partitionCount(node: LineageNode, resolutions: Resolutions): number {
  return partitionCounts(topologicalOrder(node), resolutions).get(node.id)!
}

/** Of every node of a lineage, in one walk; `order` has parents before children. */
export function partitionCounts(order: readonly LineageNode[], resolutions: Resolutions): Map<DatasetId, number> {
  const counts = new Map<DatasetId, number>()
  for (const node of order) counts.set(node.id, countFrom(node, counts, resolutions))
  return counts
}

function countFrom(node: LineageNode, counts: Map<DatasetId, number>, resolutions: Resolutions): number {
  switch (node.kind) {
    case 'rows':
      return node.slices.length
    case 'range':
      return node.partitions
    case 'text':
      return resolutions.splits.get(node.id)!.length
    case 'shuffle':
      return node.partitioner.partitions
    case 'union':
      return node.parents.reduce((sum, parent) => sum + counts.get(parent.id)!, 0)
    default:
      return counts.get(parentsOf(node)[0]!.id)!
  }
}

function resolvePartitioner(node: ShuffleNode, resolutions: Resolutions): Partitioner {
  if (node.partitioner.kind !== 'sampled-range') return node.partitioner
  const found = resolutions.bounds.get(node.shuffleId)
  if (!found) throw new InternalError(`${describeCallSite(node.site)}: sort bounds were not sampled before planning`)
  return found
}

/** The stages of a job, parents first, the result stage last. */
export function splitStages(
  root: LineageNode,
  output: StageOutput,
  resolutions: Resolutions,
  options: PlanOptions,
): StagePlan[] {
  const order = topologicalOrder(root)
  const counts = partitionCounts(order, resolutions)
  const stages: StagePlan[] = []
  for (const node of order) {
    if (node.kind !== 'shuffle') continue
    let plan = resolutions.mapStages.get(node.shuffleId)
    if (!plan) {
      const shuffleOutput: StageOutput = {
        kind: 'shuffle',
        shuffleId: node.shuffleId,
        partitioner: resolvePartitioner(node, resolutions),
        ...(node.aggregator ? { aggregator: node.aggregator } : {}),
        storage: options.shuffleStorage,
      }
      plan = stageOf(node.parent, shuffleOutput, counts, resolutions, options.nextStageId())
      resolutions.mapStages.set(node.shuffleId, plan)
    }
    stages.push(plan)
  }
  stages.push(stageOf(root, output, counts, resolutions, options.nextStageId()))
  return stages
}

function stageOf(
  root: LineageNode,
  output: StageOutput,
  counts: Map<DatasetId, number>,
  resolutions: Resolutions,
  id: StageId,
): StagePlan {
  const nodes: PlanNode[] = []
  const indexOf = new Map<DatasetId, number>()
  for (const node of topologicalOrder(root, narrowParentsOf)) {
    const level = resolutions.levels.get(node.id)
    const base = {
      datasetId: node.id,
      partitions: counts.get(node.id)!,
      site: describeCallSite(node.site),
      ...(level ? { persist: level } : {}),
    }
    indexOf.set(node.id, nodes.length)
    nodes.push(planNode(node, base, (parent) => indexOf.get(parent.id)!, resolutions))
  }
  return { id, nodes, output, partitions: counts.get(root.id)!, broadcasts: broadcastsOf(nodes, output) }
}

type PlanBase = Pick<PlanNode, 'datasetId' | 'partitions' | 'site' | 'persist'>

function planNode(
  node: LineageNode,
  base: PlanBase,
  indexOf: (node: LineageNode) => number,
  resolutions: Resolutions,
): PlanNode {
  switch (node.kind) {
    case 'rows':
      return { ...base, kind: 'rows' }
    case 'range':
      return { ...base, kind: 'range', start: node.start, end: node.end, step: node.step }
    case 'text':
      return { ...base, kind: 'text', splits: resolutions.splits.get(node.id)! }
    case 'keys':
    case 'values':
    case 'asKeys':
    case 'ones':
      return { ...base, kind: node.kind, parent: indexOf(node.parent) }
    case 'aggregate':
      return { ...base, kind: 'aggregate', parent: indexOf(node.parent), aggregator: node.aggregator }
    case 'union':
      return { ...base, kind: 'union', parents: node.parents.map(indexOf) }
    case 'zipPartitions':
      return { ...base, kind: 'zipPartitions', parents: node.parents.map(indexOf), closure: node.closure }
    case 'cogroup':
      return { ...base, kind: 'cogroup', parents: node.parents.map(indexOf), ...(node.join ? { join: node.join } : {}) }
    case 'shuffle':
      return {
        ...base,
        kind: 'shuffle',
        shuffleId: node.shuffleId,
        ...(node.aggregator ? { aggregator: node.aggregator } : {}),
        ...(node.sort ? { sort: node.sort } : {}),
      }
    default:
      return { ...base, kind: node.kind, parent: indexOf(node.parent), closure: node.closure, indexed: node.indexed }
  }
}

function broadcastsOf(nodes: readonly PlanNode[], output: StageOutput): number[] {
  const found = new Set<number>()
  const look = (value: unknown) => {
    for (const part of Object.values((value ?? {}) as object)) {
      const references = (part as { references?: readonly { kind: string; id: number }[] } | undefined)?.references
      for (const { kind, id } of references ?? []) if (kind === 'broadcast') found.add(id)
    }
  }
  for (const node of nodes) {
    look(node)
    if ('aggregator' in node) look(node.aggregator)
  }
  look(output)
  if ('aggregator' in output) look(output.aggregator)
  return [...found]
}
