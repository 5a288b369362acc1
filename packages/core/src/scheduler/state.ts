/** All that the scheduler knows, as plain data. */

import type { DatasetId, ExecutorId, JobId, ShuffleId, StageId, TaskId } from '../base/ids.ts'
import type { MeetingCall, Piece, TaskSuccess } from '../protocol/messages.ts'
import type { StorageLevel } from '../base/storage-level.ts'
import type { StagePlan } from '../protocol/stage-plan.ts'
import type { Gang } from './barrier-stage.ts'
import type { PartitionQueue } from './partition-queue.ts'
import type { WaitingUnits } from './waiting-units.ts'

export interface ExecutorState {
  readonly id: ExecutorId
  /** The name or address of its machine. */
  readonly host: string
  readonly cores: number
  readonly running: Set<TaskId>
  /** It is to leave: it gets tasks only where no other executor is left, and goes when no job is under way. */
  draining: boolean
}

export interface MapOutput {
  readonly executor: ExecutorId
  readonly offsets: readonly number[]
  readonly bytes: readonly number[]
  readonly checksums: readonly number[]
}

export interface StageState {
  readonly plan: StagePlan
  /** The shuffles whose sizes say whether partitions are to be split; gone once that is decided. */
  splitShuffles?: readonly ShuffleId[]
  /** By partition that is split: the units of its sub-tasks, in the order of their rows. */
  readonly splits: Map<number, readonly number[]>
  /** Of unit `plan.partitions + n`: which piece of which partition it is. */
  readonly pieces: (Piece & { readonly partition: number })[]
  /**
   * Units that neither run nor are done, in the order in which they will be tried. A unit is what one task does: the
   * partition of that number, or a piece of one. The maps below have units for keys, and so have outputs.
   */
  readonly pending: PartitionQueue
  /** Pending units that wait for executors which they prefer; not in `pending` meanwhile. */
  readonly waiting: WaitingUnits
  readonly attempts: Map<number, number>
  readonly failures: Map<number, number>
  readonly losses: Map<number, number>
  /** Set for map stages: one output per unit; none for a partition that is split. */
  readonly outputs?: (MapOutput | undefined)[]
  missingOutputs: number
  /** Its tasks would rather run on some executors than on others. */
  readonly hasPlaces: boolean
  /** Of a barrier stage. */
  readonly gang?: Gang
  /** What its tasks have read from files and written to them. */
  diskBytes: number
  /** Mean time of its tasks so far, recent ones first in weight; undefined before the first has finished. */
  taskMs: number | undefined
}

export interface JobState {
  readonly id: JobId
  readonly stage: StageId
  readonly unfinished: Set<number>
}

export interface RunningTask {
  readonly id: TaskId
  readonly stage: StageId
  readonly unit: number
  readonly partition: number
  readonly piece?: Piece
  readonly attempt: number
  readonly executor: ExecutorId
  cancelled: boolean
  /** It was asked back, since another executor had a slot for it. */
  isRecalled: boolean
}

export interface SchedulerLimits {
  readonly maxFailures: number
  readonly maxLosses: number
  readonly localityWaitMs: number
  /** A partition of more bytes than this, and than so many times the median of its stage, is split into sub-tasks. */
  readonly skewSplit?: { readonly factor: number; readonly minBytes: number } | false
}

export interface SchedulerState {
  readonly limits: SchedulerLimits
  readonly executors: Map<ExecutorId, ExecutorState>
  readonly stages: Map<StageId, StageState>
  readonly mapStageOf: Map<ShuffleId, StageId>
  readonly jobs: Map<JobId, JobState>
  readonly running: Map<TaskId, RunningTask>
  /** Where persisted partitions lie, by `dataset-partition`. */
  readonly cached: Map<string, Set<ExecutorId>>
  /** A barrier stage that could start if it had its slots all at once: nothing else is started before it. */
  reservedFor: StageId | undefined
  /** The datasets that are to lie on several executors, with the sizes of the partitions that are kept. */
  readonly replicated: Map<
    DatasetId,
    { readonly copies: number; readonly level: StorageLevel; readonly bytes: Map<number, number> }
  >
  /** Copies that are asked for and not there yet, by `dataset-partition-executor`. */
  readonly copying: Map<string, { readonly key: string; readonly to: ExecutorId }>
  nextTask: number
  executorsLost: number
  tasksRerun: number
  partitionsSplit: number
  /** Why the last executor was lost: the root cause when none is left. */
  lastLoss?: string
}

