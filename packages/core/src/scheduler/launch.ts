/** Which pending tasks start now, and where; those of a barrier stage all at once, or none. */

import { ExecutorLostError, UsageError } from '../base/errors.ts'
import type { DatasetId, ExecutorId, StageId, TaskId } from '../base/ids.ts'
import { tooFewSlots } from '../plan/check-barriers.ts'
import { neededInputs, type NeededInputs } from '../plan/inputs.ts'
import { keptFor } from './barrier-stage.ts'
import { failJobsOf, stagesOf } from './jobs.ts'
import { preferredExecutors } from './placement.ts'
import { partitionOfUnit, splitSkewed } from './split-skewed.ts'
import type { ExecutorState, RunningTask, SchedulerCommand, SchedulerState, StageState } from './state.ts'

/** Blocked partitions that are looked at in a row before the rest of a stage is taken to be blocked too. */
const blockedInARow = 64
/** Short tasks are sent ahead, since a message's way and back takes as long as they do; long ones must not queue. */
const queueDepths = [
  { belowMs: 1, tasksPerSlot: 16 },
  { belowMs: 5, tasksPerSlot: 4 },
  { belowMs: 20, tasksPerSlot: 2 },
]

/** Of tasks that are not taken back for an idle executor, since they would rather wait for theirs. */
const deepestUnrecalled = 4

function hasRoom(executors: readonly ExecutorState[], perSlot: number): boolean {
  return executors.some((executor) => roomOf(executor, perSlot) > 0)
}

/** Whom a slot's queue is filled up again at: a deep one not by each task that leaves it, since messages go together. */
function refillAt(perSlot: number): number {
  return perSlot > deepestUnrecalled ? perSlot / 2 : perSlot
}

function tasksPerSlot({ taskMs, hasPlaces }: StageState): number {
  const depth = queueDepths.find(({ belowMs }) => taskMs !== undefined && taskMs < belowMs)?.tasksPerSlot ?? 1
  return hasPlaces ? Math.min(depth, deepestUnrecalled) : depth
}

/** Starts pending tasks whose inputs exist, result stages first, and those map tasks that they wait for. */
export function launchPending(state: SchedulerState, nowMs: number, commands: SchedulerCommand[]): void {
  const all = [...state.executors.values()]
  const staying = all.filter(({ draining }) => !draining)
  const executors = staying.length > 0 ? staying : all
  if (state.reservedFor !== undefined && launchReserved(state, state.reservedFor, commands) === 'waiting') return
  let wakeAt = Infinity
  /** A stage whose tasks wait for a slot is not kept from it by the queues of those after it. */
  let deepest = queueDepths[0]!.tasksPerSlot
  const isKept = keptFor(state, { barrier: undefined })
  const visited = new Set<StageId>()
  const queue: StageId[] = [...state.jobs.values()].map((job) => job.stage)
  for (let i = 0; i < queue.length && hasRoom(executors, queueDepths[0]!.tasksPerSlot); i++) {
    const stage = state.stages.get(queue[i]!)
    if (!stage || visited.has(stage.plan.id)) continue
    visited.add(stage.plan.id)
    if (stage.gang) {
      const outcome = launchTogether(state, stage, commands)
      if (outcome === 'waiting') {
        state.reservedFor = stage.plan.id
        break
      }
      if (outcome === 'failed') return launchPending(state, nowMs, commands)
      if (outcome !== 'launched') for (const parent of outcome) if (!visited.has(parent)) queue.push(parent)
      continue
    }
    const perSlot = Math.min(deepest, tasksPerSlot(stage))
    const open = executors.filter(({ cores, running }) => running.size <= cores * refillAt(perSlot))
    let blocked = 0
    splitSkewed(state, stage)
    launchWaiting(state, stage, open, perSlot, isKept, nowMs, commands)
    for (const unit of stage.pending) {
      if (blocked === blockedInARow) break
      if (!hasRoom(open, perSlot)) {
        deepest = perSlot
        break
      }
      const needed = neededInputs(stage.plan, partitionOfUnit(stage, unit), isKept)
      const missing = missingParents(state, needed)
      if (missing.length > 0) {
        for (const parent of missing) if (!visited.has(parent)) queue.push(parent)
        blocked++
        continue
      }
      blocked = 0
      const preferred = preferredExecutors(state, needed)
      const executor = preferred.length > 0 ? withRoom(open, perSlot, preferred) : roomiest(open, perSlot)
      if (executor) launch(state, stage, unit, executor.id, commands)
      else {
        stage.pending.delete(unit)
        stage.waiting.add(unit, preferred, nowMs)
      }
    }
    // Those who need not wait any longer.
    launchWaiting(state, stage, open, perSlot, isKept, nowMs, commands)
    const { first } = stage.waiting
    if (first && hasRoom(open, perSlot)) wakeAt = Math.min(wakeAt, first.since + state.limits.localityWaitMs)
  }
  if (wakeAt < Infinity) commands.push({ type: 'wakeAfter', delayMs: Math.max(1, wakeAt - nowMs) })
}

function missingParents(state: SchedulerState, needed: NeededInputs): StageId[] {
  return needed.shuffles
    .map(({ shuffleId }) => state.mapStageOf.get(shuffleId)!)
    .filter((parent) => (state.stages.get(parent)?.missingOutputs ?? 0) > 0)
}

