/** All that a Dataset knows of execution, so that datasets never import the driver. */

import type { CallSite } from '../base/call-site.ts'
import type { DatasetId, ShuffleId } from '../base/ids.ts'
import type { Persistence } from '../base/storage-level.ts'
import type { Closure } from '../closure/closure.ts'
import type { LineageNode } from '../lineage/node.ts'
import type { Partitioner } from '../lineage/partitioner.ts'
import type { Sink } from '../protocol/stage-plan.ts'

/** What every action takes. */
export interface ActionOptions {
  /** Cancels the job: its tasks end at their next batch, and the action rejects with an AbortedError. */
  readonly signal?: AbortSignal | undefined
}

export interface JobRunner {
  readonly defaultPartitions: number
  nextDatasetId(): DatasetId
  nextShuffleId(): ShuffleId
  capture(fn: Function, site: CallSite): Closure
  /** Runs `sink` over the given partitions, all by default; results in the order of partitions. */
  runJob(
    node: LineageNode,
    sink: Sink,
    site: CallSite,
    options?: ActionOptions & { partitions?: readonly number[] },
  ): Promise<Uint8Array[]>
  partitionCount(node: LineageNode): Promise<number>
  /** How a dataset's keys are spread, where that is known; samples the bounds of sorts first. */
  partitioner(node: LineageNode, options: ActionOptions): Promise<Partitioner | undefined>
  /** Where the task of a partition would rather run. */
  preferredLocations(node: LineageNode, partition: number): Promise<string[]>
  /** Where a checkpoint of the dataset goes; undefined where the driver holds it. */
  checkpointFolder(node: LineageNode): string | undefined
  persist(node: LineageNode, persistence: Persistence): void
  unpersist(node: LineageNode): void
  setName(node: LineageNode, name: string): void
  nameOf(node: LineageNode): string | undefined
  explain(node: LineageNode): string
  /** Registers what a scope or the context has to drop. */
  created(node: LineageNode): void
}
