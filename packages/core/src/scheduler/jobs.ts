/** Which stages a job needs, and how it ends. */

import type { JobId, StageId } from '../base/ids.ts'
import { resetAttempt } from './barrier-stage.ts'
import type { SchedulerCommand, SchedulerState } from './state.ts'

/** Fails every job that needs the stage, directly or through shuffles. */
export function failJobsOf(state: SchedulerState, stage: StageId, error: Error, commands: SchedulerCommand[]): void {
  for (const job of Array.from(state.jobs.values()))
    if (stagesOf(state, job.stage).has(stage)) failJob(state, job.id, error, commands)
}

export function failJob(state: SchedulerState, job: JobId, error: Error, commands: SchedulerCommand[]): void {
  endJob(state, job, commands)
  commands.push({ type: 'failJob', job, error })
}

/** Takes a job out and cancels the tasks that no other job waits for. */
export function endJob(state: SchedulerState, id: JobId, commands: SchedulerCommand[]): void {
  const job = state.jobs.get(id)
  if (!job) return
  state.jobs.delete(id)
  const needed = new Set([...state.jobs.values()].flatMap((other) => [...stagesOf(state, other.stage)]))
  for (const task of state.running.values()) {
    if (needed.has(task.stage) || task.cancelled) continue
    const stage = state.stages.get(task.stage)
    if (stage?.gang) {
      resetAttempt(state, stage, commands)
      continue
    }
    task.cancelled = true
    stage?.pending.add(task.unit)
    commands.push({ type: 'cancelTask', task: task.id, executor: task.executor })
  }
  if (!needed.has(job.stage)) state.stages.delete(job.stage)
}

export function stagesOf(state: SchedulerState, root: StageId): Set<StageId> {
  const found = new Set<StageId>([root])
  for (const id of found) {
    for (const node of state.stages.get(id)?.plan.nodes ?? []) {
      if (node.kind !== 'shuffle') continue
      const parent = state.mapStageOf.get(node.shuffleId)
      if (parent !== undefined) found.add(parent)
    }
  }
  return found
}