export type SchedulerEvent =
  | {
      readonly type: 'executorJoined'
      readonly executor: ExecutorId
      readonly host: string
      readonly cores: number
    }
  | { readonly type: 'executorDraining'; readonly executor: ExecutorId }
  | { readonly type: 'executorLost'; readonly executor: ExecutorId; readonly reason: string }
  | {
      readonly type: 'jobSubmitted'
      readonly job: JobId
      readonly stages: readonly StagePlan[]
      readonly partitions: readonly number[]
    }
  | { readonly type: 'jobCancelled'; readonly job: JobId }
  | { readonly type: 'taskFinished'; readonly task: TaskId; readonly success: TaskSuccess }
  | {
      readonly type: 'taskFailed'
      readonly task: TaskId
      readonly retry: boolean
      /** How many of the allowed failures it counts for. */
      readonly weight: number
      readonly error: Error
    }
  | {
      readonly type: 'fetchFailed'
      readonly task: TaskId
      readonly from: ExecutorId
      /** The one that is missing or damaged there; absent where the executor cannot be reached. */
      readonly block?: string
      readonly reason: string
    }
  | { readonly type: 'taskRecalled'; readonly task: TaskId }
  | { readonly type: 'blocksLost'; readonly executor: ExecutorId; readonly blocks: readonly string[] }
  /** A task of a barrier stage waits for the others, who have met `round` times before, in its own count. */
  | {
      readonly type: 'taskArrived'
      readonly task: TaskId
      readonly round: number
      readonly call: MeetingCall
      readonly value: Uint8Array
    }
  /** It waits no longer. */
  | { readonly type: 'taskGaveUp'; readonly task: TaskId }
  | { readonly type: 'taskWaitedTooLong'; readonly task: TaskId; readonly afterMs: number }
  | {
      readonly type: 'blockEvicted'
      readonly executor: ExecutorId
      readonly dataset: DatasetId
      readonly partition: number
    }
  | {
      readonly type: 'partitionCopied'
      readonly executor: ExecutorId
      readonly dataset: DatasetId
      readonly partition: number
      /** False where there was no room or the copy did not arrive. */
      readonly held: boolean
    }
  | {
      readonly type: 'datasetsDropped'
      readonly datasets: readonly DatasetId[]
      readonly shuffles: readonly ShuffleId[]
    }
  | { readonly type: 'timePassed' }

export type SchedulerCommand =
  | { readonly type: 'launchTask'; readonly task: RunningTask }
  | { readonly type: 'cancelTask'; readonly task: TaskId; readonly executor: ExecutorId }
  /** Answered by `taskRecalled`, unless it has started. */
  | { readonly type: 'recallTask'; readonly task: TaskId; readonly executor: ExecutorId }
  | {
      readonly type: 'commitTask'
      readonly task: RunningTask
      readonly plan: StagePlan
      readonly success: TaskSuccess
      readonly jobs: readonly JobId[]
    }
  /** All tasks of its barrier stage have arrived: what each of them gave, in the order of partitions. */
  | {
      readonly type: 'meet'
      readonly task: TaskId
      readonly executor: ExecutorId
      readonly values: readonly Uint8Array[]
    }
  /** What a failed attempt of a barrier stage left on executors. */
  | {
      readonly type: 'dropBlocks'
      readonly datasets: readonly DatasetId[]
      readonly shuffles: readonly ShuffleId[]
    }
  /** What a task could not read there is not to be kept. */
  | { readonly type: 'discardBlock'; readonly executor: ExecutorId; readonly block: string }
  | {
      readonly type: 'finishJob'
      readonly job: JobId
      /** The units of the partitions that were split. */
      readonly splits: ReadonlyMap<number, readonly number[]>
    }
  | { readonly type: 'failJob'; readonly job: JobId; readonly error: Error }
  | { readonly type: 'releaseExecutor'; readonly executor: ExecutorId }
  | {
      readonly type: 'copyPartition'
      readonly dataset: DatasetId
      readonly partition: number
      readonly from: ExecutorId
      readonly to: ExecutorId
      readonly bytes: number
      readonly level: StorageLevel
    }
  | { readonly type: 'wakeAfter'; readonly delayMs: number }

export function initialState(limits: SchedulerLimits): SchedulerState {
  return {
    limits,
    executors: new Map(),
    stages: new Map(),
    mapStageOf: new Map(),
    jobs: new Map(),
    running: new Map(),
    cached: new Map(),
    reservedFor: undefined,
    replicated: new Map(),
    copying: new Map(),
    nextTask: 1,
    executorsLost: 0,
    tasksRerun: 0,
    partitionsSplit: 0,
  }
}

export const cacheKey = (dataset: number, partition: number) => `${dataset}-${partition}`
