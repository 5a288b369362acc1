/** What a function of a barrier stage is told beside where it runs: who runs with it, and how to wait for them. */

import type { BarrierTaskInfo } from '../base/barrier-task-info.ts'
import type { TaskContext } from './task-context.ts'

/** How a task waits for the others of its stage. */
export interface MeetingOptions {
  /** Stops waiting: the call rejects with an AbortedError, and the others go on waiting for this task. */
  readonly signal?: AbortSignal | undefined
  /** So long the others may take; then the attempt of the stage fails, and all of its tasks run again. */
  readonly timeoutMs?: number | undefined
}

/**
 * The last argument of every function of `dataset.barrier()`. Each call of its methods must be awaited.
 * @example
 * const numbered = context.range(0, 4, { partitions: 2 }).barrier().mapPartitions(async (rows, task) => {
 *   const sizes = await task.allGather([...rows].length)
 *   await task.barrier({ timeoutMs: 60_000 })
 *   return [`${task.partition + 1} of ${task.getTaskInfos().length}: ${sizes.join(' + ')} rows`]
 * })
 * await numbered.collect() // ['1 of 2: 2 + 2 rows', '2 of 2: 2 + 2 rows']
 */
export interface BarrierTaskContext extends TaskContext {
  /**
   * Resolves when every task of the stage has called it as often as this one.
   * @throws AbortedError where `signal` aborts or the job is cancelled.
   */
  barrier(options?: MeetingOptions): Promise<void>
  /**
   * Like `barrier`, and gives what every task gave, in the order of partitions. Each message, which may be any plain value,
   * goes to the driver and from there to every task of the stage: keep it small.
   * @throws AbortedError where `signal` aborts or the job is cancelled; UsageError where the message is no plain data.
   */
  allGather<M>(message: M, options?: MeetingOptions): Promise<M[]>
  /** All tasks of the stage, in the order of partitions, with where they run. */
  getTaskInfos(): readonly BarrierTaskInfo[]
}
