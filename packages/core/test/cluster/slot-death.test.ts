/** A task that takes its slot along ends the job with the reason, and nothing else. */
import { createContext, type Context } from '@gridify/core'
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
        /^slot \d of executor .* ran out of its JavaScript heap: use more and smaller partitions, or give it more/,
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
        /^slot \d of executor .* ran out of its JavaScript heap \(\d+ of 67108864 bytes hold what is in use\): use more/,
      ),
    })
    expect(await context.range(0, 4).count()).toBe(4)
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
