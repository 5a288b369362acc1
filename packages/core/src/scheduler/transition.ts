/**
 * The heart of the driver: one event in, commands out; no I/O, no clock, no randomness. First runs and recovery take the
 * same path: whatever a job still needs and nobody has is pending, and `launchPending` starts it.
 */

import { ClusterError, ExecutorLostError } from '../base/errors.ts'
import type { ExecutorId, JobId, StageId, TaskId } from '../base/ids.ts'
import { neededInputs, type NeededInputs } from '../plan/inputs.ts'
import type { StagePlan } from '../protocol/stage-plan.ts'
import { preferredExecutors } from './placement.ts'
import {
  cacheKey,
  type ExecutorState,
  type RunningTask,
  type SchedulerCommand,
  type SchedulerEvent,
  type SchedulerState,
  type StageState,
} from './state.ts'

/** Applies one event to `state` and returns what to do about it, in order. */
export function transition(state: SchedulerState, event: SchedulerEvent, nowMs: number): SchedulerCommand[] {
  const commands: SchedulerCommand[] = []
  switch (event.type) {
    case 'executorJoined':
      state.executors.set(event.executor, {
        id: event.executor,
        cores: event.cores,
        running: new Set(),
        draining: false,
      })
      break
    case 'executorDraining': {
      const executor = state.executors.get(event.executor)
      if (executor) executor.draining = true
      break
    }
    case 'executorLost':
      loseExecutor(state, event.executor, event.reason, commands)
      break
    case 'jobSubmitted':
      submitJob(state, event.job, event.stages, event.partitions, commands)
      break
    case 'jobCancelled':
      endJob(state, event.job, commands)
      break
    case 'taskFinished': {
      const task = takeRunning(state, event.task)
      if (!task || task.cancelled) break
      finishTask(state, task, event, commands)
      break
    }
    case 'taskFailed': {
      const task = takeRunning(state, event.task)
      if (!task || task.cancelled) break
      const stage = state.stages.get(task.stage)!
      const failures = (stage.failures.get(task.partition) ?? 0) + event.weight
      stage.failures.set(task.partition, failures)
      if (!event.retry || failures >= state.limits.maxFailures) failJobsOf(state, task.stage, event.error, commands)
      else stage.pending.add(task.partition)
      break
    }
    case 'fetchFailed': {
      const task = takeRunning(state, event.task)
      if (!task || task.cancelled) break
      forgetBlocksOf(state, event.from)
      retryAfterLoss(state, task, event.reason, commands)
      break
    }
    case 'blockEvicted':
      state.cached.get(cacheKey(event.dataset, event.partition))?.delete(event.executor)
      break
    case 'datasetsDropped': {
      const dropped = new Set<number>(event.datasets)
      for (const key of state.cached.keys()) if (dropped.has(Number(key.split('-')[0]))) state.cached.delete(key)
      for (const shuffle of event.shuffles) {
        const stage = state.mapStageOf.get(shuffle)
        if (stage !== undefined) state.stages.delete(stage)
        state.mapStageOf.delete(shuffle)
      }
      break
    }
    case 'timePassed':
      break
  }
  launchPending(state, nowMs, commands)
  releaseDrained(state, commands)
  return commands
}

function releaseDrained(state: SchedulerState, commands: SchedulerCommand[]): void {
  if (state.jobs.size > 0) return
  for (const { id, draining } of state.executors.values()) {
    if (!draining) continue
    state.executors.delete(id)
    state.lastLoss = `executor ${id} was drained`
    forgetBlocksOf(state, id)
    commands.push({ type: 'releaseExecutor', executor: id })
  }
}

function submitJob(
  state: SchedulerState,
  job: JobId,
  plans: readonly StagePlan[],
  partitions: readonly number[],
  commands: SchedulerCommand[],
): void {
  for (const plan of plans) {
    if (state.stages.has(plan.id)) continue
    const isMap = plan.output.kind === 'shuffle'
    const all = Array.from({ length: plan.partitions }, (_, partition) => partition)
    state.stages.set(plan.id, {
      plan,
      pending: new Set(isMap ? all : partitions),
      waitingSince: new Map(),
      attempts: new Map(),
      failures: new Map(),
      losses: new Map(),
      ...(isMap ? { outputs: all.map(() => undefined) } : {}),
      missingOutputs: isMap ? plan.partitions : 0,
      taskMs: undefined,
    })
    if (plan.output.kind === 'shuffle') state.mapStageOf.set(plan.output.shuffleId, plan.id)
  }
  const result = plans.at(-1)!
  state.jobs.set(job, { id: job, stage: result.id, unfinished: new Set(partitions) })
  if (partitions.length === 0) {
    endJob(state, job, commands)
    commands.push({ type: 'finishJob', job })
  } else if (state.executors.size === 0) {
    failJob(state, job, noExecutorLeft(state), commands)
  }
}