/** Tries the barrier stage that waits for slots, if there is still a job that needs it. */
function launchReserved(state: SchedulerState, id: StageId, commands: SchedulerCommand[]) {
  state.reservedFor = undefined
  const stage = state.stages.get(id)
  if (!stage || ![...state.jobs.values()].some((job) => stagesOf(state, job.stage).has(id))) return undefined
  const outcome = launchTogether(state, stage, commands)
  if (outcome === 'waiting') state.reservedFor = id
  return outcome
}

/**
 * Starts all tasks of a barrier stage, each on a slot of its own that is idle, or none of them: where slots are missing that
 * will come free (`waiting`), where there are not so many slots (`failed`: so do its jobs), where inputs are missing (their stages).
 */
function launchTogether(
  state: SchedulerState,
  stage: StageState,
  commands: SchedulerCommand[],
): 'launched' | 'waiting' | 'failed' | StageId[] {
  const { plan, pending } = stage
  if (pending.size === 0) return 'launched'
  const isKept = keptFor(state, plan)
  const partitions = [...pending].sort((a, b) => a - b)
  const inputs = new Map(partitions.map((partition) => [partition, neededInputs(plan, partition, isKept)]))
  const missing = new Set([...inputs.values()].flatMap((needed) => missingParents(state, needed)))
  if (missing.size > 0) return [...missing]
  const all = [...state.executors.values()]
  const slotsOf = (executors: readonly ExecutorState[]) => executors.reduce((sum, { cores }) => sum + cores, 0)
  if (slotsOf(all) < partitions.length) {
    const { message } = tooFewSlots(plan.barrier!, partitions.length, slotsOf(all))
    const error =
      state.lastLoss === undefined ? new UsageError(message) : new ExecutorLostError(`${state.lastLoss}; ${message}`)
    failJobsOf(state, plan.id, error, commands)
    return 'failed'
  }
  const staying = all.filter(({ draining }) => !draining)
  const executors = slotsOf(staying) < partitions.length ? all : staying
  const idle = new Map(executors.map(({ id, cores, running }) => [id, Math.max(0, cores - running.size)]))
  if ([...idle.values()].reduce((sum, slots) => sum + slots, 0) < partitions.length) return 'waiting'
  const places = new Map<number, ExecutorId>()
  const place = (partition: number, executor: ExecutorId) => {
    idle.set(executor, idle.get(executor)! - 1)
    places.set(partition, executor)
  }
  for (const [partition, needed] of inputs) {
    const preferred = preferredExecutors(state, needed).find((id) => (idle.get(id) ?? 0) > 0)
    if (preferred !== undefined) place(partition, preferred)
  }
  for (const partition of partitions)
    if (!places.has(partition)) place(partition, [...idle].reduce((best, each) => (each[1] > best[1] ? each : best))[0])
  for (const partition of partitions) launch(state, stage, partition, places.get(partition)!, commands)
  return 'launched'
}

/** Starts units that have waited: on the executors that they wait for, or after `localityWaitMs` on any. */
function launchWaiting(
  state: SchedulerState,
  stage: StageState,
  open: readonly ExecutorState[],
  perSlot: number,
  isKept: (dataset: DatasetId, partition: number) => boolean,
  nowMs: number,
  commands: SchedulerCommand[],
): void {
  const { waiting } = stage
  const start = (unit: number, executor: ExecutorId) => {
    waiting.delete(unit)
    const needed = neededInputs(stage.plan, partitionOfUnit(stage, unit), isKept)
    // Map outputs may have been lost meanwhile.
    if (missingParents(state, needed).length > 0) stage.pending.add(unit)
    else launch(state, stage, unit, executor, commands)
  }
  for (const executor of open)
    for (const unit of waiting.of(executor.id)) {
      if (roomOf(executor, perSlot) <= 0) break
      start(unit, executor.id)
    }
  for (let { first } = waiting; first && hasRoom(open, perSlot); first = waiting.first) {
    if (nowMs - first.since < state.limits.localityWaitMs) return
    start(first.unit, roomiest(open, perSlot).id)
  }
}

function roomOf({ cores, running }: ExecutorState, perSlot: number): number {
  return cores * perSlot - running.size
}

function withRoom(
  executors: readonly ExecutorState[],
  perSlot: number,
  preferred: readonly ExecutorId[],
): ExecutorState | undefined {
  for (const id of preferred) {
    const executor = executors.find((each) => each.id === id)
    if (executor && roomOf(executor, perSlot) > 0) return executor
  }
  return undefined
}

function roomiest(executors: readonly ExecutorState[], perSlot: number): ExecutorState {
  return executors.reduce((best, executor) => (roomOf(executor, perSlot) > roomOf(best, perSlot) ? executor : best))
}

function launch(
  state: SchedulerState,
  stage: StageState,
  unit: number,
  executor: ExecutorId,
  commands: SchedulerCommand[],
): void {
  stage.pending.delete(unit)
  const attempt = stage.attempts.get(unit) ?? 0
  stage.attempts.set(unit, attempt + 1)
  if (attempt > 0) state.tasksRerun++
  const piece = stage.pieces[unit - stage.plan.partitions]
  const task: RunningTask = {
    id: state.nextTask++ as TaskId,
    stage: stage.plan.id,
    unit,
    partition: piece?.partition ?? unit,
    ...(piece ? { piece: { index: piece.index, of: piece.of } } : {}),
    attempt,
    executor,
    cancelled: false,
    isRecalled: false,
  }
  state.running.set(task.id, task)
  state.executors.get(executor)!.running.add(task.id)
  commands.push({ type: 'launchTask', task })
}
