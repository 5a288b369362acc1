/** Tasks that would find nothing between the bounds of a filterByRange are not started. */
import { createContext, rangePartitioner, type Context, type Dataset } from '@gridify/core'
import { afterAll, beforeAll, expect, test } from 'vitest'

let context: Context
beforeAll(async () => {
  context = await createContext({ master: 'memory[2]' })
})
afterAll(() => context.stop())

/** 0 to 99 by their tens, in ten partitions. */
const tens = () =>
  context
    .range(0, 100, { partitions: 2 })
    .map((n) => [n, n])
    .partitionBy(rangePartitioner([9, 19, 29, 39, 49, 59, 69, 79, 89]))

async function tasksOf<T>(run: () => Promise<T>): Promise<[T, number]> {
  const before = context.metrics().tasks
  return [await run(), context.metrics().tasks - before]
}

test('actions start a task for each partition that may hold such keys, and for no other', async () => {
  const placed = tens()
  await placed.count()
  const few = placed.filterByRange(38, 41)
  const values = few.mapValues((n) => n + 1).values()
  expect(await tasksOf(() => values.collect())).toEqual([[39, 40, 41, 42], 2])
  expect(await tasksOf(() => few.count())).toEqual([4, 2])
  expect(await tasksOf(() => values.reduce((a, b) => a + b))).toEqual([162, 2])
  expect(
    await tasksOf(() =>
      values.aggregate(
        '',
        (text, n) => `${text}${n} `,
        (a, b) => a + b,
      ),
    ),
  ).toEqual(['39 40 41 42 ', 2])
  expect(await tasksOf(() => values.top(2))).toEqual([[42, 41], 2])
  expect(await tasksOf(() => values.take(3))).toEqual([[39, 40, 41], 2])
  expect(await tasksOf(() => few.lookup(40))).toEqual([[40], 1])
  expect(await tasksOf(() => few.lookup(99))).toEqual([[], 0])
  expect(await tasksOf(() => placed.filterByRange(5, 4).collect())).toEqual([[], 0])
  expect(await few.partitionCount()).toBe(10)
})

test('map tasks are skipped alike, also behind a union and a coalesce, and the partitioner stays', async () => {
  const placed = tens()
  await placed.count()
  const few = placed.filterByRange(38, 41)
  const byEnd = few.map(([n, value]) => [n % 2, value]).reduceByKey((a, b) => a + b, 2)
  // Two map tasks, two reducers.
  const [sums, tasks] = await tasksOf(() => byEnd.collect())
  expect({ sums: sums.sort(), tasks }).toEqual({
    sums: [
      [0, 78],
      [1, 80],
    ],
    tasks: 4,
  })
  expect((await tasksOf(() => few.map(String).union(few.map(String)).count()))[1]).toBe(4)
  expect((await tasksOf(() => few.map(String).coalesce(5).count()))[1]).toBe(2)
  expect((await tasksOf(() => few.join(few).assertNarrow().count()))[1]).toBe(2)
  expect((await tasksOf(() => few.union(placed).count()))[1]).toBe(10)
})

test('what a function, a file or a kept partition is to be there for is done in every partition', async () => {
  const placed = tens()
  await placed.count()
  const few = placed.filterByRange(38, 41)
  const inAll = async (run: () => Promise<unknown>) => expect((await tasksOf(run))[1]).toBe(10)
  await inAll(() => few.mapPartitions((rows) => [[...rows].length]).collect())
  await inAll(() => few.glom().collect())
  await inAll(() => few.foreachPartition(() => {}))
  await inAll(() =>
    few
      .mapValues((n) => n)
      .cache()
      .count(),
  )
  expect(await few.mapPartitions((rows) => [[...rows].length]).collect()).toEqual([0, 0, 0, 2, 2, 0, 0, 0, 0, 0])
  expect(await (few as Dataset<[number, number]>).values().sum()).toBe(158)
})