function finishTask(
  state: SchedulerState,
  task: RunningTask,
  event: Extract<SchedulerEvent, { type: 'taskFinished' }>,
  commands: SchedulerCommand[],
): void {
  const stage = state.stages.get(task.stage)
  if (!stage) return
  const { milliseconds } = event.success.metrics
  stage.taskMs = stage.taskMs === undefined ? milliseconds : stage.taskMs + (milliseconds - stage.taskMs) / 8
  for (const { datasetId, partition } of event.success.cached) {
    const key = cacheKey(datasetId, partition)
    const holders = state.cached.get(key) ?? new Set<ExecutorId>()
    holders.add(task.executor)
    state.cached.set(key, holders)
  }
  if (stage.outputs) {
    // A second copy of an output changes nothing: the first commit stands.
    if (stage.outputs[task.partition]) return
    const index = event.success.index!
    stage.outputs[task.partition] = { executor: task.executor, ...index }
    stage.missingOutputs--
  }
  const jobs = [...state.jobs.values()].filter((job) => job.stage === task.stage && job.unfinished.has(task.partition))
  commands.push({
    type: 'commitTask',
    task,
    plan: stage.plan,
    success: event.success,
    jobs: jobs.map((job) => job.id),
  })
  for (const job of jobs) {
    job.unfinished.delete(task.partition)
    if (job.unfinished.size === 0) {
      endJob(state, job.id, commands)
      commands.push({ type: 'finishJob', job: job.id })
    }
  }
}

function loseExecutor(state: SchedulerState, id: ExecutorId, reason: string, commands: SchedulerCommand[]): void {
  const executor = state.executors.get(id)
  if (!executor) return
  state.executors.delete(id)
  state.executorsLost++
  state.lastLoss = reason
  forgetBlocksOf(state, id)
  for (const taskId of Array.from(executor.running)) {
    const task = takeRunning(state, taskId)
    if (task && !task.cancelled) retryAfterLoss(state, task, reason, commands)
  }
  if (state.executors.size === 0)
    for (const job of Array.from(state.jobs.keys())) failJob(state, job, noExecutorLeft(state), commands)
}

/** All map outputs and cached partitions of an executor are gone; what jobs still need becomes pending again. */
function forgetBlocksOf(state: SchedulerState, id: ExecutorId): void {
  for (const holders of state.cached.values()) holders.delete(id)
  for (const stage of state.stages.values()) {
    if (!stage.outputs) continue
    for (const [partition, output] of stage.outputs.entries()) {
      if (output?.executor !== id) continue
      stage.outputs[partition] = undefined
      stage.missingOutputs++
      stage.pending.add(partition)
    }
  }
}

function retryAfterLoss(state: SchedulerState, task: RunningTask, reason: string, commands: SchedulerCommand[]): void {
  const stage = state.stages.get(task.stage)
  if (!stage) return
  const losses = (stage.losses.get(task.partition) ?? 0) + 1
  stage.losses.set(task.partition, losses)
  if (losses >= state.limits.maxLosses) {
    const error = new ClusterError(
      `${reason}; partition ${task.partition} of stage ${task.stage} was lost with its executor ${losses} times, which is the limit (taskMaxLosses)`,
    )
    failJobsOf(state, task.stage, error, commands)
  } else stage.pending.add(task.partition)
}

function noExecutorLeft(state: SchedulerState): Error {
  return new ExecutorLostError(
    `${state.lastLoss ?? 'no executor has joined'}; no executor is left to run the job on: start executors and run it again`,
  )
}

function takeRunning(state: SchedulerState, id: TaskId): RunningTask | undefined {
  const task = state.running.get(id)
  if (!task) return undefined
  state.running.delete(id)
  state.executors.get(task.executor)?.running.delete(id)
  return task
}

/** Fails every job that needs the stage, directly or through shuffles. */
function failJobsOf(state: SchedulerState, stage: StageId, error: Error, commands: SchedulerCommand[]): void {
  for (const job of Array.from(state.jobs.values()))
    if (stagesOf(state, job.stage).has(stage)) failJob(state, job.id, error, commands)
}

function failJob(state: SchedulerState, job: JobId, error: Error, commands: SchedulerCommand[]): void {
  endJob(state, job, commands)
  commands.push({ type: 'failJob', job, error })
}

