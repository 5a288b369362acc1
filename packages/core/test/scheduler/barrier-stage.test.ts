/** Barrier stages in the scheduler alone: who starts with whom, who waits for whom, and what a failure takes along. */
import { describe, expect, test } from 'vitest'
import type { DatasetId, ExecutorId, JobId, ShuffleId, StageId, TaskId } from '../../src/base/ids.ts'
import type { MeetingCall, TaskSuccess } from '../../src/protocol/messages.ts'
import type { StagePlan } from '../../src/protocol/stage-plan.ts'
import {
  initialState,
  type SchedulerCommand,
  type SchedulerEvent,
  type SchedulerState,
} from '../../src/scheduler/state.ts'
import { transition } from '../../src/scheduler/transition.ts'

const [a, b, c] = ['a', 'b', 'c'] as ExecutorId[] as [ExecutorId, ExecutorId, ExecutorId]
const barrier = 'barrier().mapPartitions() at job.ts:3:5'

function withExecutors(...executors: ExecutorId[]): SchedulerState {
  const state = initialState({ maxFailures: 3, maxLosses: 3, localityWaitMs: 500 })
  for (const executor of executors)
    transition(state, { type: 'executorJoined', executor, host: `host of ${executor}`, cores: 1 }, 0)
  return state
}

const source = {
  kind: 'range',
  start: 0,
  end: 2,
  step: 1,
  datasetId: 1 as DatasetId,
  partitions: 2,
  site: 'range()',
} as const
const step = {
  kind: 'barrier',
  parent: 0,
  closure: undefined as never,
  indexed: false,
  datasetId: 2 as DatasetId,
  partitions: 2,
  site: barrier,
} as const
const shuffleId = 7 as ShuffleId
const shuffle = {
  kind: 'shuffle',
  shuffleId,
  perReducer: 1,
  datasetId: 3 as DatasetId,
  partitions: 1,
  site: 'x',
} as const

function plan(id: number, change: Partial<StagePlan> = {}): StagePlan {
  const output = { kind: 'count' } as const
  return { id: id as StageId, nodes: [source], output, site: 'x', partitions: 2, broadcasts: [], ...change }
}
const together = (id: number, change: Partial<StagePlan> = {}) =>
  plan(id, { nodes: [source, step], barrier, ...change })
const mapStage = together(1, {
  output: {
    kind: 'shuffle',
    shuffleId,
    partitioner: { kind: 'hash', partitions: 1 },
    perReducer: 1,
    storage: 'memory',
  },
})
const reduceStage = plan(2, { nodes: [shuffle], partitions: 1 })

const done = (change: Partial<TaskSuccess> = {}): TaskSuccess => ({
  value: new Uint8Array(),
  cached: [],
  accumulators: [],
  metrics: { movedBytes: 0, networkBytes: 0, diskBytes: 0, milliseconds: 100 },
  ...change,
})
const mapped = done({ index: { offsets: [0], bytes: [8], checksums: [1] } })

const at = (state: SchedulerState, event: SchedulerEvent) => transition(state, event, 0)
const submit = (state: SchedulerState, job: number, stages: StagePlan[], partitions = [0, 1]) =>
  at(state, { type: 'jobSubmitted', job: job as JobId, stages, partitions })
const finish = (state: SchedulerState, task: number, success = done()) =>
  at(state, { type: 'taskFinished', task: task as TaskId, success })
const fail = (state: SchedulerState, task: number, retry = true) =>
  at(state, { type: 'taskFailed', task: task as TaskId, retry, weight: 1, error: new Error('boom') })
const arrive = (state: SchedulerState, task: number, round: number, call: MeetingCall = 'barrier', value = 0) =>
  at(state, { type: 'taskArrived', task: task as TaskId, round, call, value: Uint8Array.of(value) })

/** `stage/partition@executor` of what is launched, `cancel task`, and the type of everything else. */
const brief = (commands: SchedulerCommand[]) =>
  commands.map((command) => {
    if (command.type === 'cancelTask') return `cancel ${command.task}`
    if (command.type !== 'launchTask') return command.type
    const { stage, partition, attempt, executor } = command.task
    return `${stage}/${partition}@${executor}${attempt > 0 ? ` again ${attempt}` : ''}`
  })
const errorOf = (commands: SchedulerCommand[]) =>
  commands.flatMap((command) => (command.type === 'failJob' ? [command.error.message] : []))

