/**
 * Contexts, datasets and what goes with them.
 * @module
 */

// The public names, listed by hand.

import type { ContextOptions } from './base/config.ts'
import { readAhead } from './closure/read-ahead.ts'
import { useModuleRules } from './closure/module-rules.ts'
import { startCluster } from './cluster/start-cluster.ts'
import { Context } from './driver/context.ts'

/**
 * Starts or connects to executors and returns the context that datasets are made from.
 * @throws UsageError for a bad option, AuthenticationError for a wrong secret, ClusterError where an executor cannot be reached.
 * @example
 * const context = await createContext({ master: 'local[2]' })
 * await context.range(0, 10).map((n) => n * n).reduce((a, b) => a + b) // 285
 * await context.stop()
 */
export async function createContext(options: ContextOptions = {}): Promise<Context> {
  // Schemas take longer to load than all the rest, and many programs import this package to do nothing with it.
  const { resolveConfig } = await import('./base/config.ts')
  const config = resolveConfig(options)
  if (config.modules) {
    const { readModuleRules } = await import('./driver/bundle-modules.ts')
    useModuleRules(await readModuleRules(config.modules))
  }
  const cluster = await startCluster(config)
  const context = new Context(config, cluster)
  try {
    const connecting = context.connect()
    if (!(await isSettledSoon(connecting))) readAhead()
    return await connecting
  } catch (error) {
    await context.stop()
    throw error
  }
}

/** Whether it is, by the time that the event loop has gone round; if not, there is something to wait for. */
function isSettledSoon(promise: Promise<unknown>): Promise<boolean> {
  const settled = promise.then(
    () => true,
    () => true,
  )
  return Promise.race([settled, new Promise<boolean>((resolve) => setImmediate(() => resolve(false)))])
}

export type { ContextOptions, SkewSplit } from './base/config.ts'
export {
  AbortedError,
  AuthenticationError,
  ClosureError,
  ClusterError,
  DiskError,
  ExecutorLostError,
  GridifyError,
  InternalError,
  OutOfMemoryError,
  TaskError,
  UsageError,
  type ErrorFamily,
} from './base/errors.ts'
export type { Compression, JsonValue, MalformedRow, OnMalformed, ParquetType } from './base/file-format.ts'
export type { Logger, LogLevel, LogRecord } from './base/logger.ts'
export type { TaskPiece, TaskReport } from './base/task-report.ts'
export type { StorageLevel } from './base/storage-level.ts'
export type { WasmMemory } from './base/wasm-memory.ts'
export {
  explainClosure,
  type ExplainedCapture,
  type ExplainedClosure,
  type ExplainedImport,
} from './closure/explain.ts'
export { registerClass, type ClassForm } from './closure/register-class.ts'
export { withEnv } from './closure/with-env.ts'
export { Group } from './codec/group.ts'
export type { Compare } from './dataset/actions.ts'
export type { Partitioning, PipeOptions, SortOptions } from './dataset/build-nodes.ts'
export { BarrierDataset, type BarrierRows } from './dataset/barrier-dataset.ts'
export { Dataset, type Dependency, type PartitionOptions, type Row, type SyncRow } from './dataset/dataset.ts'
export { FileDataset, MalformedRows } from './dataset/file-dataset.ts'
export type { ActionOptions } from './dataset/job-runner.ts'
export type { PreferredLocations } from './dataset/locations.ts'
export type { Histogram, Stats } from './dataset/numeric.ts'
export type { SampleOptions } from './dataset/sampling.ts'
export type { CsvSaveOptions, ParquetSaveOptions, SaveOptions } from './dataset/save-files.ts'
export type { TreeOptions } from './dataset/tree.ts'
export { Context, type ParallelizeOptions, type SourceOptions } from './driver/context.ts'
export type { CsvOptions, FileOptions, JsonLinesOptions, ParquetOptions } from './driver/file-options.ts'
export type { ExecutorInfo, Metrics } from './driver/job-driver.ts'
export { Scope } from './driver/scope.ts'
export { customPartitioner } from './lineage/custom-partitioner.ts'
export {
  hashPartitioner,
  indexPartitioner,
  rangePartitioner,
  type CustomPartitioner,
  type HashPartitioner,
  type IndexPartitioner,
  type Partitioner,
  type RangePartitioner,
} from './lineage/partitioner.ts'
export { Accumulator } from './task/accumulator.ts'
export type { BarrierTaskInfo } from './base/barrier-task-info.ts'
export type { BarrierTaskContext, MeetingOptions } from './task/barrier-task-context.ts'
export { Broadcast } from './task/broadcast.ts'
export type { Arena, Region, SharedRegions, SlotResources, TaskContext } from './task/task-context.ts'
