/** Executors die, and the result is exact: real daemons killed for real, and seeded crashes on the memory cluster. */
import { fork, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { createContext } from '@gridify/core'
import { ImplicitALS, type ALSOptions, type Rating } from '@gridify/mf'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startMemoryCluster } from '../packages/core/dist/cluster/memory-cluster.js'
import { resolveConfig } from '../packages/core/dist/base/config.js'
import { Context } from '../packages/core/dist/driver/context.js'

const program = join(import.meta.dirname, '../packages/core/lib/executor.js')

describe('daemons', () => {
  let folder: string
  let secretFile: string
  const children: ChildProcess[] = []
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'gridify-test-'))
    secretFile = join(folder, 'secret')
    writeFileSync(secretFile, 'a secret of this test, long enough to be one', { mode: 0o600 })
  })
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL')
    rmSync(folder, { recursive: true })
  })
  const startDaemon = () => {
    const child = fork(
      program,
      ['--port', '0', '--cores', '1', '--memory', '256m', '--secret-file', secretFile, '--work-dir', folder],
      {
        execArgv: [],
        stdio: ['ignore', 'pipe', 'ignore', 'ipc'],
      },
    )
    children.push(child)
    return new Promise<{ child: ChildProcess; url: string }>((resolve) =>
      createInterface(child.stdout!).once('line', (line) => resolve({ child, url: line.split(' ')[3]! })),
    )
  }
  const ratings: Rating[] = Array.from({ length: 6000 }, (_, i) => [
    `u${(i * 7919) % 1500}`,
    `i${(i * 104729) % 2100}`,
    1 + (i % 5),
  ])
  const training: ALSOptions = { factors: 8, iterations: 8, partitions: 4 }
  const hash = (model: { userFactors: Float32Array; itemFactors: Float32Array }) =>
    createHash('sha256').update(model.userFactors).update(model.itemFactors).digest('hex')

  test.each<ALSOptions>([
    { ...training, scheme: 'half' },
    { ...training, scheme: 'full' },
    { ...training, scheme: 'full', solver: 'cholesky' },
  ])('a daemon killed in the middle of training costs time, not a bit of the factors, with %j', async (options) => {
    await using quiet = await createContext({ master: 'local[2]' })
    const expected = hash(await new ImplicitALS(options).fit(ratings, { context: quiet }))
    const [first, second] = await Promise.all([startDaemon(), startDaemon()])
    const context = await createContext({ executors: [first.url, second.url], secretFile, onLog: () => {} })
    const model = await new ImplicitALS(options).fit(ratings, {
      context,
      onIteration: ({ iteration }) => {
        if (iteration === 5) second.child.kill('SIGKILL')
      },
    })
    expect(hash(model)).toBe(expected)
    expect(context.metrics().executorsLost).toBeGreaterThanOrEqual(1)
    expect(context.metrics().tasksRerun).toBeGreaterThanOrEqual(1)
    await context.stop()
  })
  test('a daemon that is told to end finishes what runs, leaves with code 0, and the result is the same', async () => {
    const [first, second] = await Promise.all([startDaemon(), startDaemon()])
    const ended = new Promise((resolve) => second.child.once('exit', resolve))
    const context = await createContext({ executors: [first.url, second.url], secretFile, onLog: () => {} })
    const rows = context.range(0, 400, { partitions: 8 }).map((n) => [n % 7, n])
    const sums = rows.reduceByKey((a, b) => a + b, 4)
    const expected = await sums.collect()
    const again = rows.map(([key, n]) => [key, n]).reduceByKey((a, b) => a + b, 4)
    const running = again.collect()
    second.child.kill('SIGTERM')
    expect(await running).toEqual(expected)
    expect(await ended).toBe(0)
    expect(await again.collect()).toEqual(expected)
    expect(context.executors().map(({ id }) => id)).toEqual([first.url])
    expect(context.metrics().executorsLost).toBe(0)
    await context.stop()
  })
  test('a wrong secret and an address where nobody listens are refused by name', async () => {
    const { url } = await startDaemon()
    const wrong = join(folder, 'wrong')
    writeFileSync(wrong, 'another secret that nobody shares at all', { mode: 0o600 })
    await expect(createContext({ executors: [url], secretFile: wrong })).rejects.toMatchObject({
      name: 'AuthenticationError',
    })
    await expect(createContext({ executors: ['ws://127.0.0.1:1'], secretFile })).rejects.toThrow(
      'no executor answers at ws://127.0.0.1:1',
    )
  })
  test('a daemon killed in the middle of a join that is split costs no row', async () => {
    const [first, second] = await Promise.all([startDaemon(), startDaemon()])
    let killed = false
    await using context = await createContext({
      executors: [first.url, second.url],
      secretFile,
      onLog: () => {},
      skewSplit: { factor: 1, minBytes: 2000 },
      onTask: ({ piece }) => {
        if (piece && !killed) killed = second.child.kill('SIGKILL')
      },
    })
    const many = context.range(0, 9000, { partitions: 4 }).map((n) => [n % 10 === 0 ? n : 7, n])
    const few = context.range(0, 10, { partitions: 2 }).map((n) => [n, -n])
    const joined = await many.join(few, 3).collect()
    expect(killed).toBe(true)
    // The other one may have made the last rows before the driver hears of it.
    await expect.poll(() => context.metrics().executorsLost).toBe(1)
    await using quiet = await createContext({ master: 'memory[2]', skewSplit: false })
    const same = quiet
      .range(0, 9000, { partitions: 4 })
      .map((n) => [n % 10 === 0 ? n : 7, n])
      .join(
        quiet.range(0, 10, { partitions: 2 }).map((n) => [n, -n]),
        3,
      )
    expect(joined).toEqual(await same.collect())
  })
  test('when every executor is lost the job ends with the reason', async () => {
    const { child, url } = await startDaemon()
    const context = await createContext({ executors: [url], secretFile, onLog: () => {} })
    const job = context
      .range(0, 1)
      .map(() => {
        for (;;);
      })
      .count()
    const ended = expect(job).rejects.toThrow('no executor is left to run the job on')
    child.kill('SIGKILL')
    await ended
    await context.stop()
  })
})

