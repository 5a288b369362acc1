/** Everything that driver and executor say to each other. Bulk bytes ride inside as Uint8Arrays. */

import type { BarrierTaskInfo } from '../base/barrier-task-info.ts'
import type { DatasetId, ExecutorId, ShuffleId, StageId, TaskId } from '../base/ids.ts'
import type { ShippedClass } from '../closure/closure.ts'
import type { StorageLevel } from '../base/storage-level.ts'
import type { ModuleBundle } from '../closure/module-rules.ts'
import type { LogRecord } from '../base/logger.ts'
import type { WireFailure } from './failure.ts'
import type { StagePlan } from './stage-plan.ts'

/** Where one (map, reducer) part of a shuffle lies, and what it must be. */
export interface MapOutputPart {
  readonly map: number
  readonly executor: ExecutorId
  readonly offset: number
  readonly bytes: number
  readonly checksum: number
}

export type TaskInput =
  | {
      readonly kind: 'shuffle'
      readonly shuffleId: ShuffleId
      readonly reduce: number
      readonly parts: readonly MapOutputPart[]
    }
  | { readonly kind: 'cache'; readonly datasetId: DatasetId; readonly partition: number; readonly executor: ExecutorId }
  | {
      readonly kind: 'rows'
      readonly datasetId: DatasetId
      readonly partition: number
      readonly blocks: readonly Uint8Array[]
    }

/** Which stretch of its partition's rows a sub-task makes: one of `of` of about a size, counted from 0. */
export interface Piece {
  readonly index: number
  readonly of: number
}

export interface TaskDescription {
  readonly id: TaskId
  readonly stageId: StageId
  /** What its map output is called by: the partition, or a number of its own for a sub-task. */
  readonly unit: number
  readonly partition: number
  readonly piece?: Piece
  readonly attempt: number
  readonly inputs: readonly TaskInput[]
  /** All tasks of a barrier stage, in the order of partitions. */
  readonly together?: readonly BarrierTaskInfo[]
}

export type MeetingCall = 'barrier' | 'allGather'

/** What a task of a barrier stage says of its waiting for the others; `round` counts the calls that have ended before. */
export type MeetingMessage =
  | {
      readonly type: 'arrived'
      readonly taskId: TaskId
      readonly round: number
      readonly call: MeetingCall
      readonly value: Uint8Array
    }
  | { readonly type: 'gaveUp'; readonly taskId: TaskId }
  | { readonly type: 'waitedTooLong'; readonly taskId: TaskId; readonly afterMs: number }

/** Offsets and sizes by reducer of one immutable segment. */
export interface SegmentIndex {
  readonly offsets: readonly number[]
  readonly bytes: readonly number[]
  readonly checksums: readonly number[]
}

export interface CachedPartition {
  readonly datasetId: DatasetId
  readonly partition: number
  readonly bytes: number
}

export interface PartitionCopy extends CachedPartition {
  readonly level: StorageLevel
  readonly executor: ExecutorId
}

export interface AccumulatorUpdate {
  readonly accumulator: number
  /** The dataset whose function added, with the partition that it was adding for; 0 for the action itself, minus the shuffle's id for its map side. */
  readonly datasetId: number
  readonly partition: number
  readonly value: Uint8Array
}

export interface TaskMetrics {
  readonly movedBytes: number
  readonly networkBytes: number
  readonly diskBytes: number
  readonly milliseconds: number
}

export interface TaskSuccess {
  readonly index?: SegmentIndex
  readonly value?: Uint8Array
  readonly cached: readonly CachedPartition[]
  readonly accumulators: readonly AccumulatorUpdate[]
  readonly metrics: TaskMetrics
}

