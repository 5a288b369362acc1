/** Work that waits for something outside: promises, commands, and what is kept of a dataset. */
import { createContext } from '@gridify/core'
import { expect, test } from 'vitest'
import { onEveryCluster } from './every-cluster.ts'

onEveryCluster((context) => {
  const rows = () => context().range(0, 20, { partitions: 2 })

  test('asynchronous calls overlap up to their limit, and rows keep their order', async () => {
    const result = await rows()
      .map((n) => n + 1)
      .mapAsync(
        async (n, task) => {
          const state = task.slot.get('calls', () => ({ now: 0, most: 0 }))
          state.most = Math.max(state.most, ++state.now)
          // Later rows are done first.
          for (let turns = 20 - (n % 10); turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve))
          state.now--
          return [n, state.most]
        },
        { concurrency: 3 },
      )
      .collect()
    expect(result.map(([n]) => n)).toEqual([...Array(20).keys()].map((n) => n + 1))
    expect(Math.max(...result.map(([, most]) => most!))).toBe(3)
  })
  test('steps before, between and after asynchronous ones meet their rows, also through unions and caches', async () => {
    const doubled = rows()
      .mapAsync(async (n) => n * 2)
      .cache()
    const both = doubled
      .filter((n) => n % 4 === 0)
      .mapAsync((n) => n + 1)
      .union(doubled)
      .coalesce(1)
    expect(await both.sum()).toBe(180 + 10 + 380)
    expect(await both.zipWithIndex().count()).toBe(30)
  })
  test('what an asynchronous call throws names the line, and accumulators count its rows once', async () => {
    const calls = context().accumulator()
    const counted = rows().mapAsync(async (n) => {
      await Promise.resolve()
      calls.add(1)
      return n
    })
    expect([await counted.count(), await counted.count(), calls.value]).toEqual([20, 20, 20])
    const failing = rows().mapAsync(async (n) => {
      await Promise.resolve()
      if (n === 7) throw new RangeError('seven')
      return n
    })
    await expect(failing.collect()).rejects.toThrow(
      /^mapAsync\(\) at \S+outside\.test\.ts:\d+:\d+ failed: RangeError: seven/,
    )
  })
  test('a promise from a synchronous function is refused with the way out', async () => {
    const promised = rows().filter((n) => Promise.resolve(n > 3) as never)
    await expect(promised.collect()).rejects.toThrow('apart from that of mapAsync(fn, { concurrency })')
    expect(() => rows().mapAsync(async (n) => n, { concurrency: 0 })).toThrow('a whole number as concurrency >= 1')
  })
  test('rows go through a command, per partition', async () => {
    const words = context().parallelize(['pear', 'ä fig', 'apple'], 2)
    expect(await words.pipe(['sort']).collect()).toEqual(['pear', 'apple', 'ä fig'])
    expect(await words.pipe('cat; echo $MARK', { env: { MARK: 'end' } }).collect()).toEqual([
      'pear',
      'end',
      'ä fig',
      'apple',
      'end',
    ])
    await expect(words.pipe('echo broken >&2; exit 3').collect()).rejects.toThrow(
      /failed: Error: the command "echo broken >&2; exit 3" ended with exit code 3: broken/,
    )
    await expect(words.pipe(['no-such-command']).collect()).rejects.toThrow(
      'did not run: spawnSync no-such-command ENOENT',
    )
    expect(() => words.pipe([])).toThrow('needs a command')
  })
  test('a local checkpoint is kept and cut off, with its partitioner', async () => {
    const runs = context().accumulator()
    const placed = rows()
      .map((n) => [n % 4, (runs.add(1), n)])
      .partitionBy(3)
    const kept = await placed.localCheckpoint()
    expect(kept.dependencies()).toEqual([])
    expect(
      await kept
        .reduceByKey((a, b) => a + b)
        .assertNarrow()
        .lookup(1),
    ).toEqual([45])
    expect(runs.value).toBe(20)
    kept.unpersist()
    await expect(kept.collect()).rejects.toMatchObject({
      name: 'UsageError',
      message: expect.stringMatching(/^localCheckpoint\(\) at \S+: partition \d was lost with its executor/),
    })
  })
})

test('an abort ends asynchronous calls that would never end, and fires their signal', async () => {
  await using context = await createContext({ master: 'local[2]' })
  const controller = new AbortController()
  const endless = context.range(0, 2).mapAsync((n) => new Promise<number>(() => n))
  const job = endless.count({ signal: controller.signal })
  controller.abort()
  await expect(job).rejects.toMatchObject({ name: 'AbortedError' })
  expect(await context.range(0, 4).count()).toBe(4)
})