describe('the start', () => {
  test('all tasks start at once, and what they made counts when the last has ended', () => {
    const state = withExecutors(a, b)
    expect(brief(submit(state, 1, [together(1)]))).toEqual(['1/0@a', '1/1@b'])
    expect(brief(finish(state, 2))).toEqual([])
    expect(brief(finish(state, 1))).toEqual(['commitTask', 'commitTask', 'finishJob'])
  })
  test('none starts while a slot is missing, and no later job gets a slot before', () => {
    const state = withExecutors(a, b)
    submit(state, 1, [plan(1, { partitions: 3 })], [0, 1, 2])
    expect(brief(submit(state, 2, [together(2)]))).toEqual([])
    expect(brief(submit(state, 3, [plan(3)]))).toEqual([])
    // The last task of the first job was there before; then slots stay idle until there are two.
    expect(brief(finish(state, 1))).toEqual(['commitTask'])
    expect(brief(finish(state, 2))).toEqual(['commitTask', '2/0@a', '2/1@b'])
    expect(brief(finish(state, 3))).toEqual(['1/2@a'])
    expect(brief(finish(state, 4))).toEqual(['commitTask', 'commitTask', 'finishJob', '3/0@b'])
  })
  test('a slot that is kept for a stage is free again when its job is cancelled', () => {
    const state = withExecutors(a, b)
    submit(state, 1, [plan(1)], [0])
    expect(brief(submit(state, 2, [together(2)]))).toEqual([])
    submit(state, 3, [plan(3)])
    expect(brief(at(state, { type: 'jobCancelled', job: 2 as JobId }))).toEqual(['3/0@b'])
  })
  test('a stage with more partitions than there are slots fails its job with both figures', () => {
    expect(errorOf(submit(withExecutors(a), 1, [together(1)]))).toEqual([
      'barrier().mapPartitions() at job.ts:3:5 starts all 2 tasks of its stage together, but there is 1 slot: repartition(1) before barrier(), or give the context more executors or slots',
    ])
  })
  test('an executor that drains takes part only where there are too few others', () => {
    const state = withExecutors(a, b, c)
    at(state, { type: 'executorDraining', executor: a })
    expect(brief(submit(state, 1, [together(1)]))).toEqual(['1/0@b', '1/1@c'])
    const few = withExecutors(a, b)
    submit(few, 1, [plan(1)], [0])
    at(few, { type: 'executorDraining', executor: a })
    expect(brief(submit(few, 2, [together(2)]))).toEqual([])
    expect(brief(finish(few, 1))).toEqual(['commitTask', 'finishJob', '2/0@a', '2/1@b'])
  })
})

describe('meetings', () => {
  test('the last to arrive lets all go on, with what each gave in the order of partitions', () => {
    const state = withExecutors(a, b)
    submit(state, 1, [together(1)])
    expect(arrive(state, 2, 0, 'allGather', 22)).toEqual([])
    const values = [Uint8Array.of(11), Uint8Array.of(22)]
    expect(arrive(state, 1, 0, 'allGather', 11)).toEqual([
      { type: 'meet', task: 1, executor: 'a', values },
      { type: 'meet', task: 2, executor: 'b', values },
    ])
    expect(brief(arrive(state, 1, 1))).toEqual([])
    expect(brief(arrive(state, 2, 1))).toEqual(['meet', 'meet'])
  })
  test('tasks that call different things, or not equally often, end the job with the reason', () => {
    const mixed = withExecutors(a, b)
    submit(mixed, 1, [together(1)])
    arrive(mixed, 1, 0, 'allGather')
    expect(errorOf(arrive(mixed, 2, 0))).toEqual([
      `${barrier}: partition 1 calls barrier() where partition 0 calls allGather(): all tasks of a barrier stage must make the same calls in the same order`,
    ])
    const reason = `${barrier}: partition 1 ended after 1 call of barrier() or allGather(), while partition 0 waits in call 2: all tasks of a barrier stage must call them equally often`
    for (const endsFirst of [true, false]) {
      const state = withExecutors(a, b)
      submit(state, 1, [together(1)])
      arrive(state, 1, 0)
      arrive(state, 2, 0)
      const last = endsFirst ? (finish(state, 2), arrive(state, 1, 1)) : (arrive(state, 1, 1), finish(state, 2))
      expect({ said: brief(last), error: errorOf(last) }).toEqual({ said: ['cancel 1', 'failJob'], error: [reason] })
    }
  })
  test('a task that ends in the middle of its own call has not awaited it', () => {
    const state = withExecutors(a, b)
    submit(state, 1, [together(1)])
    arrive(state, 2, 0, 'allGather')
    expect(errorOf(finish(state, 2))).toEqual([
      `${barrier}: partition 1 ended while its allGather() was under way: await it`,
    ])
  })
  test('a task that gives up is not waited for as if it were there, and cannot come back once it was missed', () => {
    const state = withExecutors(a, b)
    submit(state, 1, [together(1)])
    arrive(state, 1, 0)
    at(state, { type: 'taskGaveUp', task: 1 as TaskId })
    expect(brief(arrive(state, 2, 0))).toEqual([])
    expect(brief(arrive(state, 1, 0))).toEqual(['meet', 'meet'])
    expect(errorOf(arrive(state, 1, 0))).toEqual([
      `${barrier}: partition 0 comes to its call 1 of barrier() or allGather() when the others are at call 2: a task that gave up waiting has missed the others; let it throw, so that all run again`,
    ])
  })
  test('a wait that took too long makes all run again, and names those that did not come at the last time', () => {
    const state = withExecutors(a, b)
    submit(state, 1, [together(1)])
    const tooLong = (task: number) => {
      arrive(state, task, 0)
      return at(state, { type: 'taskWaitedTooLong', task: task as TaskId, afterMs: 50 })
    }
    expect(brief(tooLong(1))).toEqual(['cancel 1', 'cancel 2'])
    fail(state, 1)
    expect(brief(fail(state, 2))).toEqual(['1/0@a again 1', '1/1@b again 1'])
    tooLong(3)
    fail(state, 3)
    fail(state, 4)
    expect(errorOf(tooLong(5))).toEqual([
      `${barrier}: partition 0 waited 50 ms in barrier(), as long as its timeoutMs allows: partition 1 has not called it`,
    ])
  })
  test('what a task of a former attempt says changes nothing', () => {
    const state = withExecutors(a, b, c)
    submit(state, 1, [together(1)])
    fail(state, 1)
    expect([arrive(state, 2, 0), at(state, { type: 'taskGaveUp', task: 2 as TaskId }), arrive(state, 99, 0)]).toEqual([
      [],
      [],
      [],
    ])
  })
})