/** Takes a job out and cancels the tasks that no other job waits for. */
function endJob(state: SchedulerState, id: JobId, commands: SchedulerCommand[]): void {
  const job = state.jobs.get(id)
  if (!job) return
  state.jobs.delete(id)
  const needed = new Set([...state.jobs.values()].flatMap((other) => [...stagesOf(state, other.stage)]))
  for (const task of state.running.values()) {
    if (needed.has(task.stage) || task.cancelled) continue
    task.cancelled = true
    state.stages.get(task.stage)?.pending.add(task.partition)
    commands.push({ type: 'cancelTask', task: task.id, executor: task.executor })
  }
  if (!needed.has(job.stage)) state.stages.delete(job.stage)
}

function stagesOf(state: SchedulerState, root: StageId): Set<StageId> {
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

/** Blocked partitions that are looked at in a row before the rest of a stage is taken to be blocked too. */
const blockedInARow = 64
/** Short tasks are sent ahead, since a message's way and back takes as long as they do; long ones must not queue. */
const queueDepths = [
  { belowMs: 5, tasksPerSlot: 4 },
  { belowMs: 20, tasksPerSlot: 2 },
]

function tasksPerSlot({ taskMs }: StageState): number {
  return queueDepths.find(({ belowMs }) => taskMs !== undefined && taskMs < belowMs)?.tasksPerSlot ?? 1
}

/** Starts pending tasks whose inputs exist, result stages first, and those map tasks that they wait for. */
function launchPending(state: SchedulerState, nowMs: number, commands: SchedulerCommand[]): void {
  const all = [...state.executors.values()]
  const staying = all.filter(({ draining }) => !draining)
  const executors = staying.length > 0 ? staying : all
  const hasRoom = (perSlot: number) => executors.some(({ cores, running }) => running.size < cores * perSlot)
  let wakeAt = Infinity
  const visited = new Set<StageId>()
  const queue: StageId[] = [...state.jobs.values()].map((job) => job.stage)
  for (let i = 0; i < queue.length && hasRoom(queueDepths[0]!.tasksPerSlot); i++) {
    const stage = state.stages.get(queue[i]!)
    if (!stage || visited.has(stage.plan.id)) continue
    visited.add(stage.plan.id)
    const perSlot = tasksPerSlot(stage)
    let blocked = 0
    for (const partition of stage.pending) {
      if (blocked === blockedInARow || !hasRoom(perSlot)) break
      const needed = neededInputs(
        stage.plan,
        partition,
        (dataset, p) => (state.cached.get(cacheKey(dataset, p))?.size ?? 0) > 0,
      )
      const missing = needed.shuffles
        .map(({ shuffleId }) => state.mapStageOf.get(shuffleId)!)
        .filter((parent) => (state.stages.get(parent)?.missingOutputs ?? 0) > 0)
      if (missing.length > 0) {
        for (const parent of missing) if (!visited.has(parent)) queue.push(parent)
        blocked++
        continue
      }
      blocked = 0
      const executor = choose(state, stage, partition, needed, executors, perSlot, nowMs)
      if (typeof executor === 'number') wakeAt = Math.min(wakeAt, executor)
      else launch(state, stage, partition, executor, commands)
    }
  }
  if (wakeAt < Infinity) commands.push({ type: 'wakeAfter', delayMs: Math.max(1, wakeAt - nowMs) })
}

/** An executor with room, or the time until which it is better to wait for a busy one that holds the data. */
function choose(
  state: SchedulerState,
  stage: StageState,
  partition: number,
  needed: NeededInputs,
  executors: readonly ExecutorState[],
  perSlot: number,
  nowMs: number,
): ExecutorId | number {
  const roomOf = ({ cores, running }: ExecutorState) => cores * perSlot - running.size
  const preferred = preferredExecutors(state, needed)
  const idle = preferred.find((id) => executors.some((executor) => executor.id === id && roomOf(executor) > 0))
  if (idle !== undefined) return idle
  if (preferred.length > 0) {
    const since = stage.waitingSince.get(partition) ?? nowMs
    stage.waitingSince.set(partition, since)
    if (nowMs - since < state.limits.localityWaitMs) return since + state.limits.localityWaitMs
  }
  return executors.reduce((best, executor) => (roomOf(executor) > roomOf(best) ? executor : best)).id
}

function launch(
  state: SchedulerState,
  stage: StageState,
  partition: number,
  executor: ExecutorId,
  commands: SchedulerCommand[],
): void {
  stage.pending.delete(partition)
  stage.waitingSince.delete(partition)
  const attempt = stage.attempts.get(partition) ?? 0
  stage.attempts.set(partition, attempt + 1)
  if (attempt > 0) state.tasksRerun++
  const task: RunningTask = {
    id: state.nextTask++ as TaskId,
    stage: stage.plan.id,
    partition,
    attempt,
    executor,
    cancelled: false,
  }
  state.running.set(task.id, task)
  state.executors.get(executor)!.running.add(task.id)
  commands.push({ type: 'launchTask', task })
}
