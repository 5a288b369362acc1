/** What one executor knows of its slots, tasks and blocks: plain data that only `transition` changes. */

import type { ExecutorId, TaskId } from '../base/ids.ts'
import type { StorageLevel } from '../base/storage-level.ts'
import type { WireFailure } from '../protocol/failure.ts'
import type { ExecutorMessage, PartitionCopy, TaskDescription, TaskInput, TaskSuccess } from '../protocol/messages.ts'
import type { BlockPlace } from '../storage/block-place.ts'
import type { InputBlock, ProducedBlock, ResolvedInput } from './task-blocks.ts'

export interface HeldBlock {
  readonly name: string
  place: BlockPlace
  /** Absent for map outputs, which may move to disk but are kept until they are dropped. */
  readonly level?: StorageLevel
  /** Making it again may run whole stages. */
  readonly costly?: boolean
  /** How many tasks read it; it is neither moved nor given back meanwhile. */
  pins: number
  /** Nobody will ask for it again; its place goes with the last pin. */
  dropped: boolean
}

export interface TaskInputs {
  readonly input: TaskInput
  /** One entry per part, filled as blocks are found here or arrive. */
  readonly blocks: (InputBlock | undefined)[]
}

export interface TaskState {
  readonly task: TaskDescription
  readonly inputs: readonly TaskInputs[]
  /** Blocks that are still to come. */
  missing: number
  readonly pinned: HeldBlock[]
  /** Fetched copies, which belong to this task alone. */
  readonly copies: BlockPlace[]
  /** The slot whose queue it is in. */
  slot: number | undefined
  /** Set where the driver does not want it any more, or wants it back for another executor, unless it has started. */
  unwanted: 'cancelled' | 'recalled' | undefined
  /** Datasets and shuffles dropped while it ran: what it made of them is thrown away. */
  readonly dropped: Set<string>
}

export interface Fetch {
  readonly id: number
  readonly task: TaskId
  /** Which block of which input it brings. */
  readonly input: number
  readonly part: number
  readonly executor: ExecutorId
  readonly block: string
  readonly offset: number
  readonly bytes: number
  readonly checksum?: number
  /** Set where it is to be kept here as the partition's copy, and no task waits for it. */
  readonly copy?: PartitionCopy
  attempts: number
}

export interface ExecutorLimits {
  /** Bytes of fetches that are under way at once; one larger than this goes alone. */
  readonly inFlightBytes: number
  /** How often a block is asked for where the connection failed or the bytes came damaged. */
  readonly fetchAttempts: number
}

export interface ExecutorState {
  readonly limits: ExecutorLimits
  self: ExecutorId
  /** The tasks that were sent to each slot, which runs one after the other. */
  readonly slots: TaskId[][]
  readonly tasks: Map<TaskId, TaskState>
  /** Tasks whose inputs are all here, in the order in which they became so. */
  readonly ready: TaskId[]
  /** Least recently used first. */
  readonly blocks: Map<string, HeldBlock>
  readonly fetches: Map<number, Fetch>
  readonly waitingFetches: Fetch[]
  inFlightBytes: number
  nextFetch: number
}

export type ExecutorEvent =
  | { readonly type: 'introduced'; readonly self: ExecutorId }
  | { readonly type: 'taskReceived'; readonly task: TaskDescription }
  | { readonly type: 'copyAsked'; readonly copy: PartitionCopy }
  | { readonly type: 'cancelAsked'; readonly task: TaskId }
  | { readonly type: 'recallAsked'; readonly task: TaskId }
  /** All tasks of its barrier stage have arrived where it waits. */
  | { readonly type: 'met'; readonly task: TaskId; readonly values: readonly Uint8Array[] }
  | { readonly type: 'blockArrived'; readonly fetch: number; readonly block: InputBlock }
  /** `retry` where the block may be there and only the way to it failed. */
  | {
      readonly type: 'fetchFailed'
      readonly fetch: number
      readonly retry: boolean
      /** Its holder answers, but this block is missing or damaged there. */
      readonly blockOnly?: boolean
      readonly reason: string
    }
  /** It came, and there was no place to put it. */
  | { readonly type: 'fetchUnheld'; readonly fetch: number; readonly failure: WireFailure }
  | {
      readonly type: 'taskFinished'
      readonly slot: number
      readonly task: TaskId
      readonly success: TaskSuccess
      readonly blocks: readonly ProducedBlock[]
    }
  | { readonly type: 'taskFailed'; readonly slot: number; readonly task: TaskId; readonly failure: WireFailure }
  /** It could not read inputs that are held here: their files are gone or changed. */
  | {
      readonly type: 'taskLostInputs'
      readonly slot: number
      readonly task: TaskId
      readonly blocks: readonly string[]
      readonly reason: string
    }
  /** Blocks whose files somebody has removed. */
  | { readonly type: 'blocksLost'; readonly blocks: readonly string[] }
  /** The driver has heard that a block is of no use. */
  | { readonly type: 'discardAsked'; readonly block: string }
  /** The task that it was asked for has not started. */
  | { readonly type: 'tookBack'; readonly task: TaskId }
  /** `task` died with it; those behind it in the queue did not. */
  | {
      readonly type: 'slotDied'
      readonly slot: number
      readonly task: TaskId | undefined
      readonly failure: WireFailure
    }
  /** One block is to leave memory, none of the dataset that is being written; asked again while there is too little room. */
  | { readonly type: 'roomNeeded'; readonly writing?: number }
  | { readonly type: 'blockSpilled'; readonly block: string; readonly place: BlockPlace }
  /** The disk is full, say: the block goes instead. */
  | { readonly type: 'spillFailed'; readonly block: string }
  | { readonly type: 'dropped'; readonly datasets: readonly number[]; readonly shuffles: readonly number[] }

export type ExecutorCommand =
  | { readonly type: 'fetchBlock'; readonly fetch: Fetch }
  | {
      readonly type: 'startTask'
      readonly slot: number
      readonly task: TaskDescription
      readonly inputs: readonly ResolvedInput[]
    }
  /** Another slot is idle, here or elsewhere; answered by `tookBack`, unless the task has started. */
  | { readonly type: 'takeBack'; readonly slot: number; readonly task: TaskId }
  /** Answered by `tookBack` where it has not started. */
  | { readonly type: 'cancelTask'; readonly slot: number; readonly task: TaskId }
  | {
      readonly type: 'meet'
      readonly slot: number
      readonly task: TaskId
      readonly values: readonly Uint8Array[]
    }
  | { readonly type: 'restartSlot'; readonly slot: number }
  /** The place is the store's from now on, no longer its maker's. */
  | { readonly type: 'keepPlace'; readonly place: BlockPlace }
  | { readonly type: 'releasePlace'; readonly place: BlockPlace }
  /** Answered by `blockSpilled` or `spillFailed`. */
  | { readonly type: 'spillBlock'; readonly block: string; readonly place: BlockPlace }
  | { readonly type: 'tellDriver'; readonly message: ExecutorMessage }

export function initialState(slots: number, limits: ExecutorLimits): ExecutorState {
  return {
    limits,
    self: '' as ExecutorId,
    slots: Array.from({ length: slots }, () => []),
    tasks: new Map(),
    ready: [],
    blocks: new Map(),
    fetches: new Map(),
    waitingFetches: [],
    inFlightBytes: 0,
    nextFetch: 1,
  }
}
