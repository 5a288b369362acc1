import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { DatasetId, ExecutorId, ShuffleId, StageId, TaskId } from '../../src/base/ids.ts'
import type { InputBlock, ProducedBlock } from '../../src/executor/task-blocks.ts'
import { initialState, type ExecutorCommand, type ExecutorState } from '../../src/executor/state.ts'
import { transition } from '../../src/executor/transition.ts'
import type { TaskDescription, TaskInput, TaskSuccess } from '../../src/protocol/messages.ts'
import type { BlockPlace } from '../../src/storage/block-place.ts'

const here = 'here' as ExecutorId
const there = 'there' as ExecutorId

function started(slots = 1, inFlightBytes = 1000): ExecutorState {
  const state = initialState(slots, { inFlightBytes, fetchAttempts: 2 })
  transition(state, { type: 'introduced', self: here })
  return state
}

function task(id: number, ...inputs: TaskInput[]): TaskDescription {
  return { id: id as TaskId, stageId: 1 as StageId, unit: 0, partition: 0, attempt: 0, inputs }
}

function cached(dataset: number, partition: number, executor: ExecutorId): TaskInput {
  return { kind: 'cache', datasetId: dataset as DatasetId, partition, executor }
}

function shuffled(...parts: [map: number, executor: ExecutorId, bytes: number][]): TaskInput {
  return {
    kind: 'shuffle',
    shuffleId: 7 as ShuffleId,
    reduce: 0,
    parts: parts.map(([map, executor, bytes]) => ({ map, executor, offset: 0, bytes, checksum: 5 })),
  }
}

const page = (number: number): BlockPlace => ({ kind: 'memory', region: { offset: number * 4096, bytes: 100 } })
const success = (...cachedPartitions: [number, number][]): TaskSuccess => ({
  cached: cachedPartitions.map(([datasetId, partition]) => ({
    datasetId: datasetId as DatasetId,
    partition,
    bytes: 100,
  })),
  accumulators: [],
  metrics: { movedBytes: 0, networkBytes: 0, diskBytes: 0, milliseconds: 1 },
})

/** Runs task `id` to its end with `blocks` as what it made. */
function run(state: ExecutorState, id: number, blocks: ProducedBlock[], done = success()): ExecutorCommand[] {
  transition(state, { type: 'taskReceived', task: task(id) })
  return transition(state, { type: 'taskFinished', slot: 0, task: id as TaskId, success: done, blocks })
}