export type DriverMessage =
  | {
      readonly type: 'peers'
      readonly peers: readonly { id: ExecutorId; url: string }[]
      readonly self: ExecutorId
      readonly key: string
      /** What certifies peers that speak TLS, in PEM, where it is not a public authority. */
      readonly ca?: string
      /** How they are to send blocks to each other. */
      readonly compression: 'none' | 'zstd'
    }
  /** Modules that functions import, before the first stage. */
  | { readonly type: 'bundle'; readonly bundle: ModuleBundle }
  /** Stretches of large closures, before the first stage or class that names them. */
  | { readonly type: 'chunks'; readonly chunks: readonly { readonly hash: string; readonly bytes: Uint8Array }[] }
  | { readonly type: 'stage'; readonly plan: StagePlan }
  | { readonly type: 'run'; readonly task: TaskDescription }
  | { readonly type: 'cancel'; readonly taskId: TaskId }
  /** Give it back, answered by `recalled`, if it has not started. */
  | { readonly type: 'recall'; readonly taskId: TaskId }
  /** All tasks of its barrier stage have arrived: what each gave, in the order of partitions. */
  | { readonly type: 'met'; readonly taskId: TaskId; readonly values: readonly Uint8Array[] }
  /** Keep a copy of what another executor keeps; answered by `copied`. */
  | ({ readonly type: 'copy' } & PartitionCopy)
  /** A class whose instances rows may hold; it replaces an earlier one of its key. */
  | { readonly type: 'class'; readonly class: ShippedClass }
  | { readonly type: 'broadcast'; readonly id: number; readonly bytes: Uint8Array }
  | {
      readonly type: 'drop'
      readonly datasets: readonly DatasetId[]
      readonly shuffles: readonly ShuffleId[]
      readonly broadcasts: readonly number[]
      readonly stages: readonly StageId[]
      /** Hashes. */
      readonly chunks: readonly string[]
    }
  /** A block that is of no use to those who read it: it is to be made again. */
  | { readonly type: 'discard'; readonly block: string }
  | { readonly type: 'stop' }

/** Begins the reason for which a session closes a second control channel; the address of the first follows. */
export const dialedTwice = 'this executor is dialed already, at '

export type ExecutorMessage =
  | {
      readonly type: 'ready'
      readonly cores: number
      readonly nodeVersion: string
      readonly pid: number
      /** Where peers reach it, where that is not the address that the driver dialed. */
      readonly advertise?: string
    }
  /** It has dialed every peer; those that it cannot reach, and why. */
  | { readonly type: 'metPeers'; readonly unreachable: readonly { readonly url: string; readonly reason: string }[] }
  | { readonly type: 'finished'; readonly taskId: TaskId; readonly success: TaskSuccess }
  | { readonly type: 'failed'; readonly taskId: TaskId; readonly failure: WireFailure }
  | { readonly type: 'recalled'; readonly taskId: TaskId }
  | {
      readonly type: 'fetchFailed'
      readonly taskId: TaskId
      readonly executor: ExecutorId
      /** The one that is missing or damaged; absent where the executor cannot be reached. */
      readonly block?: string
      readonly reason: string
    }
  /** Their files are gone. */
  | { readonly type: 'blocksLost'; readonly blocks: readonly string[] }
  /** The daemon is to end: no new task if there is another executor, and the end once no job needs it. */
  | { readonly type: 'draining' }
  | { readonly type: 'evicted'; readonly datasetId: DatasetId; readonly partition: number }
  | { readonly type: 'copied'; readonly datasetId: DatasetId; readonly partition: number; readonly held: boolean }
  | { readonly type: 'log'; readonly record: LogRecord }
  | MeetingMessage

/** Between executors: one request names a block's bytes, the answer carries them. */
export type PeerMessage =
  | {
      readonly type: 'fetch'
      readonly request: number
      readonly block: string
      readonly offset: number
      readonly bytes: number
      readonly compression: 'none' | 'zstd'
    }
  | {
      readonly type: 'part'
      readonly request: number
      readonly bytes: Uint8Array
      readonly compression: 'none' | 'zstd'
    }
  | { readonly type: 'missing'; readonly request: number; readonly reason: string }

export const shuffleBlock = (shuffleId: number, map: number) => `shuffle-${shuffleId}-${map}`
export const cacheBlock = (datasetId: number, partition: number) => `cache-${datasetId}-${partition}`

/** What a block's name says: the dataset or shuffle that it belongs to, and its partition or map. */
export function parseBlock(name: string): {
  readonly kind: 'cache' | 'shuffle'
  readonly owner: number
  readonly number: number
} {
  const [kind, owner, number] = name.split('-')
  return { kind: kind as 'cache' | 'shuffle', owner: Number(owner), number: Number(number) }
}
