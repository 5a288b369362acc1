/** Lineages of iterative jobs are deep: no walk over them may recurse, and a chain of steps runs as one loop. */
import { createContext, type Dataset } from '@gridify/core'
import { expect, test } from 'vitest'

const depth = 100_000

/** Processor time, since other processes must not fail a test. */
async function secondsOf(work: () => unknown): Promise<number> {
  const before = process.cpuUsage()
  await work()
  return process.cpuUsage(before).user / 1e6
}

test('a chain of 100,000 steps is planned in time and runs', async () => {
  await using context = await createContext({ master: 'memory[2]' })
  let chain: Dataset<any> = context.range(0, 3, { partitions: 1 }).map((n) => n * 10)
  for (let i = 0; i < depth / 2; i++) chain = chain.zipWithUniqueId().keys()
  expect(await secondsOf(() => chain.partitionCount())).toBeLessThan(2)
  expect(chain.explain().split('\n')).toHaveLength(depth + 3)
  expect(await chain.collect()).toEqual([0, 10, 20])
})

test('a chain of 100,000 unions is one step', async () => {
  await using context = await createContext({ master: 'memory[2]' })
  const few = context.range(0, 3, { partitions: 1 })
  let all = few
  for (let i = 1; i < depth; i++) all = all.union(few)
  let plan = ''
  expect(await secondsOf(() => (plan = all.explain()))).toBeLessThan(2)
  expect(plan.split('\n')).toHaveLength(3)
  expect(plan).toMatch(/^stage 1: 100000 partitions -> result\n/)
  expect(await all.take(7)).toEqual([0, 1, 2, 0, 1, 2, 0])
})

test('a chain of 1,000 unions of one partitioner keeps it', async () => {
  await using context = await createContext({ master: 'memory[2]' })
  const few = context.parallelize([['a', 1]]).partitionBy(2)
  let all = few
  for (let i = 1; i < 1000; i++) all = all.union(few)
  expect(
    await all
      .reduceByKey((a, b) => a + b)
      .assertNarrow()
      .collect(),
  ).toEqual([['a', 1000]])
})