describe('tasks', () => {
  test('a task without inputs goes to the slot with the shortest queue, of sixteen at most', () => {
    const state = started(2)
    expect(transition(state, { type: 'taskReceived', task: task(1) })).toEqual([
      { type: 'startTask', slot: 0, task: task(1), inputs: [] },
    ])
    expect(transition(state, { type: 'taskReceived', task: task(2) })).toEqual([
      { type: 'startTask', slot: 1, task: task(2), inputs: [] },
    ])
    expect(transition(state, { type: 'taskReceived', task: task(3) })).toEqual([
      { type: 'startTask', slot: 0, task: task(3), inputs: [] },
    ])
    for (let id = 4; id <= 32; id++) transition(state, { type: 'taskReceived', task: task(id) })
    expect(state.slots.map((queue) => queue.length)).toEqual([16, 16])
    expect(transition(state, { type: 'taskReceived', task: task(33) })).toEqual([])
    expect(
      transition(state, { type: 'taskFinished', slot: 1, task: 2 as TaskId, success: success(), blocks: [] }),
    ).toEqual([
      { type: 'tellDriver', message: { type: 'finished', taskId: 2, success: success() } },
      { type: 'startTask', slot: 1, task: task(33), inputs: [] },
    ])
  })

  test('a slot that has run dry is given the last task of the longest queue, if that has not started', () => {
    const state = started(2)
    for (const id of [1, 2, 3, 4, 5]) transition(state, { type: 'taskReceived', task: task(id) })
    const end = (slot: number, id: number) =>
      transition(state, { type: 'taskFinished', slot, task: id as TaskId, success: success(), blocks: [] }).slice(1)
    expect([end(1, 2), end(1, 4)]).toEqual([[], [{ type: 'takeBack', slot: 0, task: 5 }]])
    expect(transition(state, { type: 'tookBack', task: 5 as TaskId })).toEqual([
      { type: 'startTask', slot: 1, task: task(5), inputs: [] },
    ])
    expect(state.slots).toEqual([[1, 3], [5]])
    expect(end(1, 5)).toEqual([{ type: 'takeBack', slot: 0, task: 3 }])
    // It had started: nothing comes back.
    expect(end(0, 1)).toEqual([])
    expect(end(0, 3)).toEqual([])
    expect(transition(state, { type: 'tookBack', task: 3 as TaskId })).toEqual([])
  })

  test('a task of a barrier stage hears of a meeting in its slot; one that has left it does not', () => {
    const state = started(2)
    const values = [Uint8Array.of(1), Uint8Array.of(2)]
    for (const id of [1, 2]) transition(state, { type: 'taskReceived', task: task(id) })
    expect(transition(state, { type: 'met', task: 2 as TaskId, values })).toEqual([
      { type: 'meet', slot: 1, task: 2, values },
    ])
    transition(state, { type: 'taskFinished', slot: 1, task: 2 as TaskId, success: success(), blocks: [] })
    expect(transition(state, { type: 'met', task: 2 as TaskId, values })).toEqual([])
  })

  test('a task that could not read its inputs gives them up, with all whose files are gone, and is not a failure', () => {
    const state = started(1)
    const file = (name: string): ProducedBlock => ({
      name,
      place: { kind: 'disk', path: `/${name}`, bytes: 9 },
      level: 'disk',
    })
    run(state, 1, [file('cache-4-0'), file('cache-4-1'), file('shuffle-7-3')])
    transition(state, { type: 'taskReceived', task: task(2, cached(4, 0, here)) })
    const lost = { blocks: ['cache-4-0', 'shuffle-7-3'], reason: 'no such file' }
    expect(transition(state, { type: 'taskLostInputs', slot: 0, task: 2 as TaskId, ...lost })).toEqual([
      { type: 'releasePlace', place: file('cache-4-0').place },
      { type: 'releasePlace', place: file('shuffle-7-3').place },
      { type: 'tellDriver', message: { type: 'blocksLost', blocks: ['cache-4-0', 'shuffle-7-3'] } },
      {
        type: 'tellDriver',
        message: { type: 'fetchFailed', taskId: 2, executor: 'here', block: 'cache-4-0', reason: 'no such file' },
      },
    ])
    expect([...state.blocks.keys()]).toEqual(['cache-4-1'])
  })

  test('a block that the driver has given up goes when the last task that reads it has ended', () => {
    const state = started(1)
    run(state, 1, [{ name: 'cache-4-0', place: page(1), level: 'memory' }])
    transition(state, { type: 'taskReceived', task: task(2, cached(4, 0, here)) })
    expect(transition(state, { type: 'discardAsked', block: 'cache-4-0' })).toEqual([])
    expect(transition(state, { type: 'discardAsked', block: 'cache-4-0' })).toEqual([])
    const ended = { type: 'taskFinished', slot: 0, task: 2 as TaskId, success: success(), blocks: [] } as const
    expect(transition(state, ended)[0]).toEqual({ type: 'releasePlace', place: page(1) })
  })

  test('a task whose input should be here and is not is given back to the driver', () => {
    expect(transition(started(), { type: 'taskReceived', task: task(1, cached(4, 2, here)) })).toEqual([
      {
        type: 'tellDriver',
        message: {
          type: 'fetchFailed',
          taskId: 1,
          executor: 'here',
          block: 'cache-4-2',
          reason: 'executor here no longer holds block cache-4-2',
        },
      },
    ])
  })

  test('a task that waits is cancelled at once, one that runs is asked to end', () => {
    const state = started()
    transition(state, { type: 'taskReceived', task: task(1) })
    transition(state, { type: 'taskReceived', task: task(2) })
    expect(transition(state, { type: 'cancelAsked', task: 1 as TaskId })).toEqual([
      { type: 'cancelTask', slot: 0, task: 1 },
    ])
    expect(transition(state, { type: 'cancelAsked', task: 2 as TaskId })).toEqual([
      { type: 'cancelTask', slot: 0, task: 2 },
    ])
    expect(transition(state, { type: 'tookBack', task: 2 as TaskId })).toMatchObject([
      { type: 'tellDriver', message: { type: 'failed', taskId: 2 } },
    ])
    transition(state, { type: 'taskReceived', task: task(3, shuffled([0, there, 60])) })
    expect(transition(state, { type: 'cancelAsked', task: 3 as TaskId })).toMatchObject([
      { type: 'tellDriver', message: { type: 'failed', taskId: 3 } },
    ])
    expect(transition(state, { type: 'cancelAsked', task: 9 as TaskId })).toEqual([])
  })

  test('a task that is asked back is given up if it has not started, wherever it waits', () => {
    const state = started()
    for (const each of [task(1), task(2), task(3, shuffled([0, there, 60]))])
      transition(state, { type: 'taskReceived', task: each })
    const ask = (id: number) => transition(state, { type: 'recallAsked', task: id as TaskId })
    expect([ask(1), ask(2), ask(3), ask(9)]).toEqual([
      [{ type: 'takeBack', slot: 0, task: 1 }],
      [{ type: 'takeBack', slot: 0, task: 2 }],
      [{ type: 'tellDriver', message: { type: 'recalled', taskId: 3 } }],
      [],
    ])
    expect(transition(state, { type: 'tookBack', task: 2 as TaskId })).toEqual([
      { type: 'tellDriver', message: { type: 'recalled', taskId: 2 } },
    ])
    expect(state.slots).toEqual([[1]])
  })

  test('of a slot that dies, tasks that had not started run in the next one, and cancelled ones do not', () => {
    const state = started()
    for (const id of [1, 2, 3, 4]) transition(state, { type: 'taskReceived', task: task(id) })
    transition(state, { type: 'cancelAsked', task: 3 as TaskId })
    const failure = { name: 'ClusterError', message: 'slot 0 ended', stack: '' }
    expect(transition(state, { type: 'slotDied', slot: 0, task: 1 as TaskId, failure })).toEqual([
      { type: 'tellDriver', message: { type: 'failed', taskId: 1, failure } },
      { type: 'tellDriver', message: expect.objectContaining({ type: 'failed', taskId: 3 }) },
      { type: 'restartSlot', slot: 0 },
      { type: 'startTask', slot: 0, task: task(2), inputs: [] },
      { type: 'startTask', slot: 0, task: task(4), inputs: [] },
    ])
  })

  test('a slot that dies takes its task along and is started again', () => {
    const state = started()
    transition(state, { type: 'taskReceived', task: task(1) })
    transition(state, { type: 'taskReceived', task: task(2) })
    const failure = { name: 'ClusterError', message: 'slot 0 ended', stack: '' }
    expect(transition(state, { type: 'slotDied', slot: 0, task: 1 as TaskId, failure })).toEqual([
      { type: 'tellDriver', message: { type: 'failed', taskId: 1, failure } },
      { type: 'restartSlot', slot: 0 },
      { type: 'startTask', slot: 0, task: task(2), inputs: [] },
    ])
  })

  test('what a task says after its slot was given to another changes nothing', () => {
    const state = started()
    transition(state, { type: 'taskReceived', task: task(1) })
    transition(state, {
      type: 'slotDied',
      slot: 0,
      task: 1 as TaskId,
      failure: { name: 'Error', message: '', stack: '' },
    })
    expect(
      transition(state, {
        type: 'taskFinished',
        slot: 0,
        task: 1 as TaskId,
        success: success([4, 0]),
        blocks: [{ name: 'cache-4-0', place: page(1), level: 'memory' }],
      }),
    ).toEqual([{ type: 'releasePlace', place: page(1) }])
    expect([...state.blocks]).toEqual([])
  })
})

