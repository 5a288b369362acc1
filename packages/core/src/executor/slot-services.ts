/** What a slot has of its thread and its session. */

import { type LogRecord } from '../base/logger.ts'
import { type MeetingMessage } from '../protocol/messages.ts'
import { type PagePool } from '../storage/page-pool.ts'
import { type TaskClaims } from './task-claims.ts'

export interface SlotServices {
  readonly executor: string
  readonly pool: PagePool
  readonly owner: number
  readonly sharedTable: SharedArrayBuffer
  readonly importRoots: readonly string[]
  readonly bundlesFolder: string
  /** The folder that the files of sources and sinks must lie in; undefined for anywhere. */
  readonly root?: string | undefined
  spillPath(): string
  /** What a task may hold of runs, tables and groups before it goes on in files. */
  readonly executionBytes: number
  /** Asks the block store to evict; returns when it has. */
  makeRoom(bytes: number, writing?: number): void
  /** Throws an OutOfMemoryError before V8 would end the thread, or the process. */
  checkHeap?(): void
  readonly claims: TaskClaims
  readonly log: (record: LogRecord) => void
  /** Tells the driver where a task of a barrier stage stands. */
  tell(message: MeetingMessage): void
}
