import { describe, expect, test } from 'vitest'
import type { DatasetId, ExecutorId, JobId, ShuffleId, StageId, TaskId } from '../../src/base/ids.ts'
import type { TaskSuccess } from '../../src/protocol/messages.ts'
import type { StagePlan } from '../../src/protocol/stage-plan.ts'
import { initialState, type SchedulerCommand, type SchedulerState } from '../../src/scheduler/state.ts'
import { outputsInOrder } from '../../src/scheduler/split-skewed.ts'
import { transition } from '../../src/scheduler/transition.ts'

const a = 'a' as ExecutorId
const b = 'b' as ExecutorId

function withExecutors(...executors: ExecutorId[]): SchedulerState {
  const state = initialState({ maxFailures: 2, maxLosses: 3, localityWaitMs: 500, skewSplit: false })
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
const rowsAt = { kind: 'rows', datasetId: 1 as DatasetId, partitions: 2, site: 'parallelize()' } as const
const shuffle = {
  kind: 'shuffle',
  shuffleId: 7 as ShuffleId,
  perReducer: 1,
  datasetId: 2 as DatasetId,
  partitions: 1,
  site: 'x',
} as const

function plan(id: number, change: Partial<StagePlan> = {}): StagePlan {
  return {
    id: id as StageId,
    nodes: [source],
    output: { kind: 'count' },
    site: 'count()',
    partitions: 2,
    broadcasts: [],
    ...change,
  }
}

/** Two map tasks, then one reducer. */
const mapStage = plan(1, {
  output: {
    kind: 'shuffle',
    shuffleId: 7 as ShuffleId,
    partitioner: { kind: 'hash', partitions: 1 },
    perReducer: 1,
    storage: 'memory',
  },
})
const resultStage = plan(2, { nodes: [shuffle], partitions: 1 })

const done = (index = false, milliseconds = 100): TaskSuccess => ({
  ...(index ? { index: { offsets: [0], bytes: [8], checksums: [1] } } : { value: new Uint8Array() }),
  cached: [],
  accumulators: [],
  metrics: { movedBytes: 0, networkBytes: 0, diskBytes: 0, milliseconds },
})

function submit(state: SchedulerState, job: number, stages: StagePlan[], partitions: number[]): SchedulerCommand[] {
  return transition(state, { type: 'jobSubmitted', job: job as JobId, stages, partitions }, 0)
}

const finish = (state: SchedulerState, task: number, success = done()) =>
  transition(state, { type: 'taskFinished', task: task as TaskId, success }, 0)

/** `stage/partition@executor` of what is launched, the type of everything else. */
const brief = (commands: SchedulerCommand[]) =>
  commands.map((command) =>
    command.type === 'launchTask'
      ? `${command.task.stage}/${command.task.partition}@${command.task.executor}`
      : command.type,
  )

describe('a job of two stages', () => {
  test('launches its map tasks, then the reducer, and ends', () => {
    const state = withExecutors(a, b)
    expect(brief(submit(state, 1, [mapStage, resultStage], [0]))).toEqual(['1/0@a', '1/1@b'])
    expect(brief(finish(state, 1, done(true)))).toEqual(['commitTask'])
    expect(brief(finish(state, 2, done(true)))).toEqual(['commitTask', '2/0@a'])
    expect(brief(finish(state, 3))).toEqual(['commitTask', 'finishJob'])
  })

  test('a second job on the same shuffle reads the outputs that exist', () => {
    const state = withExecutors(a, b)
    submit(state, 1, [mapStage, resultStage], [0])
    for (const [task, index] of [
      [1, true],
      [2, true],
      [3, false],
    ] as const)
      finish(state, task, done(index))
    expect(brief(submit(state, 2, [mapStage, { ...resultStage, id: 3 as StageId }], [0]))).toEqual(['3/0@a'])
  })

  test('outputs of a lost executor are made again, and only those', () => {
    const state = withExecutors(a, b)
    submit(state, 1, [mapStage, resultStage], [0])
    finish(state, 1, done(true))
    finish(state, 2, done(true))
    expect(brief(transition(state, { type: 'executorLost', executor: b, reason: 'killed' }, 0))).toEqual([])
    // The reducer runs on `a`; when it cannot fetch, the lost part is made again before its second attempt.
    expect(brief(transition(state, { type: 'fetchFailed', task: 3 as TaskId, from: b, reason: 'gone' }, 0))).toEqual([
      '1/1@a',
    ])
    expect(brief(finish(state, 4, done(true)))).toEqual(['commitTask', '2/0@a'])
  })

  test('a completion that comes late changes nothing', () => {
    const state = withExecutors(a, b)
    submit(state, 1, [mapStage, resultStage], [0])
    transition(state, { type: 'executorLost', executor: b, reason: 'killed' }, 0)
    expect(brief(finish(state, 2, done(true)))).toEqual([])
    expect(brief(finish(state, 99))).toEqual([])
  })
})

test('no task is started for a map whose partition is known to be empty, nor is its output ever missed', () => {
  const state = withExecutors(a, b)
  expect(brief(submit(state, 1, [{ ...mapStage, partitions: 3, empty: [0, 2] }, resultStage], [0]))).toEqual(['1/1@a'])
  expect(brief(finish(state, 1, done(true)))).toEqual(['commitTask', '2/0@a'])
  transition(state, { type: 'executorLost', executor: a, reason: 'killed' }, 0)
  expect(state.stages.get(1 as StageId)!.missingOutputs).toBe(1)
})

describe('blocks that are gone', () => {
  test('only the map output that could not be read is made again, and its holder lets go of it', () => {
    const state = withExecutors(a, b)
    submit(state, 1, [mapStage, resultStage], [0])
    finish(state, 1, done(true))
    finish(state, 2, done(true))
    const failed = { type: 'fetchFailed', task: 3 as TaskId, from: b, block: 'shuffle-7-1', reason: 'gone' } as const
    const commands = transition(state, failed, 0)
    expect(commands[0]).toEqual({ type: 'discardBlock', executor: 'b', block: 'shuffle-7-1' })
    expect(brief(commands)).toEqual(['discardBlock', '1/1@a'])
    expect(state.stages.get(1 as StageId)!.outputs![0]).toBeDefined()
  })

  test('what an executor says it has lost is forgotten, unless it is another one that holds it', () => {
    const state = withExecutors(a, b)
    submit(state, 1, [mapStage, resultStage], [0])
    finish(state, 1, done(true))
    finish(state, 2, done(true))
    state.cached.set('4-0', new Set([a, b]))
    const lost = ['shuffle-7-0', 'shuffle-7-1', 'shuffle-9-0', 'cache-4-0', 'cache-5-0']
    expect(brief(transition(state, { type: 'blocksLost', executor: b, blocks: lost }, 0))).toEqual([])
    expect(state.cached.get('4-0')).toEqual(new Set([a]))
    expect(state.stages.get(1 as StageId)!.outputs!.map((output) => output?.executor)).toEqual(['a', undefined])
  })
})

describe('failures', () => {
  test('a task that fails as often as allowed fails its job, and cancels what the job still runs', () => {
    const state = withExecutors(a, b)
    submit(state, 1, [plan(1)], [0, 1])
    const fail = (task: number) =>
      transition(
        state,
        { type: 'taskFailed', task: task as TaskId, retry: true, weight: 1, error: new Error('boom') },
        0,
      )
    expect(brief(fail(1))).toEqual(['1/0@a'])
    expect(brief(fail(3))).toEqual(['cancelTask', 'failJob'])
  })

  test('a task that must not be retried fails its job at once', () => {
    const state = withExecutors(a)
    submit(state, 1, [plan(1)], [0, 1])
    expect(
      transition(
        state,
        { type: 'taskFailed', task: 1 as TaskId, retry: false, weight: 1, error: new Error('usage') },
        0,
      ),
    ).toEqual([{ type: 'failJob', job: 1, error: new Error('usage') }])
  })

  test('without executors a job fails with the reason why the last one went', () => {
    const state = withExecutors(a)
    submit(state, 1, [plan(1)], [0, 1])
    const [command] = transition(state, { type: 'executorLost', executor: a, reason: 'a was killed by SIGKILL' }, 0)
    expect(command).toMatchObject({
      type: 'failJob',
      error: {
        name: 'ExecutorLostError',
        message: 'a was killed by SIGKILL; no executor is left to run the job on: start executors and run it again',
      },
    })
  })
})

describe('a partition that is far larger than others', () => {
  const joined = { ...shuffle, partitions: 3 }
  const mapOf = (id: number): StagePlan => ({
    ...plan(id, { partitions: 1 }),
    output: { ...mapStage.output, partitioner: { kind: 'hash', partitions: 3 } } as StagePlan['output'],
  })
  const reduce = plan(2, { nodes: [joined], partitions: 3 })
  const wrote = (...bytes: number[]): TaskSuccess => ({
    ...done(),
    index: { offsets: bytes.map(() => 0), bytes, checksums: bytes },
  })
  const withSplit = (...executors: ExecutorId[]) => {
    const state = initialState({
      maxFailures: 2,
      maxLosses: 3,
      localityWaitMs: 500,
      skewSplit: { factor: 2, minBytes: 10 },
    })
    for (const executor of executors)
      transition(state, { type: 'executorJoined', executor, host: `host of ${executor}`, cores: 9 }, 0)
    return state
  }
  const pieces = (commands: SchedulerCommand[]) =>
    commands.flatMap((command) =>
      command.type === 'launchTask'
        ? [
            `${command.task.id}: ${command.task.partition} ${command.task.piece ? `${command.task.piece.index}/${command.task.piece.of}` : ''}`.trim(),
          ]
        : [],
    )

  test('is split by its size into tasks that the job waits for', () => {
    const state = withSplit(a)
    submit(state, 1, [mapOf(1), reduce], [0, 1, 2])
    expect(pieces(finish(state, 1, wrote(20, 100, 30)))).toEqual([
      '2: 0',
      '3: 2',
      '4: 1 0/4',
      '5: 1 1/4',
      '6: 1 2/4',
      '7: 1 3/4',
    ])
    for (const task of [2, 3, 4, 6, 7]) expect(brief(finish(state, task))).toEqual(['commitTask'])
    expect(finish(state, 5).at(-1)).toEqual({ type: 'finishJob', job: 1, splits: new Map([[1, [3, 4, 5, 6]]]) })
    expect(state.partitionsSplit).toBe(1)
  })

  test('is not split below the size and factor that are set, nor where splitting is off', () => {
    const state = withSplit(a)
    submit(state, 1, [mapOf(1), reduce], [0, 1, 2])
    expect(pieces(finish(state, 1, wrote(20, 40, 30)))).toEqual(['2: 0', '3: 1', '4: 2'])
    const small = withSplit(a)
    submit(small, 1, [mapOf(1), reduce], [0, 1, 2])
    expect(pieces(finish(small, 1, wrote(1, 10, 1)))).toEqual(['2: 0', '3: 1', '4: 2'])
  })

  test('a sub-task that fails or is lost runs again by itself', () => {
    const state = withSplit(a, b)
    submit(state, 1, [mapOf(1), reduce], [1])
    expect(pieces(finish(state, 1, wrote(20, 50, 20)))).toEqual(['2: 1 0/3', '3: 1 1/3', '4: 1 2/3'])
    const failed = { type: 'taskFailed', task: 3 as TaskId, retry: true, weight: 1, error: new Error('boom') } as const
    expect(pieces(transition(state, failed, 0))).toEqual(['5: 1 1/3'])
    const lostPieces = [...state.running.values()].filter(({ executor }) => executor === b).length
    const again = pieces(transition(state, { type: 'executorLost', executor: b, reason: 'killed' }, 0))
    expect(again.length).toBe(lostPieces)
  })

  test('its map outputs are read in the order of their rows, and made again piece by piece', () => {
    const state = withSplit(a, b)
    const middle: StagePlan = {
      ...reduce,
      output: {
        ...mapStage.output,
        shuffleId: 8 as ShuffleId,
        partitioner: { kind: 'hash', partitions: 1 },
      } as StagePlan['output'],
    }
    const last = plan(3, { nodes: [{ ...shuffle, shuffleId: 8 as ShuffleId }], partitions: 1 })
    submit(state, 1, [mapOf(1), middle, last], [0])
    finish(state, 1, wrote(20, 50, 20))
    for (const task of [2, 3, 4, 5]) finish(state, task, wrote(task))
    expect(brief(finish(state, 6, wrote(6)))).toEqual(['commitTask', '3/0@a'])
    const stage = state.stages.get(2 as StageId)!
    expect(Array.from(outputsInOrder(stage), ({ unit }) => unit)).toEqual([0, 3, 4, 5, 2])
    const onB = stage.outputs!.filter((output) => output?.executor === b).length
    expect(onB).toBeGreaterThan(0)
    transition(state, { type: 'executorLost', executor: b, reason: 'killed' }, 0)
    expect(stage.missingOutputs).toBe(onB)
  })
})

describe('placement', () => {
  const kept = plan(1, { nodes: [{ ...source, persist: 'memory' }] })
  const cachedOn = (state: SchedulerState, task: number, partition: number) =>
    finish(state, task, { ...done(), cached: [{ datasetId: 1 as DatasetId, partition, bytes: 8 }] })

  test('a task waits a while for the executor that holds its cached input, then takes any', () => {
    const state = withExecutors(a, b)
    submit(state, 1, [kept], [0, 1])
    cachedOn(state, 1, 0)
    cachedOn(state, 2, 1)
    submit(state, 2, [plan(2)], [0])
    expect(brief(submit(state, 3, [{ ...kept, id: 3 as StageId }], [0, 1]))).toEqual(['3/1@b'])
    expect(brief(transition(state, { type: 'taskFinished', task: 4 as TaskId, success: done() }, 100))).toEqual([
      'commitTask',
      'wakeAfter',
    ])
    expect(brief(transition(state, { type: 'timePassed' }, 500))).toEqual(['3/0@b'])
  })

  test('a task runs where its source lies, by executor before by host, and anywhere where no executor has that name', () => {
    const located = (id: number, ...locations: string[][]) => plan(id, { nodes: [{ ...rowsAt, locations }] })
    const state = withExecutors(a, b)
    expect(brief(submit(state, 1, [located(1, ['host of b'], ['a'])], [0, 1]))).toEqual(['1/0@b', '1/1@a'])
    finish(state, 1)
    finish(state, 2)
    expect(brief(submit(state, 2, [located(2, ['host of a', 'b'], ['nowhere'])], [0, 1]))).toEqual(['2/0@b', '2/1@a'])
    // Both would rather run on `b`, which is busy: they wait, for so long as for kept partitions.
    expect(brief(submit(state, 3, [located(3, ['b'], ['b'])], [0, 1]))).toEqual([])
    expect(brief(transition(state, { type: 'taskFinished', task: 4 as TaskId, success: done() }, 0))).toEqual([
      'commitTask',
      'wakeAfter',
    ])
    expect(brief(transition(state, { type: 'timePassed' }, 500))).toEqual(['3/0@a'])
  })

  test('a kept partition goes before what the source says', () => {
    const state = withExecutors(a, b)
    const kept = (id: number) => plan(id, { nodes: [{ ...rowsAt, persist: 'memory', locations: [['a'], ['a']] }] })
    submit(state, 1, [kept(1)], [1])
    submit(state, 2, [plan(2)], [0])
    finish(state, 2)
    state.cached.set('1-0', new Set([b]))
    expect(brief(submit(state, 3, [kept(3)], [0]))).toEqual(['3/0@b'])
  })

  test('tasks that turn out to be short are sent ahead, four for each slot', () => {
    const state = withExecutors(a)
    expect(brief(submit(state, 1, [plan(1, { partitions: 8 })], [0, 1, 2, 3, 4, 5, 6, 7]))).toEqual(['1/0@a'])
    expect(brief(finish(state, 1, done(false, 1)))).toEqual(['commitTask', '1/1@a', '1/2@a', '1/3@a', '1/4@a'])
    // The mean of 1 ms and a few long ones is no longer short: the queue runs dry first.
    for (const task of [2, 3, 4]) expect(brief(finish(state, task, done(false, 100)))).toEqual(['commitTask'])
    expect(brief(finish(state, 5, done(false, 100)))).toEqual(['commitTask', '1/5@a'])
  })

  test('of the shortest, sixteen wait for each slot, and more come when half of them are done', () => {
    const state = withExecutors(a)
    const all = Array.from({ length: 40 }, (_, partition) => partition)
    const launched = (from: number, to: number) => all.slice(from, to).map((partition) => `1/${partition}@a`)
    submit(state, 1, [plan(1, { partitions: 40 })], all)
    expect(brief(finish(state, 1, done(false, 0.1)))).toEqual(['commitTask', ...launched(1, 17)])
    for (const task of [2, 3, 4, 5, 6, 7, 8])
      expect(brief(finish(state, task, done(false, 0.1)))).toEqual(['commitTask'])
    expect(brief(finish(state, 9, done(false, 0.1)))).toEqual(['commitTask', ...launched(17, 25)])
  })

  test('short tasks of a later job do not queue up before one of an earlier job that waits for a slot', () => {
    const state = withExecutors(a)
    const all = Array.from({ length: 20 }, (_, partition) => partition)
    submit(state, 1, [plan(1)], [0])
    submit(state, 2, [plan(2, { partitions: 20 })], all)
    const failed = { type: 'taskFailed', task: 3 as TaskId, retry: true, weight: 1, error: new Error('x') } as const
    transition(state, { type: 'executorJoined', executor: b, host: 'h', cores: 1 }, 0)
    expect(brief(finish(state, 2, done(false, 1))).length).toBe(8)
    expect(brief(transition(state, { ...failed, task: 1 as TaskId }, 0))).toEqual([])
    const ofA = [...state.running.values()].filter(({ executor }) => executor === a)
    expect(ofA.map(({ stage }) => stage)).toEqual([2, 2, 2])
    for (const { id } of ofA.slice(1)) expect(brief(finish(state, id, done(false, 1)))).toEqual(['commitTask'])
    expect(brief(finish(state, ofA[0]!.id, done(false, 1)))).toEqual([
      'commitTask',
      '1/0@a',
      '2/8@a',
      '2/9@a',
      '2/10@a',
    ])
  })

  test('tasks that wait behind others are asked back for an executor that has nothing to do, the last first', () => {
    const state = withExecutors(a, b)
    const all = Array.from({ length: 12 }, (_, partition) => partition)
    submit(state, 1, [plan(1, { partitions: 12 })], all)
    // Partition 0 takes long; all others wait behind it or are done.
    finish(state, 2, done(false, 0.1))
    const [ofA, ofB] = [a, b].map((id) => [...state.executors.get(id)!.running])
    expect([ofA!.length, ofB!.length]).toEqual([6, 5])
    for (const id of ofB!.slice(0, -1)) expect(brief(finish(state, id, done(false, 0.1)))).toEqual(['commitTask'])
    const recall = (id: TaskId) => ({ type: 'recallTask', task: id, executor: 'a' })
    expect(finish(state, ofB!.at(-1)!, done(false, 0.1)).slice(1)).toEqual([recall(ofA![5]!)])
    // No other is asked for while that one has no answer.
    expect(finish(state, 99)).toEqual([])
    expect(brief(transition(state, { type: 'taskRecalled', task: ofA![5]! }, 0))).toEqual(['1/11@b'])
    expect([...state.running.values()].at(-1)!.attempt).toBe(0)
    expect(finish(state, [...state.running.keys()].at(-1)!, done(false, 0.1)).slice(1)).toEqual([recall(ofA![4]!)])
    // That one had started.
    expect(finish(state, ofA![4]!, done(false, 0.1)).slice(1)).toEqual([recall(ofA![3]!)])
    expect(transition(state, { type: 'taskRecalled', task: ofA![4]! }, 0)).toEqual([])
  })

  test('what waits for a busy executor costs the others nothing, and runs anywhere when that is lost', () => {
    const partitions = 6000
    const state = withExecutors(a, b)
    const all = Array.from({ length: partitions }, (_, partition) => partition)
    for (const partition of all) state.cached.set(`1-${partition}`, new Set([a]))
    submit(state, 1, [plan(1, { partitions, nodes: [{ ...source, persist: 'memory' }] })], all)
    const started = performance.now()
    for (let task = 1; task <= 3000; task++) finish(state, task, done(false, 10))
    // Looking at all that wait, it took more than 30 s.
    expect(performance.now() - started).toBeLessThan(5000)
    expect([...state.running.values()].map(({ executor }) => executor)).toEqual(['a', 'a'])
    expect(brief(transition(state, { type: 'executorLost', executor: a, reason: 'killed' }, 0))).toEqual([
      '1/3002@b',
      '1/3003@b',
    ])
  })

  test('tasks that would rather run where they are are not asked back, nor do many of them queue', () => {
    const state = withExecutors(a, b)
    const all = Array.from({ length: 12 }, (_, partition) => partition)
    const kept = plan(1, { partitions: 12, nodes: [{ ...source, persist: 'memory' }] })
    for (const partition of all) state.cached.set(`1-${partition}`, new Set([a]))
    expect(brief(submit(state, 1, [kept], all))).toEqual(['1/0@a', 'wakeAfter'])
    expect(brief(finish(state, 1, done(false, 0.1)))).toEqual([
      'commitTask',
      '1/1@a',
      '1/2@a',
      '1/3@a',
      '1/4@a',
      'wakeAfter',
    ])
  })

  test('an executor that drains gets no new task, and is let go when no job is under way', () => {
    const state = withExecutors(a, b)
    submit(state, 1, [plan(1, { partitions: 4 })], [0, 1, 2, 3])
    expect(brief(transition(state, { type: 'executorDraining', executor: b }, 0))).toEqual([])
    expect(brief(finish(state, 2))).toEqual(['commitTask'])
    expect(brief(finish(state, 1))).toEqual(['commitTask', '1/2@a'])
    expect(brief(finish(state, 3))).toEqual(['commitTask', '1/3@a'])
    expect(finish(state, 4).slice(1)).toEqual([
      { type: 'finishJob', job: 1, splits: new Map() },
      { type: 'releaseExecutor', executor: 'b' },
    ])
    expect([...state.executors.keys()]).toEqual(['a'])
  })

  test('where all executors drain, the jobs under way still run to their end', () => {
    const state = withExecutors(a)
    submit(state, 1, [plan(1)], [0, 1])
    transition(state, { type: 'executorDraining', executor: a }, 0)
    expect(brief(finish(state, 1))).toEqual(['commitTask', '1/1@a'])
    expect(brief(finish(state, 2))).toEqual(['commitTask', 'finishJob', 'releaseExecutor'])
  })
})

describe('replicas', () => {
  const c = 'c' as ExecutorId
  const kept = plan(1, { nodes: [{ ...source, persist: 'memory', replicas: 2 }] })
  const keep = (state: SchedulerState, task: number, partition: number) =>
    finish(state, task, { ...done(), cached: [{ datasetId: 1 as DatasetId, partition, bytes: 8 }] })
  const copies = (commands: SchedulerCommand[]) =>
    commands.flatMap((command) =>
      command.type === 'copyPartition' ? [`${command.partition}: ${command.from} to ${command.to}`] : [],
    )
  const copied = (state: SchedulerState, executor: ExecutorId, partition: number, held = true) =>
    transition(state, { type: 'partitionCopied', executor, dataset: 1 as DatasetId, partition, held }, 0)

  test('each kept partition is copied to another executor, and again when one of the two is lost', () => {
    const state = withExecutors(a, b, c)
    submit(state, 1, [kept], [0, 1])
    expect(keep(state, 1, 0)[0]).toEqual({
      type: 'copyPartition',
      dataset: 1,
      partition: 0,
      from: 'a',
      to: 'b',
      bytes: 8,
      level: 'memory',
    })
    expect(copies(keep(state, 2, 1))).toEqual(['1: b to c'])
    copied(state, b, 0)
    copied(state, c, 1)
    expect(copies(transition(state, { type: 'executorLost', executor: b, reason: 'killed' }, 0))).toEqual([
      '0: a to c',
      '1: c to a',
    ])
  })

  test('a copy that was under way to a lost executor goes to another; one that could not be kept is let be', () => {
    const state = withExecutors(a, b, c)
    submit(state, 1, [kept], [0, 1])
    expect(copies(keep(state, 1, 0))).toEqual(['0: a to b'])
    expect(copies(transition(state, { type: 'executorLost', executor: b, reason: 'killed' }, 0))).toEqual(['0: a to c'])
    expect(copied(state, c, 0, false)).toEqual([])
    expect([...state.cached.get('1-0')!]).toEqual(['a'])
    expect(state.copying.size).toBe(0)
  })

  test('a dropped dataset is forgotten with its copies', () => {
    const state = withExecutors(a, b)
    submit(state, 1, [kept], [0, 1])
    keep(state, 1, 0)
    transition(state, { type: 'datasetsDropped', datasets: [1 as DatasetId], shuffles: [] }, 0)
    copied(state, b, 0)
    expect([state.cached.size, state.replicated.size, state.copying.size]).toEqual([0, 0, 0])
  })
})