describe('failures', () => {
  test('one task that fails takes all along, and what it left on executors is dropped', () => {
    const state = withExecutors(a, b)
    submit(state, 1, [mapStage, reduceStage], [0])
    finish(state, 1, mapped)
    expect(fail(state, 2)).toEqual([
      { type: 'dropBlocks', datasets: [], shuffles: [7] },
      { type: 'launchTask', task: expect.objectContaining({ partition: 0, attempt: 1, executor: 'a' }) },
      { type: 'launchTask', task: expect.objectContaining({ partition: 1, attempt: 1, executor: 'b' }) },
    ])
    finish(state, 3, mapped)
    expect(brief(finish(state, 4, mapped))).toEqual(['commitTask', 'commitTask', '2/0@a'])
  })
  test('a new attempt waits until the tasks of the old one have left their slots', () => {
    const state = withExecutors(a, b)
    submit(state, 1, [together(1)])
    expect(brief(fail(state, 1))).toEqual(['cancel 2'])
    expect(brief(fail(state, 2))).toEqual(['1/0@a again 1', '1/1@b again 1'])
  })
  test('as many failed attempts as a task may have failures end the job', () => {
    const state = withExecutors(a, b)
    submit(state, 1, [together(1)])
    for (const task of [1, 3]) {
      fail(state, task)
      fail(state, task + 1)
    }
    expect(brief(fail(state, 6))).toEqual(['cancel 5', 'failJob'])
  })
  test('a lost executor takes the attempt along; with too few left the job ends with both reasons', () => {
    const state = withExecutors(a, b, c)
    submit(state, 1, [together(1)])
    finish(state, 1)
    expect(brief(at(state, { type: 'executorLost', executor: b, reason: 'b was killed' }))).toEqual([
      '1/0@a again 1',
      '1/1@c again 1',
    ])
    const last = at(state, { type: 'executorLost', executor: a, reason: 'a was killed' })
    expect({ said: brief(last), error: errorOf(last) }).toEqual({
      said: ['cancel 4', 'failJob'],
      error: [
        `a was killed; ${barrier} starts all 2 tasks of its stage together, but there is 1 slot: repartition(1) before barrier(), or give the context more executors or slots`,
      ],
    })
  })
  test('a map output that is lost later makes the whole stage run again', () => {
    const state = withExecutors(a, b, c)
    submit(state, 1, [mapStage, reduceStage], [0])
    finish(state, 1, mapped)
    finish(state, 2, mapped)
    expect(brief(at(state, { type: 'executorLost', executor: b, reason: 'killed' }))).toEqual(['dropBlocks'])
    expect(brief(at(state, { type: 'fetchFailed', task: 3 as TaskId, from: b, reason: 'gone' }))).toEqual([
      '1/0@a again 1',
      '1/1@c again 1',
    ])
  })
  test('kept partitions behind the barrier are read all or none', () => {
    const state = withExecutors(a, b)
    const kept = (id: number) => together(id, { nodes: [source, { ...step, persist: 'memory' }] })
    const cached = (partition: number) => done({ cached: [{ datasetId: 2 as DatasetId, partition, bytes: 8 }] })
    submit(state, 1, [kept(1)])
    finish(state, 1, cached(0))
    // The failed attempt's partition 0 is not mixed with the next one's partition 1.
    expect(fail(state, 2)[0]).toEqual({ type: 'dropBlocks', datasets: [2], shuffles: [] })
    expect(state.cached.size).toBe(0)
    finish(state, 3, cached(0))
    finish(state, 4, cached(1))
    at(state, { type: 'blockEvicted', executor: a, dataset: 2 as DatasetId, partition: 0 })
    expect(brief(submit(state, 2, [kept(2)]))).toEqual(['2/0@a', '2/1@b'])
  })
})
