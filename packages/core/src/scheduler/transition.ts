/**
 * The heart of the driver: one event in, commands out; no I/O, no clock, no randomness. First runs and recovery take the
 * same path: whatever a job still needs and nobody has is pending, and `launchPending` starts it.
 */

import { ClusterError, ExecutorLostError } from '../base/errors.ts'
import type { ExecutorId, JobId, ShuffleId, StageId, TaskId } from '../base/ids.ts'
import { parseBlock, type TaskSuccess } from '../protocol/messages.ts'
import { splitShuffles } from '../plan/split-point.ts'
import type { StagePlan } from '../protocol/stage-plan.ts'
import { absentees, arrive, missedMeeting, newGang, resetAttempt } from './barrier-stage.ts'
import { endJob, failJob, failJobsOf } from './jobs.ts'
import { launchPending } from './launch.ts'
import { recallQueued } from './recall.ts'
import { PartitionQueue } from './partition-queue.ts'
import { replicate, replicateAgain } from './replication.ts'
import {
  cacheKey,
  type MapOutput,
  type RunningTask,
  type SchedulerCommand,
  type SchedulerEvent,
  type SchedulerState,
  type StageState,
} from './state.ts'
import { WaitingUnits } from './waiting-units.ts'

/** Applies one event to `state` and returns what to do about it, in order. */
export function transition(state: SchedulerState, event: SchedulerEvent, nowMs: number): SchedulerCommand[] {
  const commands: SchedulerCommand[] = []
  switch (event.type) {
    case 'executorJoined':
      state.executors.set(event.executor, {
        id: event.executor,
        host: event.host,
        cores: event.cores,
        running: new Set(),
        draining: false,
      })
      waitAnew(state)
      break
    case 'executorDraining': {
      const executor = state.executors.get(event.executor)
      if (executor) executor.draining = true
      waitAnew(state)
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
      const stage = state.stages.get(task.stage)
      if (!stage) break
      notePartitions(state, stage, task, event.success, commands)
      if (stage.gang) finishTogether(state, stage, task, event.success, commands)
      else commit(state, stage, task, event.success, commands)
      break
    }
    case 'taskArrived': {
      const task = state.running.get(event.task)
      const stage = task && state.stages.get(task.stage)
      if (!stage?.gang || !task || task.cancelled) break
      const error = arrive(stage, task, event, (id) => state.running.get(id)!.executor, commands)
      if (error) failAttempt(state, stage, { retry: false, weight: 1, error }, commands)
      break
    }
    case 'taskGaveUp': {
      const task = state.running.get(event.task)
      if (task && !task.cancelled) state.stages.get(task.stage)?.gang?.waiting.delete(task.partition)
      break
    }
    case 'taskWaitedTooLong': {
      const task = state.running.get(event.task)
      const stage = task && state.stages.get(task.stage)
      const waiting = task && stage?.gang?.waiting.get(task.partition)
      if (!stage || !waiting || task.cancelled) break
      const error = new ClusterError(
        `${stage.plan.barrier}: partition ${task.partition} waited ${event.afterMs} ms in ${waiting.call}(), as long as its timeoutMs allows: ${absentees(stage)}`,
      )
      failAttempt(state, stage, { retry: true, weight: 1, error }, commands)
      break
    }
    case 'taskFailed': {
      const task = takeRunning(state, event.task)
      if (!task || task.cancelled) break
      const stage = state.stages.get(task.stage)
      if (!stage) break
      if (stage.gang) {
        failAttempt(state, stage, event, commands)
        break
      }
      const failures = (stage.failures.get(task.unit) ?? 0) + event.weight
      stage.failures.set(task.unit, failures)
      if (!event.retry || failures >= state.limits.maxFailures) failJobsOf(state, task.stage, event.error, commands)
      else stage.pending.add(task.unit)
      break
    }
    case 'fetchFailed': {
      const task = takeRunning(state, event.task)
      if (!task || task.cancelled) break
      if (event.block === undefined) forgetBlocksOf(state, event.from, commands)
      else {
        forgetBlock(state, event.from, event.block, commands)
        commands.push({ type: 'discardBlock', executor: event.from, block: event.block })
      }
      retryAfterLoss(state, task, event.reason, commands)
      break
    }
    case 'taskRecalled': {
      const task = takeRunning(state, event.task)
      const stage = task && state.stages.get(task.stage)
      if (!stage || task.cancelled) break
      // As if it had not been sent.
      stage.attempts.set(task.unit, task.attempt)
      stage.pending.add(task.unit)
      break
    }
    case 'blocksLost':
      for (const block of event.blocks) forgetBlock(state, event.executor, block, commands)
      break
    case 'blockEvicted':
      state.cached.get(cacheKey(event.dataset, event.partition))?.delete(event.executor)
      break
    case 'partitionCopied': {
      const key = cacheKey(event.dataset, event.partition)
      if (state.copying.delete(`${key}-${event.executor}`) && event.held) state.cached.get(key)?.add(event.executor)
      break
    }
    case 'datasetsDropped': {
      const dropped = new Set<number>(event.datasets)
      for (const key of state.cached.keys()) if (dropped.has(Number(key.split('-')[0]))) state.cached.delete(key)
      for (const id of event.datasets) state.replicated.delete(id)
      for (const [copy, { key }] of state.copying) if (!state.cached.has(key)) state.copying.delete(copy)
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
  recallQueued(state, commands)
  releaseDrained(state, commands)
  return commands
}

/** Whom units wait for may have changed. */
function waitAnew(state: SchedulerState): void {
  for (const { pending, waiting } of state.stages.values()) for (const unit of waiting.clear()) pending.add(unit)
}

function releaseDrained(state: SchedulerState, commands: SchedulerCommand[]): void {
  if (state.jobs.size > 0) return
  for (const { id, draining } of state.executors.values()) {
    if (!draining) continue
    state.executors.delete(id)
    state.lastLoss = `executor ${id} was drained`
    waitAnew(state)
    forgetBlocksOf(state, id, commands)
    replicateAgain(state, id, commands)
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
    const { output, empty = [] } = plan
    const pending = new PartitionQueue(
      output.kind === 'shuffle' ? Array.from({ length: plan.partitions }, (_, partition) => partition) : partitions,
    )
    const outputs: (MapOutput | undefined)[] = Array.from({ length: plan.partitions })
    if (output.kind === 'shuffle') {
      const nothing = emptyOutput(output.partitioner.partitions)
      for (const partition of empty) {
        outputs[partition] = nothing
        pending.delete(partition)
      }
    }
    const shuffles = splitShuffles(plan)
    state.stages.set(plan.id, {
      plan,
      ...(shuffles ? { splitShuffles: shuffles } : {}),
      splits: new Map(),
      pieces: [],
      pending,
      waiting: new WaitingUnits(),
      attempts: new Map(),
      failures: new Map(),
      losses: new Map(),
      ...(output.kind === 'shuffle' ? { outputs } : {}),
      missingOutputs: output.kind === 'shuffle' ? pending.size : 0,
      hasPlaces: plan.nodes.some((node) => node.persist !== undefined || 'locations' in node),
      ...(plan.barrier === undefined ? {} : { gang: newGang() }),
      diskBytes: 0,
      taskMs: undefined,
    })
    if (output.kind === 'shuffle') state.mapStageOf.set(output.shuffleId, plan.id)
    for (const { datasetId, persist: level, replicas: copies = 1 } of plan.nodes)
      if (level && copies > 1 && !state.replicated.has(datasetId))
        state.replicated.set(datasetId, { copies, level, bytes: new Map() })
  }
  const result = plans.at(-1)!
  state.jobs.set(job, { id: job, stage: result.id, unfinished: new Set(partitions) })
  if (partitions.length === 0) {
    endJob(state, job, commands)
    commands.push({ type: 'finishJob', job, splits: new Map() })
  } else if (state.executors.size === 0) {
    failJob(state, job, noExecutorLeft(state), commands)
  }
}

/** Of a partition without rows: it lies nowhere, and nobody reads it. */
function emptyOutput(reducers: number): MapOutput {
  const zeros = Array.from({ length: reducers }, () => 0)
  return { executor: '' as ExecutorId, offsets: zeros, bytes: zeros, checksums: zeros }
}

/** Takes note of how long a task took and which partitions it has left on its executor. */
function notePartitions(
  state: SchedulerState,
  stage: StageState,
  task: RunningTask,
  success: TaskSuccess,
  commands: SchedulerCommand[],
): void {
  const { milliseconds, diskBytes } = success.metrics
  stage.diskBytes += diskBytes
  stage.taskMs = stage.taskMs === undefined ? milliseconds : stage.taskMs + (milliseconds - stage.taskMs) / 8
  for (const { datasetId, partition, bytes } of success.cached) {
    const key = cacheKey(datasetId, partition)
    const holders = state.cached.get(key) ?? new Set<ExecutorId>()
    holders.add(task.executor)
    state.cached.set(key, holders)
    replicate(state, datasetId, partition, bytes, commands)
  }
}

/** What a barrier stage made counts once all of its tasks have ended. */
function finishTogether(
  state: SchedulerState,
  stage: StageState,
  task: RunningTask,
  success: TaskSuccess,
  commands: SchedulerCommand[],
): void {
  const { finished } = stage.gang!
  finished.set(task.partition, { task, success })
  const error = missedMeeting(stage)
  if (error) {
    failAttempt(state, stage, { retry: false, weight: 1, error }, commands)
    return
  }
  if (finished.size < stage.plan.partitions) return
  const ended = [...finished.values()].sort((a, b) => a.task.partition - b.task.partition)
  finished.clear()
  stage.gang!.round = 0
  for (const { task, success } of ended) commit(state, stage, task, success, commands)
}

/** One task failed, so its whole stage did. */
function failAttempt(
  state: SchedulerState,
  stage: StageState,
  { retry, weight, error }: { readonly retry: boolean; readonly weight: number; readonly error: Error },
  commands: SchedulerCommand[],
): void {
  const gang = stage.gang!
  resetAttempt(state, stage, commands)
  gang.failures += weight
  if (retry && gang.failures < state.limits.maxFailures) return
  gang.failures = 0
  failJobsOf(state, stage.plan.id, error, commands)
}

function commit(
  state: SchedulerState,
  stage: StageState,
  task: RunningTask,
  success: TaskSuccess,
  commands: SchedulerCommand[],
): void {
  if (stage.outputs) {
    // A second copy of an output changes nothing: the first commit stands.
    if (stage.outputs[task.unit]) return
    const index = success.index!
    stage.outputs[task.unit] = { executor: task.executor, ...index }
    stage.missingOutputs--
  }
  const jobs = [...state.jobs.values()].filter((job) => job.stage === task.stage && job.unfinished.has(task.unit))
  commands.push({
    type: 'commitTask',
    task,
    plan: stage.plan,
    success,
    jobs: jobs.map((job) => job.id),
  })
  for (const job of jobs) {
    job.unfinished.delete(task.unit)
    if (job.unfinished.size === 0) {
      endJob(state, job.id, commands)
      commands.push({ type: 'finishJob', job: job.id, splits: stage.splits })
    }
  }
}

function loseExecutor(state: SchedulerState, id: ExecutorId, reason: string, commands: SchedulerCommand[]): void {
  const executor = state.executors.get(id)
  if (!executor) return
  state.executors.delete(id)
  state.executorsLost++
  state.lastLoss = reason
  waitAnew(state)
  forgetBlocksOf(state, id, commands)
  replicateAgain(state, id, commands)
  for (const taskId of Array.from(executor.running)) {
    const task = takeRunning(state, taskId)
    if (task && !task.cancelled) retryAfterLoss(state, task, reason, commands)
  }
  if (state.executors.size === 0)
    for (const job of Array.from(state.jobs.keys())) failJob(state, job, noExecutorLeft(state), commands)
}

/** All map outputs and cached partitions of an executor are gone; what jobs still need becomes pending again. */
function forgetBlocksOf(state: SchedulerState, id: ExecutorId, commands: SchedulerCommand[]): void {
  for (const holders of state.cached.values()) holders.delete(id)
  for (const stage of state.stages.values()) {
    if (stage.gang) {
      // A part of what they made together is of no use.
      const ended = [...stage.gang.finished.values()].some(({ task }) => task.executor === id)
      if (ended || stage.outputs?.some((output) => output?.executor === id)) resetAttempt(state, stage, commands)
      continue
    }
    if (!stage.outputs) continue
    for (const [unit, output] of stage.outputs.entries()) if (output?.executor === id) forgetOutput(stage, unit)
  }
}

function forgetOutput(stage: StageState, unit: number): void {
  stage.outputs![unit] = undefined
  stage.missingOutputs++
  stage.pending.add(unit)
}

/** One block that an executor no longer has: a kept partition or a map output. */
function forgetBlock(state: SchedulerState, id: ExecutorId, block: string, commands: SchedulerCommand[]): void {
  const { kind, owner, number } = parseBlock(block)
  if (kind === 'cache') {
    state.cached.get(cacheKey(owner, number))?.delete(id)
    return
  }
  const stage = state.stages.get(state.mapStageOf.get(owner as ShuffleId) ?? (0 as StageId))
  if (stage?.gang?.finished.get(number)?.task.executor !== id && stage?.outputs?.[number]?.executor !== id) return
  if (stage?.gang) resetAttempt(state, stage, commands)
  else forgetOutput(stage!, number)
}

function retryAfterLoss(state: SchedulerState, task: RunningTask, reason: string, commands: SchedulerCommand[]): void {
  const stage = state.stages.get(task.stage)
  if (!stage) return
  if (stage.gang) {
    resetAttempt(state, stage, commands)
    if (++stage.gang.losses < state.limits.maxLosses) return
    stage.gang.losses = 0
    const error = new ClusterError(
      `${reason}; ${stage.plan.barrier} lost a task of its stage with an executor ${state.limits.maxLosses} times, which is the limit (taskMaxLosses)`,
    )
    failJobsOf(state, task.stage, error, commands)
    return
  }
  const losses = (stage.losses.get(task.unit) ?? 0) + 1
  stage.losses.set(task.unit, losses)
  if (losses >= state.limits.maxLosses) {
    const error = new ClusterError(
      `${reason}; partition ${task.partition} of stage ${task.stage} was lost with its executor ${losses} times, which is the limit (taskMaxLosses)`,
    )
    failJobsOf(state, task.stage, error, commands)
  } else stage.pending.add(task.unit)
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
