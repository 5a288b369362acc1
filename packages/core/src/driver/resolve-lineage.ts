/** Finds out what a lineage leaves to the data, once for the life of a context: splits, sort bounds, rows before a partition. */

import { describeCallSite, type CallSite } from '../base/call-site.ts'
import { UsageError } from '../base/errors.ts'
import { comparisonAt } from '../codec/order.ts'
import { decodeValue } from '../codec/value.ts'
import type { ShuffleId } from '../base/ids.ts'
import type { ActionOptions } from '../dataset/job-runner.ts'
import {
  topologicalOrder,
  type LineageNode,
  type StreamNode,
  type NumberNode,
  type SampledRange,
  type ShuffleNode,
} from '../lineage/node.ts'
import type { RangePartitioner } from '../lineage/partitioner.ts'
import { checkBarriers } from '../plan/check-barriers.ts'
import { partitionCounts, stageNodes, type Resolutions } from '../plan/split-stages.ts'
import type { Sink } from '../protocol/stage-plan.ts'
import { allotStrata } from './allot-strata.ts'
import { isListedAsync, listFiles, listFilesAsync } from './file-listing.ts'

export interface ResolvePorts {
  readonly resolutions: Resolutions
  runJob(
    node: LineageNode,
    sink: Sink,
    site: CallSite,
    options: ActionOptions & { partitions?: readonly number[] },
  ): Promise<Uint8Array[]>
  /** Reads a stream to its end at the first call, and keeps its rows as slices. */
  readStream(node: StreamNode, signal: AbortSignal | undefined): Promise<void>
  /** How many tasks can run at once. */
  slots(): number
  hasOutputs(shuffle: ShuffleId): boolean
}

/** How many keys of each partition a sort looks at. */
const keysPerPartition = 200

/** Lists what can only be listed with a promise: the row groups of Parquet files, and objects in S3. */
export async function awaitSources(node: LineageNode, resolutions: Resolutions): Promise<void> {
  for (const at of topologicalOrder(node)) {
    if (at.kind !== 'files' || resolutions.splits.has(at)) continue
    if (isListedAsync(at)) resolutions.splits.set(at, await listFilesAsync(at))
  }
}

/** Lists files and checks what must be equal in number. Runs no job; returns the lineage, parents first. */
export function listSources(node: LineageNode, resolutions: Resolutions): LineageNode[] {
  const order = topologicalOrder(node)
  for (const at of order) {
    if (at.kind !== 'files' || resolutions.splits.has(at)) continue
    if (isListedAsync(at))
      throw new UsageError(
        `${describeCallSite(at.site)}: its partitions are not known yet; await partitionCount() or an action first`,
      )
    resolutions.splits.set(at, listFiles(at))
  }
  const counts = partitionCounts(order, resolutions)
  for (const at of order) {
    if (at.kind !== 'zipPartitions' && at.kind !== 'zip') continue
    const sides = at.parents.map((parent) => counts.get(parent.id)!)
    if (sides.some((count) => count !== sides[0]))
      throw new UsageError(
        `${describeCallSite(at.site)} needs as many partitions on all sides, got ${sides.join(' and ')}; repartition() or coalesce() one of them`,
      )
  }
  return order
}

/**
 * Reads streams and runs the small jobs that plans depend on, innermost first. `action` is what the lineage is resolved for,
 * with the partitions that it reads, where those are not all.
 * @throws UsageError where the action cannot run, before anything does.
 */
export async function resolveLineage(
  node: LineageNode,
  ports: ResolvePorts,
  options: ActionOptions,
  action?: { readonly site: CallSite; readonly partitions: readonly number[] | undefined },
): Promise<void> {
  const { resolutions } = ports
  await awaitSources(node, resolutions)
  const order = listSources(node, resolutions)
  const counts = partitionCounts(order, resolutions)
  checkBarriers({
    order,
    counts,
    resolutions,
    slots: ports.slots(),
    hasOutputs: (shuffle) => ports.hasOutputs(shuffle),
    ...(action ? { action: { site: action.site, partitions: action.partitions?.length ?? counts.get(node.id)! } } : {}),
  })
  for (const at of order) {
    switch (at.kind) {
      case 'stream':
        await ports.readStream(at, options.signal)
        break
      case 'number':
        if (at.by === 'index' && !resolutions.offsets.has(at.id))
          resolutions.offsets.set(at.id, await rowsBefore(at, ports, options))
        break
      case 'sample':
        if (at.sampler.kind === 'exactByKey' && !resolutions.allotted.has(at.id)) {
          const { signal } = options
          const counts = await ports.runJob(at.parent, { kind: 'countKeys' }, at.site, { signal })
          resolutions.allotted.set(at.id, allotStrata(at.sampler, at.seed, counts, at.site))
        }
        break
      case 'shuffle':
        // A dataset that is joined with a sorted one is spread by the bounds of the sort, not by bounds of its own.
        if (at.sort && at.partitioner.kind === 'sampled-range' && !resolutions.bounds.has(at.partitioner))
          resolutions.bounds.set(at.partitioner, await sampleBounds(at, at.partitioner, ports, options))
        break
    }
  }
}

async function rowsBefore(node: NumberNode, ports: ResolvePorts, options: ActionOptions): Promise<number[]> {
  const count = partitionCounts(topologicalOrder(node.parent), ports.resolutions).get(node.parent.id)!
  const offsets = [0]
  if (count <= 1) return offsets
  // The rows of the last one lie before nothing, but tasks of a barrier stage run together or not at all.
  const together = stageNodes(node.parent, ports.resolutions).some(({ kind }) => kind === 'barrier')
  const partitions = Array.from({ length: together ? count : count - 1 }, (_, partition) => partition)
  const { signal } = options
  for (const bytes of await ports.runJob(node.parent, { kind: 'count' }, node.site, { signal, partitions }))
    offsets.push(offsets.at(-1)! + (decodeValue(bytes) as number))
  return offsets
}

async function sampleBounds(
  node: ShuffleNode,
  { partitions, ascending }: SampledRange,
  ports: ResolvePorts,
  { signal }: ActionOptions,
): Promise<RangePartitioner> {
  const bounds: unknown[] = []
  if (partitions > 1) {
    const sink: Sink = { kind: 'sampleKeys', count: keysPerPartition }
    const weighted = (await ports.runJob(node.parent, sink, node.site, { signal })).flatMap((bytes) => {
      const { keys, rows } = decodeValue(bytes) as { keys: unknown[]; rows: number }
      return keys.map((key) => ({ key, weight: rows / keys.length }))
    })
    const compare = comparisonAt(node.site)
    weighted.sort((a, b) => compare(a.key, b.key))
    const total = weighted.reduce((sum, { weight }) => sum + weight, 0)
    let seen = 0
    for (const { key, weight } of weighted) {
      seen += weight
      if (seen < (total * (bounds.length + 1)) / partitions || bounds.length === partitions - 1) continue
      if (bounds.length === 0 || compare(bounds.at(-1), key) < 0) bounds.push(key)
    }
  }
  return Object.freeze({ kind: 'range', partitions, ascending, bounds })
}