describe('inputs', () => {
  const arrived = (number: number): InputBlock => ({
    kind: 'place',
    place: page(number),
    offset: 0,
    bytes: 100,
  })

  test('blocks of others are fetched, blocks of this executor are read in place, in the order of maps', () => {
    const state = started()
    run(state, 1, [{ name: 'shuffle-7-0', place: page(1) }])
    const wanted = shuffled([0, here, 40], [1, there, 60])
    expect(transition(state, { type: 'taskReceived', task: task(2, wanted) })).toEqual([
      {
        type: 'fetchBlock',
        fetch: {
          id: 1,
          task: 2,
          input: 0,
          part: 1,
          executor: 'there',
          block: 'shuffle-7-1',
          offset: 0,
          bytes: 60,
          checksum: 5,
          attempts: 1,
        },
      },
    ])
    expect(transition(state, { type: 'blockArrived', fetch: 1, block: arrived(9) })).toEqual([
      {
        type: 'startTask',
        slot: 0,
        task: task(2, wanted),
        inputs: [
          {
            kind: 'shuffle',
            shuffleId: 7,
            reduce: 0,
            blocks: [{ kind: 'place', place: page(1), offset: 0, bytes: 40, checksum: 5 }, arrived(9)],
          },
        ],
      },
    ])
    expect(
      transition(state, { type: 'taskFinished', slot: 0, task: 2 as TaskId, success: success(), blocks: [] }),
    ).toContainEqual({ type: 'releasePlace', place: page(9) })
  })

  test('no more bytes are under way than the limit, and a block larger than it goes alone', () => {
    const state = started(2, 100)
    const fetchesOf = (commands: ExecutorCommand[]) =>
      commands.flatMap((command) => (command.type === 'fetchBlock' ? [command.fetch.bytes] : []))
    const wanted = shuffled([0, there, 60], [1, there, 40], [2, there, 500], [3, there, 10])
    expect(fetchesOf(transition(state, { type: 'taskReceived', task: task(1, wanted) }))).toEqual([60, 40])
    expect(fetchesOf(transition(state, { type: 'blockArrived', fetch: 1, block: arrived(1) }))).toEqual([])
    expect(fetchesOf(transition(state, { type: 'blockArrived', fetch: 2, block: arrived(2) }))).toEqual([500])
    expect(fetchesOf(transition(state, { type: 'blockArrived', fetch: 3, block: arrived(3) }))).toEqual([10])
  })

  test('a broken connection is tried once more, a block that is not there is not', () => {
    const state = started()
    const fail = (fetch: number, retry: boolean) =>
      transition(state, { type: 'fetchFailed', fetch, retry, reason: 'connection ended' })
    transition(state, { type: 'taskReceived', task: task(1, shuffled([0, there, 60])) })
    expect(fail(1, true)).toMatchObject([{ type: 'fetchBlock', fetch: { attempts: 2 } }])
    const told = {
      type: 'tellDriver',
      message: { type: 'fetchFailed', taskId: 1, executor: 'there', reason: 'connection ended' },
    }
    expect(fail(1, true)).toEqual([told])
    transition(state, { type: 'taskReceived', task: task(2, shuffled([0, there, 60])) })
    expect(fail(2, false)).toEqual([{ ...told, message: { ...told.message, taskId: 2 } }])
  })

  test('a block that came and found no place fails its task, not its executor', () => {
    const state = started()
    transition(state, { type: 'taskReceived', task: task(1, shuffled([0, there, 60])) })
    const failure = { name: 'DiskError', message: 'no space', stack: '' }
    expect(transition(state, { type: 'fetchUnheld', fetch: 1, failure })).toEqual([
      { type: 'tellDriver', message: { type: 'failed', taskId: 1, failure } },
    ])
    expect(state.inFlightBytes).toBe(0)
  })

  test('a block that arrives for a task that is gone gives its place back', () => {
    const state = started()
    transition(state, { type: 'taskReceived', task: task(1, shuffled([0, there, 60])) })
    transition(state, { type: 'cancelAsked', task: 1 as TaskId })
    expect(transition(state, { type: 'blockArrived', fetch: 1, block: arrived(1) })).toEqual([
      { type: 'releasePlace', place: page(1) },
    ])
    expect(state.inFlightBytes).toBe(0)
  })
})

