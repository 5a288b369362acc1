/** Lineage -> stages, cut at shuffles. What depends on data (splits of files, sort bounds) comes resolved. */

import { describeCallSite, type CallSite } from '../base/call-site.ts'
import { InternalError } from '../base/errors.ts'
import type { FileSplit } from '../base/file-split.ts'
import type { DatasetId, ShuffleId, StageId } from '../base/ids.ts'
import type { Persistence } from '../base/storage-level.ts'
import {
  narrowParentsOf,
  parentsOf,
  partitionerOf,
  topologicalOrder,
  type FilesNode,
  type LineageNode,
  type SampleNode,
  type ShuffleNode,
  type PartitionerSpec,
  type SampledRange,
  type UnionNode,
} from '../lineage/node.ts'
import { rangeOfPartitions, type Partitioner, type RangePartitioner } from '../lineage/partitioner.ts'
import type { PlanNode, PlanSampler, StageOutput, StagePlan } from '../protocol/stage-plan.ts'
import { emptyPartitions } from './empty-partitions.ts'

/** What the driver has found out, kept for the life of the context. */
export interface Resolutions {
  /** By node, since a checkpoint has the id of the dataset that it takes the place of. */
  readonly splits: WeakMap<FilesNode, readonly (readonly FileSplit[])[]>
  readonly bounds: WeakMap<SampledRange, RangePartitioner>
  /** For `zipWithIndex`: how many rows lie before each partition. */
  readonly offsets: Map<DatasetId, readonly number[]>
  /** For `sampleByKeyExact`: how many rows of each key are taken from each partition. */
  readonly allotted: Map<DatasetId, readonly Uint8Array[]>
  readonly levels: Map<DatasetId, Persistence>
  /** What users call their datasets. */
  readonly names: Map<DatasetId, string>
  /** Map stages by shuffle: a shuffle is planned once, so that its outputs are found again by later jobs. */
  readonly mapStages: Map<ShuffleId, StagePlan>
}

export interface PlanOptions {
  readonly nextStageId: () => StageId
  readonly shuffleStorage: 'memory' | 'disk'
  /** Of the action. */
  readonly site: CallSite
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
    case 'source':
    case 'stream':
    case 'kept':
      return node.partitions
    case 'files':
      return resolutions.splits.get(node)!.length
    case 'shuffle':
      return node.partitioner.partitions
    case 'coalesce':
      return Math.min(node.partitions, counts.get(node.parent.id)!)
    case 'union':
      if (node.aligned) return counts.get(node.parents[0]!.id)!
      return node.parents.reduce((sum, parent) => sum + counts.get(parent.id)!, 0)
    case 'cartesian':
      return node.parents.reduce((product, parent) => product * counts.get(parent.id)!, 1)
    default:
      return counts.get(parentsOf(node)[0]!.id)!
  }
}

/** The partitioner behind a specification, once its bounds have been sampled. */
export function resolvePartitioner(
  spec: PartitionerSpec | undefined,
  resolutions: Resolutions,
): Partitioner | undefined {
  return spec?.kind === 'sampled-range' ? resolutions.bounds.get(spec) : spec
}

/** The parents of a union with those of the unions among them, so that a chain of unions is one step. */
function flatParents(union: UnionNode, resolutions: Resolutions): LineageNode[] {
  const flat: LineageNode[] = []
  const todo: LineageNode[] = [...union.parents].reverse()
  while (todo.length > 0) {
    const node = todo.pop()!
    if (node.kind !== 'union' || node.aligned !== union.aligned || resolutions.levels.has(node.id)) flat.push(node)
    else for (let i = node.parents.length - 1; i >= 0; i--) todo.push(node.parents[i]!)
  }
  return flat
}

/** The nodes of the stage that ends in `root`, parents first. */
export function stageNodes(root: LineageNode, resolutions: Resolutions): LineageNode[] {
  return topologicalOrder(root, (node) => stageParentsOf(node, resolutions))
}

function stageParentsOf(node: LineageNode, resolutions: Resolutions): readonly LineageNode[] {
  return node.kind === 'union' ? flatParents(node, resolutions) : narrowParentsOf(node)
}

/** Of all partitions together, at least: with so many, the tables of one hold 64k keys where there are 16M. */
const minBuckets = 256

