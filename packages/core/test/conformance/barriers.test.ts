/** Tasks that start together, wait for each other and fail together. */
import { createContext, ExecutorLostError, UsageError, type BarrierTaskContext } from '@gridify/core'
import { describe, expect, test } from 'vitest'
import { onEveryCluster } from './every-cluster.ts'

onEveryCluster((context, master) => {
  const rows = (partitions = 2) => context().range(0, 6, { partitions })
  const together = (partitions = 2) => rows(partitions).barrier()

  test('all tasks meet as often as they call, and each gets what all gave', async () => {
    const met = together().mapPartitions(async (rows, task) => {
      const own = [...rows]
      const rounds: unknown[] = []
      for (let round = 0; round < 3; round++) {
        await task.barrier()
        rounds.push(await task.allGather({ from: task.partition, sum: own[round]! }))
      }
      return [rounds]
    })
    const round = (first: number, second: number) => [
      { from: 0, sum: first },
      { from: 1, sum: second },
    ]
    const expected = [round(0, 3), round(1, 4), round(2, 5)]
    expect(await met.collect()).toEqual([expected, expected])
  })
  test('a task knows with whom it runs', async () => {
    const infos = await together()
      .mapPartitions((_, task) => [task.getTaskInfos().map((info) => ({ ...info }))])
      .collect()
    expect(infos[0]).toEqual(infos[1])
    expect(infos[0]!.map(({ partition }) => partition)).toEqual([0, 1])
    const executors = context()
      .executors()
      .map(({ id }) => id)
    expect(infos[0]!.every(({ executor, host }) => executors.includes(executor) && host !== '')).toBe(true)
    expect(new Set(infos[0]!.map(({ executor }) => executor)).size).toBe(executors.length)
  })
  test('rows may come at once, by a promise or one by one, and later steps read them', async () => {
    const doubled = [0, 2, 4, 6, 8, 10]
    expect(
      await together()
        .mapPartitions((rows) => [...rows].map((n) => n * 2))
        .collect(),
    ).toEqual(doubled)
    const generated = together().mapPartitionsWithIndex(async function* (index, rows, task) {
      for (const n of rows) {
        await task.barrier()
        yield [index, n * 2]
      }
    })
    expect(await generated.values().collect()).toEqual(doubled)
    expect((await generated.reduceByKey((a, b) => a + b).collect()).sort()).toEqual([
      [0, 6],
      [1, 24],
    ])
    const twice = generated.values().barrier()
    expect(
      await twice
        .mapPartitions(async (rows, task) => (await task.barrier(), [...rows]))
        .zipWithIndex()
        .keys()
        .sum(),
    ).toBe(30)
  })
  test('one task that fails makes all run again, and accumulators count what the last attempt added', async () => {
    const starts = context().accumulator()
    const attempts = together().mapPartitions(async (_, task) => {
      starts.add(1)
      await task.barrier()
      if (task.partition === 1 && task.attempt < 2) throw new RangeError('not yet')
      return [[task.partition, task.attempt]]
    })
    expect(await attempts.collect()).toEqual([
      [0, 2],
      [1, 2],
    ])
    expect(starts.value).toBe(2)
    const never = together().mapPartitions(async (_, task) => {
      await task.barrier()
      if (task.partition === 1) throw new RangeError('never')
      return await new Promise<number[]>(() => {})
    })
    await expect(never.count()).rejects.toThrow(
      /^barrier\(\)\.mapPartitions\(\) at \S+barriers\.test\.ts:\d+:\d+ failed: RangeError: never \(stage \d+, partition 1, attempt 3/,
    )
    expect(await rows().count()).toBe(6)
  })
  test('kept partitions behind a barrier are read together, or all are made again', async () => {
    const kept = together()
      .mapPartitions(async (rows, task) => (await task.barrier(), rows))
      .cache()
    expect([await kept.sum(), await kept.sum()]).toEqual([15, 15])
    const placed = kept.map((n) => [n, 1]).partitionBy(2)
    expect([await placed.count(), await placed.keys().sum()]).toEqual([6, 15])
    kept.unpersist()
    expect(await kept.sum()).toBe(15)
  })
  test('tasks that do not meet are told so, and the job ends', async () => {
    const ending = (fn: (task: BarrierTaskContext) => Promise<unknown>) => {
      const job = together().mapPartitions(async (_, task) => (await fn(task), [1]))
      return expect(job.count()).rejects
    }
    await ending(async (task) => task.partition === 0 && (await task.barrier())).toThrow(
      /partition 1 ended after 0 calls of barrier\(\) or allGather\(\), while partition 0 waits in call 1/,
    )
    await ending(async (task) => (task.partition === 0 ? task.barrier() : task.allGather(1))).toThrow(
      /partition (0 calls barrier\(\) where partition 1 calls allGather|1 calls allGather\(\) where partition 0 calls barrier)\(\)/,
    )
    await ending(async (task) =>
      task.partition === 0
        ? task.barrier({ timeoutMs: 20 })
        : new Promise((_, stop) => task.signal.addEventListener('abort', stop)),
    ).toThrow(/partition 0 waited 20 ms in barrier\(\), as long as its timeoutMs allows: partition 1 has not called it/)
    await ending(async (task) => Promise.all([task.barrier(), task.barrier()])).toThrow(
      'a task waits in one call at a time; await barrier() before the next call',
    )
    await ending(async (task) => task.barrier({ timeoutMs: -1 })).toThrow(
      '`timeoutMs` of barrier() must be a number above 0',
    )
    await ending(async (task) => {
      if (task.partition === 1) return new Promise((_, stop) => task.signal.addEventListener('abort', stop))
      return task.barrier({ signal: AbortSignal.timeout(20) }).catch((error: unknown) => {
        throw new Error((error as Error).message)
      })
    }).toThrow(/failed: Error: barrier\(\)\.mapPartitions\(\) at \S+: barrier\(\) was given up by its signal/)
  })
  test('a call that nobody awaits is named, and ends no slot', async () => {
    // The other task is still at work, else it could be the first to end.
    const job = together().mapPartitions((rows, task) => {
      if (task.partition === 1) return new Promise<number[]>(() => {})
      void task.barrier()
      return rows
    })
    await expect(job.count()).rejects.toThrow('partition 0 ended while its barrier() was under way: await it')
    const failing = together().mapPartitions(async (_, task): Promise<number[]> => {
      void task.barrier()
      throw new RangeError(`in ${task.partition}`)
    })
    await expect(failing.count()).rejects.toThrow('RangeError: in')
    expect(await rows().count()).toBe(6)
  })
  test('an abort of the action ends tasks that wait', async () => {
    const controller = new AbortController()
    const waiting = together().mapPartitions(async (_, task) => {
      if (task.partition === 0) await task.barrier()
      return await new Promise<number[]>(() => {})
    })
    const job = waiting.count({ signal: controller.signal })
    setTimeout(() => controller.abort(), 20)
    await expect(job).rejects.toMatchObject({ name: 'AbortedError' })
    expect(
      await together()
        .mapPartitions(async (rows, task) => (await task.barrier(), rows))
        .sum(),
    ).toBe(15)
  })
  test('what cannot be one stage of tasks that start together is refused before anything runs', async () => {
    const runs = context().accumulator()
    const counted = rows().map((n) => (runs.add(1), n))
    const same = counted.barrier().mapPartitions((rows) => rows)
    const refused = async (job: Promise<unknown>, reason: RegExp) => {
      await expect(job).rejects.toBeInstanceOf(UsageError)
      await expect(job).rejects.toThrow(reason)
    }
    const wide = context()
      .range(0, 6, { partitions: 3 })
      .barrier()
      .mapPartitions((rows) => rows)
    await refused(
      wide.collect(),
      /starts all 3 tasks of its stage together, but there are 2 slots: repartition\(2\) before barrier\(\)/,
    )
    await refused(
      same.take(1),
      /^take\(\) at \S+ reads 1 of 2 partitions, but barrier\(\)\.mapPartitions\(\) at \S+ starts all tasks of its stage together: use an action that reads all of them/,
    )
    await refused(same.first(), /^first\(\) at \S+ reads 1 of 2 partitions/)
    await refused(same.isEmpty(), /^isEmpty\(\) at \S+ reads 1 of 2 partitions/)
    await refused(same.coalesce(1).count(), /has 2 where the stage has 1: use repartition\(\), or checkpoint\(\)/)
    await refused(
      counted
        .coalesce(1)
        .barrier()
        .mapPartitions((rows) => rows)
        .count(),
      /map\(\) at \S+ has 2 where the stage has 1|range\(\) at \S+ has 2 where the stage has 1/,
    )
    await refused(same.union(counted).count(), /has 2 where the stage has 4/)
    await refused(same.zip(same.map((n) => n)).count(), /^zip\(\) at \S+ reads 2 barrier stages/)
    expect(runs.value).toBe(0)
    const cut = await same.checkpoint()
    expect([await cut.take(1), await same.repartition(1).first(), runs.value]).toEqual([[0], 0, 6])
  })
  test('more jobs than slots end, whichever of them start together', async () => {
    const jobs = Array.from({ length: 12 }, async (_, i) =>
      i % 3 === 0
        ? await together()
            .mapPartitions(async (rows, task) => (await task.barrier(), rows))
            .sum()
        : await context()
            .range(0, 6, { partitions: 5 })
            .map((n) => n)
            .sum(),
    )
    expect(await Promise.all(jobs)).toEqual(Array(12).fill(15))
    expect(master).toBeTypeOf('string')
  })
})

describe('an executor that is killed in the middle of a barrier', () => {
  const dying = async (context: Awaited<ReturnType<typeof createContext>>) =>
    context
      .range(0, 6, { partitions: 2 })
      .barrier()
      .mapPartitions(async (rows, task) => {
        const before = await task.allGather(task.attempt)
        if (task.partition === 1 && task.attempt === 0) process.kill(process.pid, 'SIGKILL')
        await task.barrier()
        return [[...rows, ...before]]
      })
      .collect()

  test('all tasks run again where there are slots left, and the result is exact', async () => {
    await using context = await createContext({ master: 'local-cluster[3,1]', onLog: () => {} })
    expect(await dying(context)).toEqual([
      [0, 1, 2, 1, 1],
      [3, 4, 5, 1, 1],
    ])
    expect([context.metrics().executorsLost, context.executors().length]).toEqual([1, 2])
  })
  test('where too few are left the job ends with the loss and both figures', async () => {
    await using context = await createContext({ master: 'local-cluster[2,1]', onLog: () => {} })
    const error = await dying(context).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(ExecutorLostError)
    expect((error as Error).message).toMatch(
      /^executor ws:\S+ was lost: .*SIGKILL.*; barrier\(\)\.mapPartitions\(\) at \S+ starts all 2 tasks of its stage together, but there is 1 slot/,
    )
    expect(await context.range(0, 4).count()).toBe(4)
  })
})