describe('blocks', () => {
  test('the first copy of a block stands, a second one gives its place back', () => {
    const state = started()
    const block = (number: number): ProducedBlock => ({ name: 'cache-4-0', place: page(number), level: 'memory' })
    expect(run(state, 1, [block(1)], success([4, 0]))[0]).toEqual({ type: 'keepPlace', place: page(1) })
    expect(run(state, 2, [block(2)], success([4, 0]))).toEqual([
      { type: 'releasePlace', place: page(2) },
      { type: 'tellDriver', message: { type: 'finished', taskId: 2, success: success([4, 0]) } },
    ])
  })

  test('a block that a task reads outlives its dataset, until the task ends', () => {
    const state = started()
    run(state, 1, [{ name: 'cache-4-0', place: page(1), level: 'memory' }], success([4, 0]))
    transition(state, { type: 'taskReceived', task: task(2, cached(4, 0, here)) })
    expect(transition(state, { type: 'dropped', datasets: [4], shuffles: [] })).toEqual([])
    expect(
      transition(state, { type: 'taskFinished', slot: 0, task: 2 as TaskId, success: success(), blocks: [] })[0],
    ).toEqual({ type: 'releasePlace', place: page(1) })
  })

  test('what a task makes of a dataset that was dropped meanwhile is not kept, and not reported', () => {
    const state = started()
    transition(state, { type: 'taskReceived', task: task(1) })
    transition(state, { type: 'dropped', datasets: [4], shuffles: [] })
    expect(
      transition(state, {
        type: 'taskFinished',
        slot: 0,
        task: 1 as TaskId,
        success: success([4, 0]),
        blocks: [{ name: 'cache-4-0', place: page(1), level: 'memory' }],
      }),
    ).toEqual([
      { type: 'releasePlace', place: page(1) },
      { type: 'tellDriver', message: { type: 'finished', taskId: 1, success: success() } },
    ])
  })

  test('for room the least recently used cached block goes first, map outputs move to disk last, nothing that is read', () => {
    const state = started()
    run(state, 1, [{ name: 'shuffle-7-0', place: page(1) }])
    run(state, 2, [{ name: 'cache-4-0', place: page(2), level: 'memory' }])
    run(state, 3, [{ name: 'cache-4-1', place: page(3), level: 'memory-and-disk' }])
    run(state, 4, [{ name: 'cache-4-2', place: page(4), level: 'memory' }])
    transition(state, { type: 'taskReceived', task: task(5, cached(4, 0, here)) })
    const make = () => transition(state, { type: 'roomNeeded' })
    expect(make()).toEqual([{ type: 'spillBlock', block: 'cache-4-1', place: page(3) }])
    const file: BlockPlace = { kind: 'disk', path: 'a', bytes: 100 }
    transition(state, { type: 'blockSpilled', block: 'cache-4-1', place: file })
    expect(make()).toEqual([
      { type: 'releasePlace', place: page(4) },
      { type: 'tellDriver', message: { type: 'evicted', datasetId: 4, partition: 2 } },
    ])
    expect(make()).toEqual([{ type: 'spillBlock', block: 'shuffle-7-0', place: page(1) }])
    transition(state, { type: 'blockSpilled', block: 'shuffle-7-0', place: file })
    expect(make()).toEqual([])
  })

  test('a block that cannot be written to disk goes, and the driver is told which cached partition that was', () => {
    const state = started()
    run(state, 1, [{ name: 'shuffle-7-0', place: page(1) }])
    run(state, 2, [{ name: 'cache-4-1', place: page(2), level: 'memory-and-disk' }])
    expect(transition(state, { type: 'spillFailed', block: 'cache-4-1' })).toEqual([
      { type: 'releasePlace', place: page(2) },
      { type: 'tellDriver', message: { type: 'evicted', datasetId: 4, partition: 1 } },
    ])
    expect(transition(state, { type: 'spillFailed', block: 'shuffle-7-0' })).toEqual([
      { type: 'releasePlace', place: page(1) },
    ])
  })

  test('for room what was made of sources goes before what lies behind a shuffle, and nothing of the dataset being written', () => {
    const state = started()
    run(state, 1, [{ name: 'cache-4-0', place: page(1), level: 'memory', costly: true }])
    run(state, 2, [{ name: 'cache-5-0', place: page(2), level: 'memory' }])
    run(state, 3, [{ name: 'cache-6-0', place: page(3), level: 'memory' }])
    const make = () =>
      transition(state, { type: 'roomNeeded', writing: 5 }).flatMap((command) =>
        command.type === 'releasePlace' ? [command.place] : [],
      )
    expect([make(), make(), make()]).toEqual([[page(3)], [page(1)], []])
    expect([...state.blocks.keys()]).toEqual(['cache-5-0'])
  })
})

