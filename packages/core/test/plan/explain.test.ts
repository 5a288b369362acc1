/** What a plan says before and after its data is there, word for word but for line numbers. */
import { createContext, customPartitioner, type Context, type Dataset } from '@gridify/core'
import { afterAll, beforeAll, expect, test } from 'vitest'

let context: Context
beforeAll(async () => {
  context = await createContext({ master: 'memory[2]' })
})
afterAll(() => context.stop())

const planOf = (dataset: Dataset<never> | Dataset<any>) =>
  dataset.explain().replaceAll(/ at \S+explain\.test\.ts:\d+:\d+/g, '')
const pairs = () =>
  context
    .parallelize(
      [
        ['a', 1],
        ['b', 2],
      ],
      3,
    )
    .setName('pairs')

test('stages, partitions, partitioners and the reason of each shuffle are shown', () => {
  const sums = pairs()
    .mapValues((n) => n + 1)
    .reduceByKey((a, b) => a + b)
  const sorted = sums.join(pairs()).sortByKey({ partitions: 4 }).values()
  expect(planOf(sorted)).toBe(
    `stage 1: 3 partitions -> shuffle 1 by hash into 2, for reduceByKey()
  'pairs' parallelize()
  mapValues()
stage 2: 3 partitions -> shuffle 2 by hash into 2, for join()
  'pairs' parallelize()
stage 3: 2 partitions -> shuffle 3 by range into 4, for sortByKey()
  reduceByKey() [reads shuffle 1; by hash into 2]
  join() [reads shuffle 2; by hash into 2]
  join() [by hash into 2]
stage 4: 4 partitions -> result
  sortByKey() [reads shuffle 3; by range into 4]
  values()`,
  )
})

test('a checkpoint has no stages before it, and says who holds it', async () => {
  const sums = pairs().reduceByKey((a, b) => a + b, 2)
  const cut = await sums.checkpoint()
  expect(planOf(cut.mapValues((n) => n + 1).groupByKey(3))).toBe(
    `stage 1: 2 partitions -> shuffle 1 by hash into 3, for groupByKey()
  checkpoint() [by hash into 2; held by the driver]
  mapValues() [by hash into 2]
stage 2: 3 partitions -> result
  groupByKey() [reads shuffle 1; by hash into 3]`,
  )
})

test('a stage whose tasks start together says so', () => {
  const met = pairs()
    .partitionBy(2)
    .barrier()
    .mapPartitions((rows) => rows, { preservesPartitioning: true })
  expect(planOf(met.groupByKey())).toBe(
    `stage 1: 3 partitions -> shuffle 1 by hash into 2, for partitionBy()
  'pairs' parallelize()
stage 2: 2 partitions, all at once -> result
  partitionBy() [reads shuffle 1; by hash into 2]
  barrier().mapPartitions() [by hash into 2]
  groupByKey() [by hash into 2]`,
  )
})

test('stages whose output or whose readers are there already are skipped', async () => {
  const placed = pairs().partitionBy(customPartitioner(2, (key: string) => key.length % 2, 'by length'))
  const kept = placed.mapValues((n) => n * 2).persist('memory')
  expect(planOf(kept)).toBe(
    `stage 1: 3 partitions -> shuffle 1 by custom 'by length' into 2, for partitionBy()
  'pairs' parallelize()
stage 2: 2 partitions -> result
  partitionBy() [reads shuffle 1; by custom 'by length' into 2]
  mapValues() [by custom 'by length' into 2; kept: memory]`,
  )
  await placed.count()
  expect(planOf(kept).split('\n')[0]).toBe(
    "stage 1: 3 partitions -> shuffle 1 by custom 'by length' into 2, for partitionBy() [skipped: its output is held]",
  )
  await kept.count()
  expect(planOf(kept).split('\n').at(-1)).toBe("  mapValues() [by custom 'by length' into 2; kept: memory, held]")
  const cached = pairs().groupByKey().cache()
  await cached.count()
  expect(planOf(cached.repartition(1)).match(/\[skipped: .*\]/g)).toEqual(['[skipped: its output is held]'])
})

test('no transformation starts a job', async () => {
  const before = context.metrics().tasks
  const numbers = context.range(0, 20)
  const keyed = numbers.keyBy((n) => n % 3)
  keyed.sortByKey().zipWithIndex().keys().filterByRange(1, 2).repartition(3).coalesce(2).glom()
  numbers.intersection(numbers).subtract(numbers).cartesian(numbers).zip(numbers.cartesian(numbers)).sample(0.5)
  keyed.countApproxDistinctByKey().explain()
  expect(context.metrics().tasks).toBe(before)
  expect(await keyed.sortByKey().zipWithIndex().count()).toBe(20)
})

test('assertNarrow tells which side a join would move, and why', () => {
  const placed = pairs().partitionBy(4)
  expect(
    placed
      .join(placed.filter(() => true))
      .mapValues(([a]) => a)
      .assertNarrow(),
  ).toBeDefined()
  expect(() => placed.join(pairs(), 4).assertNarrow()).toThrow(
    /^assertNarrow\(\): join\(\) at \S+ shuffles the rows of parallelize\(\) at \S+: it needs them by hash into 4, but they lie by no partitioner; partitionBy\(\) them once/,
  )
  expect(() => placed.join(placed, 5).assertNarrow()).toThrow(
    'it needs them by hash into 5, but they lie by hash into 4',
  )
  expect(() =>
    placed
      .map(([key, n]) => [key, n])
      .reduceByKey((a, b) => a + b)
      .assertNarrow(),
  ).toThrow('reduceByKey()')
  expect(() =>
    pairs()
      .sortBy(([key]) => key)
      .assertNarrow(),
  ).toThrow('by range into 2')
})

test('a dataset tells its name, its number and what it is made of', () => {
  const parent = pairs()
  const child = parent.groupByKey()
  expect([parent.name, child.name, child.id > parent.id]).toEqual(['pairs', undefined, true])
  expect(child.dependencies()).toEqual([{ kind: 'shuffle', id: parent.id }])
  expect(parent.union(parent).dependencies()).toEqual([
    { kind: 'narrow', id: parent.id },
    { kind: 'narrow', id: parent.id },
  ])
})