/** A constant of the plan, since the order of grouped rows rests on it; other shuffles keep the order of maps. */
function bucketsPerReducer({ partitioner, aggregator, forCogroup }: ShuffleNode): number {
  if (partitioner.kind !== 'hash' || (!aggregator && !forCogroup)) return 1
  return 2 ** Math.max(0, Math.ceil(Math.log2(minBuckets / partitioner.partitions)))
}

/** The stage that ends in `root`, for questions about its tasks; what depends on data may not be known yet. */
export function lastStage(root: LineageNode, resolutions: Resolutions): StagePlan {
  const counts = partitionCounts(topologicalOrder(root), resolutions)
  return stageOf(root, { kind: 'count' }, root.site, counts, resolutions, 0 as StageId)
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
      const partitioner = resolvePartitioner(node.partitioner, resolutions)
      if (!partitioner)
        throw new InternalError(`${describeCallSite(node.site)}: sort bounds were not sampled before planning`)
      const shuffleOutput: StageOutput = {
        kind: 'shuffle',
        shuffleId: node.shuffleId,
        partitioner,
        perReducer: bucketsPerReducer(node),
        ...(node.aggregator ? { aggregator: node.aggregator } : {}),
        ...(node.forCogroup ? { forCogroup: true } : {}),
        storage: options.shuffleStorage,
      }
      plan = stageOf(node.parent, shuffleOutput, node.site, counts, resolutions, options.nextStageId())
      resolutions.mapStages.set(node.shuffleId, plan)
    }
    stages.push(plan)
  }
  stages.push(stageOf(root, output, options.site, counts, resolutions, options.nextStageId()))
  return stages
}

function stageOf(
  root: LineageNode,
  output: StageOutput,
  site: CallSite,
  counts: Map<DatasetId, number>,
  resolutions: Resolutions,
  id: StageId,
): StagePlan {
  const nodes: PlanNode[] = []
  const indexOf = new Map<DatasetId, number>()
  for (const node of stageNodes(root, resolutions)) {
    const kept = resolutions.levels.get(node.id)
    const base = {
      datasetId: node.id,
      partitions: counts.get(node.id)!,
      site: describeCallSite(node.site),
      ...(kept ? { persist: kept.level } : {}),
      ...(kept && kept.replicas > 1 ? { replicas: kept.replicas } : {}),
    }
    indexOf.set(node.id, nodes.length)
    nodes.push(planNode(node, base, { indexOf: (parent) => indexOf.get(parent.id)!, counts, resolutions }))
  }
  const partitions = counts.get(root.id)!
  const barrier = nodes.find(({ kind }) => kind === 'barrier')?.site
  const empty = emptyPartitions(nodes)
  return {
    id,
    nodes,
    output,
    site: describeCallSite(site),
    partitions,
    broadcasts: broadcastsOf(nodes, output),
    ...(empty ? { empty } : {}),
    ...(barrier === undefined ? {} : { barrier }),
  }
}

type PlanBase = Pick<PlanNode, 'datasetId' | 'partitions' | 'site' | 'persist' | 'replicas'>

interface PlanScope {
  readonly indexOf: (node: LineageNode) => number
  readonly counts: Map<DatasetId, number>
  readonly resolutions: Resolutions
}