test('whatever happens in whatever order, each task ends once, and each place is kept or given back once', () => {
  const step = fc.record({ choice: fc.nat(9), a: fc.nat(5), b: fc.nat(2) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const state = started(2, 100)
      const owned = new Map<BlockPlace, 'made' | 'released'>()
      let pages = 0
      const newPlace = () => {
        const place = page(++pages)
        owned.set(place, 'made')
        return place
      }
      const ended: number[] = []
      /** Slots start none but the first of their queues in here. */
      const mayTakeBack = (id: TaskId) => state.slots.every((queue) => queue[0] !== id)
      const apply = (commands: ExecutorCommand[]) => {
        for (const command of commands) {
          if ((command.type === 'takeBack' || command.type === 'cancelTask') && mayTakeBack(command.task))
            apply(transition(state, { type: 'tookBack', task: command.task }))
          if (command.type === 'tellDriver' && 'taskId' in command.message) ended.push(command.message.taskId)
          if (command.type !== 'releasePlace') continue
          if (owned.get(command.place) !== 'made') throw new Error('a place was given back twice')
          owned.set(command.place, 'released')
        }
      }
      let tasks = 0
      for (const { choice, a, b } of steps) {
        const fetch = [...state.fetches.keys()][a]
        const running = state.slots[b % 2]![0]
        if (choice === 0) apply(transition(state, { type: 'taskReceived', task: task(++tasks, cached(a, b, there)) }))
        else if (choice === 1)
          apply(
            transition(state, { type: 'taskReceived', task: task(++tasks, shuffled([a, there, 60], [b, there, 60])) }),
          )
        else if (choice === 2 && fetch !== undefined) {
          const place = newPlace()
          apply(
            transition(state, {
              type: 'blockArrived',
              fetch,
              block: { kind: 'place', place, offset: 0, bytes: 60 },
            }),
          )
        } else if (choice === 3 && fetch !== undefined)
          apply(transition(state, { type: 'fetchFailed', fetch, retry: b === 0, reason: 'gone' }))
        else if (choice === 4 && running !== undefined)
          apply(
            transition(state, {
              type: 'taskFinished',
              slot: b % 2,
              task: running,
              success: success(),
              blocks: [
                { name: `cache-${a}-${b}`, place: newPlace(), level: 'memory' },
                { name: `shuffle-7-${a}`, place: newPlace() },
              ],
            }),
          )
        else if (choice === 5) apply(transition(state, { type: 'cancelAsked', task: (tasks - a) as TaskId }))
        else if (choice === 9) apply(transition(state, { type: 'recallAsked', task: (tasks - a) as TaskId }))
        else if (choice === 6)
          apply(
            transition(state, {
              type: 'slotDied',
              slot: b % 2,
              task: running,
              failure: { name: '', message: '', stack: '' },
            }),
          )
        else if (choice === 7)
          apply(transition(state, { type: 'dropped', datasets: [a], shuffles: b === 0 ? [7] : [] }))
        else if (choice === 8) {
          for (const command of transition(state, { type: 'roomNeeded' })) {
            apply([command])
            if (command.type !== 'spillBlock') continue
            if (b === 1) {
              apply(transition(state, { type: 'spillFailed', block: command.block }))
              continue
            }
            owned.set(command.place, 'released')
            apply(transition(state, { type: 'blockSpilled', block: command.block, place: newPlace() }))
          }
        }
      }
      for (const id of state.tasks.keys()) apply(transition(state, { type: 'cancelAsked', task: id }))
      for (const [slot, queue] of state.slots.entries())
        for (const id of queue.slice())
          apply(
            transition(state, { type: 'taskFailed', slot, task: id, failure: { name: '', message: '', stack: '' } }),
          )
      for (const id of state.fetches.keys())
        apply(transition(state, { type: 'fetchFailed', fetch: id, retry: false, reason: 'gone' }))
      expect(ended.sort((a, b) => a - b)).toEqual(Array.from({ length: tasks }, (_, index) => index + 1))
      const held = new Set([...state.blocks.values()].map(({ place }) => place))
      const made = [...owned].flatMap(([place, fate]) => (fate === 'made' ? [place] : []))
      expect(new Set(made)).toEqual(held)
      expect([...state.blocks.values()].filter(({ pins }) => pins !== 0)).toEqual([])
      expect([state.tasks.size, state.ready.length, state.fetches.size, state.inFlightBytes]).toEqual([0, 0, 0, 0])
    }),
    { numRuns: 500 },
  )
})

