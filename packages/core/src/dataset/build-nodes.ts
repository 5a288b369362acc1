/** Builds the nodes behind a Dataset's methods: one function per kind of step, without a job and without state. */

import { types } from 'node:util'
import { describeCallSite, type CallSite } from '../base/call-site.ts'
import { UsageError } from '../base/errors.ts'
import {
  partitionerOf,
  sameSpec,
  type Aggregator,
  type FunctionNode,
  type JoinKind,
  type LineageNode,
  type PartitionerSpec,
} from '../lineage/node.ts'
import { checkPartitioner, checkPartitions, hashPartitioner, type Partitioner } from '../lineage/partitioner.ts'
import type { JobRunner } from './job-runner.ts'

/** A number of partitions to hash keys into, or a partitioner; without it, the largest of the inputs'. */
export type Partitioning = number | Partitioner | undefined

/** What the functions behind Dataset's methods work on. */
export interface Handle {
  readonly node: LineageNode
  readonly runner: JobRunner
}

export function baseOf(runner: JobRunner, site: CallSite) {
  return { id: runner.nextDatasetId(), site }
}

/** A handle to a node that no Dataset shows: a step inside an operation. */
export function inner(runner: JobRunner, node: LineageNode): Handle {
  runner.created(Object.freeze(node))
  return { node, runner }
}

export function functionNode(
  { node, runner }: Handle,
  kind: FunctionNode['kind'],
  fn: Function,
  site: CallSite,
  options: { readonly preservesPartitioning?: boolean; readonly indexed?: boolean } = {},
): FunctionNode {
  return {
    ...baseOf(runner, site),
    kind,
    parent: node,
    closure: runner.capture(fn, site),
    generates: types.isGeneratorFunction(fn),
    preservesPartitioning: options.preservesPartitioning ?? false,
    indexed: options.indexed ?? false,
  }
}

export function projectionNode(
  { node, runner }: Handle,
  kind: 'keys' | 'values' | 'asKeys' | 'ones' | 'glom',
  site: CallSite,
): LineageNode {
  return { ...baseOf(runner, site), kind, parent: node }
}

export function specOf(
  runner: JobRunner,
  partitioning: Partitioning,
  nodes: readonly LineageNode[],
  site: CallSite,
): PartitionerSpec {
  if (typeof partitioning === 'number') return hashPartitioner(checkPartitions(partitioning, describeCallSite(site)))
  if (partitioning !== undefined) return checkPartitioner(partitioning, describeCallSite(site))
  let largest: PartitionerSpec | undefined
  for (const node of nodes) {
    const spec = partitionerOf(node)
    if (spec && spec.partitions > (largest?.partitions ?? 0)) largest = spec
  }
  return largest ?? hashPartitioner(runner.defaultPartitions)
}

export function shuffleNode(
  { node, runner }: Handle,
  partitioner: PartitionerSpec,
  site: CallSite,
  how: { aggregator?: Aggregator; sort?: 'ascending' | 'descending'; forCogroup?: true } = {},
): LineageNode {
  return {
    ...baseOf(runner, site),
    kind: 'shuffle',
    shuffleId: runner.nextShuffleId(),
    parent: node,
    partitioner,
    ...how,
  }
}

/** Merges values by key: in place where equal keys lie together already, else through a shuffle. */
export function aggregateNode(
  handle: Handle,
  aggregator: Aggregator,
  partitioning: Partitioning,
  site: CallSite,
): LineageNode {
  const { node, runner } = handle
  const spec = specOf(runner, partitioning, [node], site)
  if (sameSpec(partitionerOf(node), spec))
    return { ...baseOf(runner, site), kind: 'aggregate', parent: node, aggregator }
  return shuffleNode(handle, spec, site, { aggregator })
}

/** Sides that do not lie by the partitioner already are shuffled. */
export function cogroupNode(
  sides: readonly Handle[],
  partitioning: Partitioning,
  site: CallSite,
  join?: JoinKind,
): LineageNode {
  const { runner } = sides[0]!
  const spec = specOf(
    runner,
    partitioning,
    sides.map(({ node }) => node),
    site,
  )
  const parents = sides.map((side) =>
    sameSpec(partitionerOf(side.node), spec)
      ? side.node
      : inner(runner, shuffleNode(side, spec, site, { forCogroup: true })).node,
  )
  return { ...baseOf(runner, site), kind: 'cogroup', parents, ...(join ? { join } : {}) }
}

