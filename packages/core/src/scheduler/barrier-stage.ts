/**
 * Barrier stages, after Spark's (SPARK-24374): all tasks start at once, meet where their functions call for it, and count
 * together: what the tasks of an attempt made is taken when the last of them has ended, and one that fails takes the whole
 * attempt along.
 */

import { UsageError } from '../base/errors.ts'
import type { DatasetId, ExecutorId, TaskId } from '../base/ids.ts'
import type { MeetingCall, TaskSuccess } from '../protocol/messages.ts'
import { parentsOfStep, type StagePlan } from '../protocol/stage-plan.ts'
import { cacheKey, type RunningTask, type SchedulerCommand, type SchedulerState, type StageState } from './state.ts'

/** How the tasks of one attempt of a barrier stage stand with each other. */
export interface Gang {
  /** What its failed attempts count for, and how many were lost with an executor. */
  failures: number
  losses: number
  /** How many times all have met. */
  round: number
  /** Those that wait for the others, by partition. */
  readonly waiting: Map<number, { readonly task: TaskId; readonly call: MeetingCall; readonly value: Uint8Array }>
  /** Those that have ended, by partition. */
  readonly finished: Map<number, { readonly task: RunningTask; readonly success: TaskSuccess }>
}

export function newGang(): Gang {
  return { failures: 0, losses: 0, round: 0, waiting: new Map(), finished: new Map() }
}

/** Ends the attempt: its tasks are cancelled, what it made is thrown away, and all partitions are pending again. */
export function resetAttempt(state: SchedulerState, stage: StageState, commands: SchedulerCommand[]): void {
  const { plan, gang } = stage
  gang!.round = 0
  gang!.waiting.clear()
  gang!.finished.clear()
  for (const task of state.running.values()) {
    if (task.stage !== plan.id || task.cancelled) continue
    task.cancelled = true
    commands.push({ type: 'cancelTask', task: task.id, executor: task.executor })
  }
  for (let partition = 0; partition < plan.partitions; partition++) {
    stage.pending.add(partition)
    if (stage.outputs) stage.outputs[partition] = undefined
  }
  if (stage.outputs) stage.missingOutputs = plan.partitions
  const datasets = datasetsBehindBarrier(plan)
  for (const dataset of datasets)
    for (let partition = 0; partition < plan.partitions; partition++) state.cached.delete(cacheKey(dataset, partition))
  const shuffles = plan.output.kind === 'shuffle' ? [plan.output.shuffleId] : []
  // A block of an earlier attempt would stand in the way of the next one's.
  if (datasets.length + shuffles.length > 0) commands.push({ type: 'dropBlocks', datasets, shuffles })
}

/** Kept datasets that are made of what the stage's barriers gave. */
function datasetsBehindBarrier(plan: StagePlan): DatasetId[] {
  const behind: boolean[] = []
  for (const node of plan.nodes)
    behind.push(node.kind === 'barrier' || parentsOfStep(node).some((parent) => behind[parent]!))
  return plan.nodes.flatMap(({ persist, datasetId }, index) => (persist && behind[index] ? [datasetId] : []))
}

/**
 * Whether a task of the stage finds a partition kept. A task that reads a kept partition does not come to the barrier
 * before it, so behind one either all partitions are read or none.
 */
export function keptFor(
  state: SchedulerState,
  plan: StagePlan | { readonly barrier: undefined },
): (dataset: DatasetId, partition: number) => boolean {
  const isKept = (dataset: DatasetId, partition: number) =>
    (state.cached.get(cacheKey(dataset, partition))?.size ?? 0) > 0
  if (plan.barrier === undefined) return isKept
  const incomplete = new Set(
    datasetsBehindBarrier(plan).filter((dataset) => {
      for (let partition = 0; partition < plan.partitions; partition++) if (!isKept(dataset, partition)) return true
      return false
    }),
  )
  return (dataset, partition) => !incomplete.has(dataset) && isKept(dataset, partition)
}

/** Takes note that a task waits; lets all go on once the last one has come. The error is for tasks that can never meet. */
export function arrive(
  stage: StageState,
  task: RunningTask,
  { round, call, value }: { readonly round: number; readonly call: MeetingCall; readonly value: Uint8Array },
  executorOf: (task: TaskId) => ExecutorId,
  commands: SchedulerCommand[],
): Error | undefined {
  const { plan } = stage
  const gang = stage.gang!
  if (round !== gang.round)
    return new UsageError(
      `${plan.barrier}: partition ${task.partition} comes to its call ${round + 1} of barrier() or allGather() when the others are at call ${gang.round + 1}: ` +
        'a task that gave up waiting has missed the others; let it throw, so that all run again',
    )
  gang.waiting.set(task.partition, { task: task.id, call, value })
  for (const [partition, other] of gang.waiting)
    if (other.call !== call)
      return new UsageError(
        `${plan.barrier}: partition ${task.partition} calls ${call}() where partition ${partition} calls ${other.call}(): ` +
          'all tasks of a barrier stage must make the same calls in the same order',
      )
  if (gang.waiting.size < plan.partitions) return missedMeeting(stage)
  const met = [...gang.waiting].sort(([a], [b]) => a - b).map(([, waiting]) => waiting)
  const values = met.map((waiting) => waiting.value)
  for (const { task } of met) commands.push({ type: 'meet', task, executor: executorOf(task), values })
  gang.waiting.clear()
  gang.round++
  return undefined
}

/** Why those that wait do so in vain: a task that has ended cannot come any more. */
export function missedMeeting({ plan, gang }: StageState): Error | undefined {
  const { finished, waiting, round } = gang!
  if (finished.size === 0 || waiting.size === 0) return undefined
  for (const [partition, { call }] of waiting)
    if (finished.has(partition))
      return new UsageError(`${plan.barrier}: partition ${partition} ended while its ${call}() was under way: await it`)
  const times = `${round} call${round === 1 ? '' : 's'}`
  return new UsageError(
    `${plan.barrier}: partition ${[...finished.keys()][0]} ended after ${times} of barrier() or allGather(), while ` +
      `${listed([...waiting.keys()])} in call ${round + 1}: all tasks of a barrier stage must call them equally often`,
  )
}

/** What keeps those that wait, for the error of a wait that took too long. */
export function absentees({ plan, gang }: StageState): string {
  const absent = Array.from({ length: plan.partitions }, (_, partition) => partition).filter(
    (partition) => !gang!.waiting.has(partition),
  )
  return absent.length === 1
    ? `partition ${absent[0]} has not called it`
    : `partitions ${absent.slice(0, 10).join(', ')}${absent.length > 10 ? ' ...' : ''} have not called it`
}

function listed(partitions: readonly number[]): string {
  return partitions.length === 1 ? `partition ${partitions[0]} waits` : `partitions ${partitions.join(', ')} wait`
}
