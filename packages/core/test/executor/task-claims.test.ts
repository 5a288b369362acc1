import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import type { TaskId } from '../../src/base/ids.ts'
import { claimBytes, SentTasks, TaskClaims } from '../../src/executor/task-claims.ts'

const id = (number: number) => number as TaskId

test('a task is started or taken back, not both', () => {
  const shared = new SharedArrayBuffer(claimBytes)
  const [sent, claims] = [new SentTasks(shared), new TaskClaims(shared)]
  const [first, second] = [sent.add(id(7)), sent.add(id(8))]
  expect(claims.start(first)).toBe(true)
  expect([sent.takeBack(id(7)), sent.takeBack(id(8)), sent.takeBack(id(8))]).toEqual([false, true, false])
  expect(claims.start(second)).toBe(false)
})
test('a cancel reaches the task that it is for, and no other', () => {
  const shared = new SharedArrayBuffer(claimBytes)
  const [sent, claims] = [new SentTasks(shared), new TaskClaims(shared)]
  const turns = [sent.add(id(1)), sent.add(id(2))]
  sent.cancel(id(1))
  claims.start(turns[0]!)
  // It had not started then.
  expect(claims.isCancelled).toBe(false)
  sent.cancel(id(1))
  expect(claims.isCancelled).toBe(true)
  claims.start(turns[1]!)
  expect(claims.isCancelled).toBe(false)
})
test('the task that runs is the last that was started and is not answered for', () => {
  const shared = new SharedArrayBuffer(claimBytes)
  const [sent, claims] = [new SentTasks(shared), new TaskClaims(shared)]
  const turns = [1, 2, 3].map((number) => sent.add(id(number)))
  expect(sent.running).toBe(undefined)
  claims.start(turns[0]!)
  claims.start(turns[1]!)
  expect(sent.running).toBe(2)
  sent.end(id(2))
  sent.end(id(1))
  expect(sent.running).toBe(undefined)
})
test('a turn that was taken back is not taken for a later one that uses its word again', () => {
  const shared = new SharedArrayBuffer(claimBytes)
  const [sent, claims] = [new SentTasks(shared), new TaskClaims(shared)]
  const stale = sent.add(id(1))
  sent.takeBack(id(1))
  for (let number = 2; number < 65; number++) {
    claims.start(sent.add(id(number)))
    sent.end(id(number))
  }
  const later = sent.add(id(65))
  expect([claims.start(stale), claims.start(later)]).toEqual([false, true])
})
test('nor is a word used again whose task still runs', () => {
  const shared = new SharedArrayBuffer(claimBytes)
  const [sent, claims] = [new SentTasks(shared), new TaskClaims(shared)]
  claims.start(sent.add(id(1)))
  for (let number = 2; number < 200; number++) {
    sent.add(id(number))
    sent.takeBack(id(number))
  }
  sent.cancel(id(1))
  expect(claims.isCancelled).toBe(true)
})
test('of two threads at a time, one has each task', async () => {
  const shared = new SharedArrayBuffer(claimBytes)
  const sent = new SentTasks(shared)
  const rounds = 2000
  const answers = new Int32Array(new SharedArrayBuffer(4 * (rounds + 1)))
  const slot = new Worker(
    `import { parentPort, workerData } from 'node:worker_threads'
     import { tsImport } from 'tsx/esm/api'
     const { TaskClaims } = await tsImport(workerData.module, workerData.module)
     const claims = new TaskClaims(workerData.shared)
     parentPort.postMessage('ready')
     for (let turn = 1; turn <= workerData.rounds; turn++) {
       while (Atomics.load(workerData.answers, 0) < turn);
       Atomics.store(workerData.answers, turn, claims.start(turn) ? 1 : 2)
     }`,
    {
      eval: true,
      workerData: {
        module: new URL('../../src/executor/task-claims.ts', import.meta.url).href,
        shared,
        answers,
        rounds,
      },
      execArgv: ['--input-type=module'],
    },
  )
  const exited = once(slot, 'exit')
  await once(slot, 'message')
  const both: number[] = []
  for (let turn = 1; turn <= rounds; turn++) {
    sent.add(id(turn))
    Atomics.store(answers, 0, turn)
    const took = sent.takeBack(id(turn))
    while (Atomics.load(answers, turn) === 0);
    if (took === (Atomics.load(answers, turn) === 1)) both.push(turn)
    sent.end(id(turn))
  }
  expect(both).toEqual([])
  expect(await exited).toEqual([0])
})