describe('copies of kept partitions', () => {
  const copy = (level: 'memory' | 'disk') =>
    ({ datasetId: 4 as DatasetId, partition: 2, executor: there, bytes: 100, level }) as const
  const ask = (state: ExecutorState, level: 'memory' | 'disk') =>
    transition(state, { type: 'copyAsked', copy: copy(level) })
  const arrived = (state: ExecutorState, place: BlockPlace) =>
    transition(state, {
      type: 'blockArrived',
      fetch: 1,
      block: { kind: 'place', place, offset: 0, bytes: 100 },
    })
  const file: BlockPlace = { kind: 'disk', path: '/copy', bytes: 100 }
  const told = (held: boolean): ExecutorCommand => ({
    type: 'tellDriver',
    message: { type: 'copied', datasetId: 4 as DatasetId, partition: 2, held },
  })

  test('it is fetched and kept', () => {
    const state = started()
    expect(ask(state, 'memory')).toMatchObject([
      { type: 'fetchBlock', fetch: { executor: there, block: 'cache-4-2', offset: 0, bytes: 100 } },
    ])
    expect(arrived(state, page(1))).toEqual([{ type: 'keepPlace', place: page(1) }, told(true)])
    expect(ask(state, 'memory')).toEqual([told(true)])
    expect(state.inFlightBytes).toBe(0)
  })

  test('what found room in a file only is not kept as memory, and is as disk', () => {
    const inMemory = started()
    ask(inMemory, 'memory')
    expect(arrived(inMemory, file)).toEqual([{ type: 'releasePlace', place: file }, told(false)])
    const onDisk = started()
    ask(onDisk, 'disk')
    expect(arrived(onDisk, file)).toEqual([{ type: 'keepPlace', place: file }, told(true)])
  })

  test('one that does not come is asked for again, then given up', () => {
    const state = started()
    ask(state, 'memory')
    const failed = { type: 'fetchFailed', fetch: 1, retry: true, reason: 'gone' } as const
    expect(transition(state, failed)).toMatchObject([{ type: 'fetchBlock' }])
    expect(transition(state, failed)).toEqual([told(false)])
  })

  test('one whose dataset is dropped meanwhile leaves nothing', () => {
    const state = started()
    ask(state, 'memory')
    transition(state, { type: 'dropped', datasets: [4], shuffles: [] })
    expect(arrived(state, page(1))).toEqual([{ type: 'releasePlace', place: page(1) }])
    expect([state.blocks.size, state.inFlightBytes]).toEqual([0, 0])
  })
})
