/** A task that takes its slot along ends the job with the reason, and nothing else. */
import { createContext, type Context } from '@gridify/core'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

describe.each(['local[2]', 'local-cluster[1,2]'])('%s', (master) => {
  let context: Context
  beforeAll(async () => {
    context = await createContext({ master, heapBytes: 64 * 2 ** 20, onLog: () => {} })
  })
  afterAll(() => context.stop())

  test('a task that fills the heap is an OutOfMemoryError that names the cure, and the next job runs', async () => {
    const greedy = context.range(0, 1, { partitions: 1 }).map(() => {
      const held: unknown[] = []
      for (;;) held.push({ of: [held.length] })
    })
    await expect(greedy.count()).rejects.toMatchObject({
      name: 'OutOfMemoryError',
      message: expect.stringMatching(
        /^count\(\) at .*slot-death.test.ts:\d+:\d+: slot \d of executor .* ran out of its JavaScript heap: use more and smaller partitions, or give it more/,
      ),
    })
    expect(await context.range(0, 4).count()).toBe(4)
  })
  test('a task that holds more and more rows is ended between stretches of them, before V8 ends its thread', async () => {
    const greedy = context.range(0, 5_000_000, { partitions: 1 }).mapPartitions((rows) => {
      let held: { readonly row: number; readonly before: unknown } | undefined
      for (const row of rows) held = { row, before: held }
      return [held!.row]
    })
    await expect(greedy.count()).rejects.toMatchObject({
      name: 'OutOfMemoryError',
      message: expect.stringMatching(
        /^mapPartitions\(\) at .*slot-death.test.ts:\d+:\d+: slot \d of executor .* ran out of its JavaScript heap \(\d+ of 67108864 bytes hold what is in use\): use more/,
      ),
    })
    expect(await context.range(0, 4).count()).toBe(4)
  })
  test('what fills the heap is named, not the steps before it', async () => {
    const once = await createContext({ master, heapBytes: 64 * 2 ** 20, taskMaxLosses: 1, onLog: () => {} })
    const rows = once
      .range(0, 200_000, { partitions: 1 })
      .map((n): [number, number[][]] => [n % 30, [Array.from({ length: 100 }, (_, i) => n + i + 0.5)]])
    const push = <T>(to: T[], values: T[]) => {
      to.push(...values)
      return to
    }
    const jobs = {
      glom: () => rows.glom().count(),
      reduceByKey: () => rows.reduceByKey((a, b) => a.concat(b)).count(),
      foldByKey: () =>
        rows
          .partitionBy(1)
          .mapValues((lists) => lists)
          .foldByKey([] as number[][], push)
          .count(),
      reduce: () => rows.values().reduce(push),
      aggregate: () => rows.values().aggregate([] as number[][], push, push),
      cartesian: () => rows.cartesian(rows).count(),
    }
    for (const [name, job] of Object.entries(jobs))
      await expect(job() as Promise<unknown>).rejects.toMatchObject({
        name: 'OutOfMemoryError',
        message: expect.stringMatching(
          `^${name}\\(\\) at .*slot-death.test.ts:\\d+:\\d+: slot \\d of executor .* ran out of its JavaScript heap \\(`,
        ),
      })
    await once.stop()
  })
  test('a value that is larger than its slot may hold is refused at the line that made it, wherever it would go', async () => {
    const small = await createContext({ master, memoryBytes: 32 * 2 ** 20, onLog: () => {} })
    const megabytes = (count: number) => count * 2 ** 20
    const makers: Record<string, (bytes: number) => unknown> = {
      text: (bytes) => 'x'.repeat(bytes),
      bytes: (bytes) => new Uint8Array(bytes),
      list: (bytes) => Array.from({ length: bytes / 8 }, (_, i) => i + 0.5),
    }
    const folder = mkdtempSync(join(tmpdir(), 'gridify-large-values-'))
    for (const [kind, make] of Object.entries(makers)) {
      const pairs = small
        .range(0, 4, { partitions: 2 })
        .map((n): [number, unknown] => [n % 2, make(n === 1 ? megabytes(40) : 8)])
      const jobs = {
        collect: () => pairs.collect(),
        persist: () => pairs.persist('memory-and-disk').count(),
        groupByKey: () => pairs.groupByKey().count(),
        sortBy: () => pairs.sortBy(([, value]) => value).count(),
        join: () => pairs.join(small.parallelize([[1, 1]] as [number, number][])).count(),
        distinct: () => pairs.values().distinct().count(),
        save: () => pairs.saveAsObjectFile(join(folder, kind)),
      }
      for (const [name, job] of Object.entries(jobs)) {
        // Lists of so many numbers take seconds each.
        if (kind === 'list' && name !== 'collect') continue
        const error = await (job() as Promise<unknown>).then(
          () => undefined,
          (thrown: Error) => thrown,
        )
        pairs.unpersist()
        expect([kind, name, error?.name]).toEqual([kind, name, 'OutOfMemoryError'])
        expect(error!.message).toMatch(
          /^\w+\(\) at .*slot-death.test.ts:\d+:\d+: .* more (than one slot can hold|it more)?.* \(stage \d+, partition \d, attempt \d, executor /,
        )
      }
    }
    await small.stop()
    expect(readdirSync(folder)).toEqual([])
    rmSync(folder, { recursive: true })
  })
  test('a function that calls process.exit() ends the job by name, and the next job runs', async () => {
    const leaving = context.range(0, 1, { partitions: 1 }).map(() => process.exit(3))
    await expect(leaving.count()).rejects.toThrow(
      /slot \d of executor .* ended with code 3 in the middle of its task: functions must not call process.exit\(\)/,
    )
    expect(await context.range(0, 4).count()).toBe(4)
  })
  test('rows that are no pairs are refused in the name of the operation that needs them', async () => {
    const numbers = context.range(0, 3, { partitions: 1 }) as never as import('@gridify/core').Dataset<[number, number]>
    await expect(numbers.reduceByKey((a, b) => a + b).count()).rejects.toThrow(
      /^reduceByKey\(\) at .*slot-death.test.ts:\d+:\d+ needs rows \[key, value\], got 0$/,
    )
  })
})