function planNode(node: LineageNode, base: PlanBase, { indexOf, counts, resolutions }: PlanScope): PlanNode {
  switch (node.kind) {
    case 'stream':
      return { ...base, kind: 'rows' }
    case 'rows':
      return { ...base, kind: 'rows', ...(node.locations ? { locations: node.locations } : {}) }
    case 'source': {
      const { closure, locations } = node
      return { ...base, kind: 'source', closure, ...(locations ? { locations } : {}) }
    }
    case 'range':
      return { ...base, kind: 'range', start: node.start, end: node.end, step: node.step }
    case 'files': {
      if (node.from === 'driver') return { ...base, kind: 'rows' }
      const { format, malformed } = node
      const splits = resolutions.splits.get(node)!
      return { ...base, kind: 'files', format, splits, ...(malformed === undefined ? {} : { malformed }) }
    }
    case 'keys':
    case 'values':
    case 'asKeys':
    case 'ones':
    case 'glom':
      return { ...base, kind: node.kind, parent: indexOf(node.parent) }
    case 'sample':
      return {
        ...base,
        kind: 'sample',
        parent: indexOf(node.parent),
        sampler: planSampler(node, resolutions),
        seed: node.seed,
      }
    case 'number': {
      const offsets = node.by === 'index' ? resolutions.offsets.get(node.id)! : []
      return { ...base, kind: 'number', parent: indexOf(node.parent), by: node.by, targets: node.targets, offsets }
    }
    case 'fold': {
      const zero = node.zero ? { zero: node.zero } : {}
      return { ...base, kind: 'fold', parent: indexOf(node.parent), closure: node.closure, ...zero }
    }
    case 'coalesce': {
      const from = counts.get(node.parent.id)!
      const starts = Array.from({ length: base.partitions + 1 }, (_, i) => Math.floor((i * from) / base.partitions))
      return { ...base, kind: 'coalesce', parent: indexOf(node.parent), starts }
    }
    case 'filterByRange': {
      const { low, high } = node
      const partitioner = resolvePartitioner(partitionerOf(node), resolutions)
      const [from, to] = rangeOfPartitions(partitioner, low, high) ?? [0, base.partitions]
      return { ...base, kind: 'filterByRange', parent: indexOf(node.parent), low, high, from, to }
    }
    case 'zip':
      return { ...base, kind: 'zip', parents: node.parents.map(indexOf) }
    case 'cartesian': {
      const rightPartitions = counts.get(node.parents[1]!.id)!
      return { ...base, kind: 'cartesian', parents: node.parents.map(indexOf), rightPartitions }
    }
    case 'aggregate':
      return { ...base, kind: 'aggregate', parent: indexOf(node.parent), aggregator: node.aggregator }
    case 'union': {
      const parents = flatParents(node, resolutions)
      let start = 0
      const starts = parents.map((parent) => {
        const at = start
        start += counts.get(parent.id)!
        return at
      })
      return { ...base, kind: 'union', parents: parents.map(indexOf), starts, aligned: node.aligned }
    }
    case 'zipPartitions':
      return { ...base, kind: 'zipPartitions', parents: node.parents.map(indexOf), closure: node.closure }
    case 'cogroup':
      return { ...base, kind: 'cogroup', parents: node.parents.map(indexOf), ...(node.join ? { join: node.join } : {}) }
    case 'shuffle':
      return {
        ...base,
        kind: 'shuffle',
        shuffleId: node.shuffleId,
        perReducer: bucketsPerReducer(node),
        ...(node.aggregator ? { aggregator: node.aggregator } : {}),
        ...(node.sort ? { sort: node.sort } : {}),
      }
    case 'kept':
      return { ...base, kind: 'kept' }
    case 'mapAsync': {
      const { closure, concurrency } = node
      return { ...base, kind: 'mapAsync', parent: indexOf(node.parent), closure, concurrency }
    }
    case 'pipe': {
      const { command, env, cwd, timeoutMs } = node
      const options = { ...(cwd === undefined ? {} : { cwd }), ...(timeoutMs === undefined ? {} : { timeoutMs }) }
      return { ...base, kind: 'pipe', parent: indexOf(node.parent), command, env, ...options }
    }
    case 'mapPartitions':
    case 'barrier': {
      const { kind, closure, indexed } = node
      return { ...base, kind, parent: indexOf(node.parent), closure, indexed }
    }
    case 'flatMap':
    case 'flatMapValues': {
      const { closure, generates } = node
      const keyed = node.kind === 'flatMapValues'
      if (generates) return { ...base, kind: 'generate', parent: indexOf(node.parent), closure, keyed }
      return { ...base, kind: node.kind, parent: indexOf(node.parent), closure }
    }
    default:
      return { ...base, kind: node.kind, parent: indexOf(node.parent), closure: node.closure }
  }
}

function planSampler({ id, sampler }: SampleNode, { allotted }: Resolutions): PlanSampler {
  if (sampler.kind !== 'exactByKey') return sampler
  return { kind: 'allotted', allotted: allotted.get(id) ?? [], replacement: sampler.replacement }
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
  if ('partitioner' in output) look(output.partitioner)
  return [...found]
}