/** How a sort goes. */
export interface SortOptions {
  /** Smallest first, as by default, or largest first. */
  readonly ascending?: boolean
  /** How many ranges the keys are cut into, by default as for other shuffles. */
  readonly partitions?: number
}

export function sortNode(handle: Handle, { ascending = true, partitions }: SortOptions, site: CallSite): LineageNode {
  const count = partitions ?? specOf(handle.runner, undefined, [handle.node], site).partitions
  checkPartitions(count, `${site.operation}()`)
  const spec = Object.freeze({ kind: 'sampled-range', partitions: count, ascending } as const)
  return shuffleNode(handle, spec, site, { sort: ascending ? 'ascending' : 'descending' })
}

/** Partitions one after the other, or, where all lie by one partitioner, those of equal number together. */
export function unionNode(runner: JobRunner, parents: readonly LineageNode[], site: CallSite): LineageNode {
  const spec = partitionerOf(parents[0]!)
  const aligned = parents.every((parent) => sameSpec(partitionerOf(parent), spec))
  return { ...baseOf(runner, site), kind: 'union', parents, aligned }
}

/** Each distinct row once, as `[row, null]`. */
export function distinctNode(handle: Handle, partitioning: Partitioning, site: CallSite): LineageNode {
  const keyed = inner(handle.runner, projectionNode(handle, 'asKeys', site))
  return aggregateNode(keyed, { kind: 'first' }, partitioning, site)
}

/** Rows of one side that the other has too (`both`, each once) or has not (`without`), compared by value. */
export function setNode(
  left: Handle,
  right: Handle,
  join: 'both' | 'without',
  partitioning: Partitioning,
  site: CallSite,
): LineageNode {
  const sides = [left, right].map((side) => inner(side.runner, projectionNode(side, 'asKeys', site)))
  const met = inner(left.runner, cogroupNode(sides, partitioning, site, join))
  return projectionNode(met, 'keys', site)
}

/** Rows in turn to all partitions, so that their lengths become even whatever they were. */
export function repartitionNode(handle: Handle, partitions: number, site: CallSite): LineageNode {
  const { runner, node } = handle
  checkPartitions(partitions, describeCallSite(site))
  const spread = inner(runner, {
    ...baseOf(runner, site),
    kind: 'number',
    parent: node,
    by: 'spread',
    targets: partitions,
  })
  const spec = Object.freeze({ kind: 'index', partitions } as const)
  return projectionNode(inner(runner, shuffleNode(spread, spec, site)), 'values', site)
}

/** How a command is run. */
export interface PipeOptions {
  /** Variables beside those of the executor. */
  readonly env?: Readonly<Record<string, string>>
  /** The folder that it runs in, by default the executor's. */
  readonly cwd?: string
  /** Ends the command after so many milliseconds; the task fails then. A running command cannot be cancelled otherwise. */
  readonly timeoutMs?: number
}

export function pipeNode(
  { node, runner }: Handle,
  command: string | readonly string[],
  { env = {}, cwd, timeoutMs }: PipeOptions,
  site: CallSite,
): LineageNode {
  if (command.length === 0 || (typeof command !== 'string' && !command.every((part) => typeof part === 'string')))
    throw new UsageError(
      `${describeCallSite(site)} needs a command: a line for the shell, or a program with its arguments`,
    )
  const options = { ...(cwd === undefined ? {} : { cwd }), ...(timeoutMs === undefined ? {} : { timeoutMs }) }
  return { ...baseOf(runner, site), kind: 'pipe', parent: node, command, env, ...options }
}

export function mapAsyncNode({ node, runner }: Handle, fn: Function, concurrency: number, site: CallSite): LineageNode {
  if (!Number.isInteger(concurrency) || concurrency < 1)
    throw new UsageError(
      `${describeCallSite(site)} needs a whole number as concurrency >= 1, got ${String(concurrency)}`,
    )
  return { ...baseOf(runner, site), kind: 'mapAsync', parent: node, closure: runner.capture(fn, site), concurrency }
}

export function checkCount(count: number, what: string): void {
  if (!Number.isInteger(count) || count < 0)
    throw new UsageError(`${what} needs a whole number of rows >= 0, got ${String(count)}`)
}
