/** A slot as its session sees it: messages in, messages out, whichever thread it lives on. */

import type { StageId, TaskId } from '../base/ids.ts'
import type { ShippedClass } from '../closure/closure.ts'
import type { LogRecord } from '../base/logger.ts'
import type { WireFailure } from '../protocol/failure.ts'
import type { MeetingMessage, TaskDescription } from '../protocol/messages.ts'
import type { StagePlan } from '../protocol/stage-plan.ts'
import type { ProducedBlock, ResolvedInput, SlotResult } from './task-blocks.ts'

export type SlotRequest =
  | { readonly type: 'stage'; readonly plan: StagePlan }
  | { readonly type: 'class'; readonly class: ShippedClass }
  | { readonly type: 'broadcast'; readonly id: number; readonly bytes: Uint8Array }
  | { readonly type: 'drop'; readonly stages: readonly StageId[]; readonly broadcasts: readonly number[] }
  /** Waits for those before it; runs if the slot can claim its turn then. */
  | {
      readonly type: 'run'
      readonly task: TaskDescription
      readonly inputs: readonly ResolvedInput[]
      readonly turn: number
    }
  /** For what waits in the task; one that computes looks at its claim. */
  | { readonly type: 'cancel'; readonly taskId: TaskId }
  | { readonly type: 'met'; readonly taskId: TaskId; readonly values: readonly Uint8Array[] }
  | { readonly type: 'stop' }

export type SlotReply =
  | MeetingMessage
  | { readonly type: 'finished'; readonly taskId: TaskId; readonly result: SlotResult }
  | {
      readonly type: 'failed'
      readonly taskId: TaskId
      readonly failure: WireFailure
      readonly blocks?: readonly ProducedBlock[]
    }
  /** `writing` is the dataset that the room is for. */
  | { readonly type: 'makeRoom'; readonly bytes: number; readonly writing?: number }
  | { readonly type: 'log'; readonly record: LogRecord }

export interface SlotHost {
  send(request: Exclude<SlotRequest, { type: 'run' }>): void
  /** Puts a task at the end of the slot's queue; it may wait there for `flush`. */
  run(task: TaskDescription, inputs: readonly ResolvedInput[]): void
  /** Sends what waits. */
  flush(): void
  /** Takes a task out of the queue; false where it has started. */
  takeBack(task: TaskId): boolean
  /** Asks a task that has started to end at its next batch; a slot where it does not is killed after a second. */
  cancel(task: TaskId): void
  /** The task that was started last and is not answered for. */
  readonly running: TaskId | undefined
  stop(): Promise<void>
}

export interface SlotEvents {
  onReply(reply: SlotReply): void
  /** The slot's thread ended without being asked to; what became of the task that it ran. */
  onDeath(failure: WireFailure): void
}

export type StartSlot = (number: number, events: SlotEvents) => SlotHost