test.each(Array.from({ length: 100 }, (_, seed) => seed))(
  'crash schedule %i on the memory cluster gives the exact result',
  async (seed) => {
    const config = resolveConfig({ master: 'memory[4]', memoryBytes: 16 * 2 ** 20, onLog: () => {} })
    const cluster = startMemoryCluster(4, config)
    const context = await new Context(config, cluster).connect()
    let rows = 0
    const crashes = [(seed * 37) % 190, 190 + ((seed * 53) % 200)]
    // Tasks of the memory cluster run on this thread, so their rows can count here.
    Object.assign(globalThis, {
      countRow() {
        const due = crashes.indexOf(rows++)
        if (due >= 0) queueMicrotask(() => cluster.crash(`memory-${1 + ((seed + due) % 4)}`))
      },
    })
    try {
      const count = (n: number) => {
        ;(globalThis as unknown as { countRow(): void }).countRow()
        return n
      }
      const cached = context
        .range(0, 100, { partitions: 5 })
        .map(count)
        .map((n) => [n % 7, n])
        .cache()
      expect(await cached.count()).toBe(100)
      const sums = await cached
        .reduceByKey((a, b) => a + b, 3)
        .mapValues(count)
        .join(cached.groupByKey(3).mapValues((group) => group.size))
        .collect()
      expect(sums.sort((a, b) => a[0]! - b[0]!)).toEqual([
        [0, [735, 15]],
        [1, [750, 15]],
        [2, [665, 14]],
        [3, [679, 14]],
        [4, [693, 14]],
        [5, [707, 14]],
        [6, [721, 14]],
      ])
      expect(
        await cached
          .mapValues(count)
          .values()
          .reduce((a, b) => a + b),
      ).toBe(4950)
      expect(context.metrics().executorsLost).toBeGreaterThanOrEqual(1)
    } finally {
      await context.stop()
    }
  },
)

test.each(Array.from({ length: 30 }, (_, seed) => seed))(
  'crash schedule %i in the middle of a join that is split gives the rows of one that is not',
  async (seed) => {
    const options = { master: 'memory[4]', memoryBytes: 16 * 2 ** 20, onLog: () => {} }
    const rows = (context: Context) => {
      const many = context.range(0, 900, { partitions: 3 }).map((n) => [n % 10 === 0 ? n : 7, n])
      const few = context.range(0, 8, { partitions: 2 }).map((n) => [n, `name ${n}`])
      return many.join(few, 3)
    }
    const follow = (joined: ReturnType<typeof rows>) =>
      joined
        .map(([key, [n, name]]) => [n % 5, `${key} ${name}`] as [number, string])
        .groupByKey(2)
        .mapValues((group) => group.toArray())
        .collect()
    await using quiet = await createContext({ ...options, skewSplit: false })
    const expected = await follow(rows(quiet))
    const config = resolveConfig({ ...options, skewSplit: { factor: 1, minBytes: 200 } })
    const cluster = startMemoryCluster(4, config)
    const context = await new Context(config, cluster).connect()
    let seen = 0
    const due = [(seed * 37) % 700, 700 + ((seed * 53) % 300)]
    Object.assign(globalThis, {
      countRow() {
        const crash = due.indexOf(seen++)
        if (crash >= 0) queueMicrotask(() => cluster.crash(`memory-${1 + ((seed + crash) % 4)}`))
      },
    })
    try {
      const counted = rows(context).filter(() => {
        ;(globalThis as unknown as { countRow(): void }).countRow()
        return true
      })
      expect(await follow(counted)).toEqual(expected)
      expect(context.metrics().partitionsSplit).toBeGreaterThan(0)
      expect(context.metrics().executorsLost).toBeGreaterThanOrEqual(1)
    } finally {
      await context.stop()
    }
  },
)
