/** A partition that is far larger than others is made by several tasks, and nobody can tell from the rows. */
import { isDeepStrictEqual } from 'node:util'
import { createContext, type Context, type Dataset } from '@gridify/core'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

type Pairs = Dataset<[unknown, unknown]>

/** Nine of ten rows have one key. */
const kinds: Record<string, (i: number) => [unknown, unknown]> = {
  numbers: (i) => [i % 10 === 0 ? (i * 48_271) % 701 : 3, i],
  fractions: (i) => [i % 10 === 0 ? ((i * 48_271) % 701) / 8 : -0, i / 3],
  texts: (i) => [i % 10 === 0 ? `key ${(i * 48_271) % 701}` : 'hot', `value ${i}`],
  objects: (i) => [i % 10 === 0 ? { id: (i * 48_271) % 701 } : ['hot', null], { at: i }],
  'keys of all kinds': (i) => [i % 10 === 0 ? [`k${i % 70}`, i % 70, null][i % 3] : i % 20 === 1 ? 'hot' : 7n, [i]],
}

const splitJobs: Record<string, (many: Pairs, few: Pairs) => Dataset<unknown>> = {
  join: (many, few) => many.join(few, 3),
  'join with the hot key on the right': (many, few) => few.join(many, 3),
  'join with a key that is hot on both sides': (many, few) =>
    many.filter((_row) => true).join(few.union(few).union(few), 3),
  leftOuterJoin: (many, few) => many.leftOuterJoin(few, 3),
  rightOuterJoin: (many, few) => few.rightOuterJoin(many, 3),
  fullOuterJoin: (many, few) => many.fullOuterJoin(few, 3),
  'fullOuterJoin from the other side': (many, few) => few.fullOuterJoin(many, 3),
  cogroup: (many, few) => many.cogroup(few, 3).mapValues(([left, right]) => [[...left], [...right]]),
  subtractByKey: (many, few) =>
    many.subtractByKey(
      few.filter(([key]) => key !== 3 && key !== 'hot'),
      3,
    ),
  groupByKey: (many) => many.groupByKey(3).mapValues((group) => [group.size, ...group]),
  partitionBy: (many) => many.partitionBy(3),
  'steps behind a join': (many, few) =>
    many
      .join(few, 3)
      .flatMap(
        ([key, [left, right]]) =>
          [
            [key, left],
            [key, right],
          ] as [unknown, unknown][],
      )
      .filter(([, value]) => value !== 8)
      .mapValues((value) => [value])
      .map(([key, value]) => [value, key]),
  'a shuffle behind a join': (many, few) =>
    many
      .join(few, 3)
      .map(([key, [left, right]]) => [right, [key, left]] as [unknown, unknown])
      .groupByKey(2)
      .mapValues((group) => group.toArray()),
  'two joins, one behind the other': (many, few) =>
    many
      .join(few, 3)
      .map(([, [left, right]]) => [right, left] as [unknown, unknown])
      .join(
        few.map(([key, value]) => [value, key] as [unknown, unknown]),
        2,
      ),
}

const clusters: [string, string[]][] = [
  ['memory[2]', ['numbers', 'fractions', 'keys of all kinds']],
  ['local[2]', ['texts']],
  ['local-cluster[2,1]', ['objects']],
]

describe.each(clusters)('%s', (master, kindsHere) => {
  let split: Context
  let little: Context
  let whole: Context
  let onPiece = () => {}
  const contexts = async (options: { skewSplit: { factor: number; minBytes: number } | false }, bytes?: number) => {
    if (bytes !== undefined) process.env['GRIDIFY_EXECUTION_BYTES'] = String(bytes)
    try {
      return await createContext({
        master,
        ...options,
        ...(bytes === undefined ? {} : { shuffleStorage: 'disk' }),
        onTask: ({ piece }) => piece && onPiece(),
      })
    } finally {
      delete process.env['GRIDIFY_EXECUTION_BYTES']
    }
  }
  beforeAll(async () => {
    split = await contexts({ skewSplit: { factor: 1, minBytes: 1000 } })
    little = await contexts({ skewSplit: { factor: 1, minBytes: 1000 } }, 20_000)
    whole = await contexts({ skewSplit: false })
  })
  afterAll(() => Promise.all([split.stop(), little.stop(), whole.stop()]))

  const pairs = (context: Context, row: (i: number) => [unknown, unknown]): [Pairs, Pairs] => [
    context.range(0, 3000, { partitions: 3 }).map(row),
    context.range(0, 25, { partitions: 2 }).map((i) => row(i * 7 + 3)),
  ]

  describe.each(kindsHere)('%s', (kind) => {
    test.each(Object.keys(splitJobs))('%s', async (job) => {
      const before = split.metrics().partitionsSplit
      const [expected, ...others] = await Promise.all(
        [whole, split, little].map((context) => splitJobs[job]!(...pairs(context, kinds[kind]!)).collect()),
      )
      expect(expected!.length).toBeGreaterThan(0)
      for (const found of others) expect(isDeepStrictEqual(found, expected)).toBe(true)
      expect(split.metrics().partitionsSplit).toBeGreaterThan(before)
    })
  })

  test('counts and looked up values add up', async () => {
    const found = await Promise.all(
      [split, whole].map(async (context) => {
        const [many, few] = pairs(context, kinds['numbers']!)
        const joined = many.join(few, 3)
        return [await joined.count(), await joined.lookup(3)]
      }),
    )
    expect(found[0]![0]).toBeGreaterThan(1000)
    expect(isDeepStrictEqual(found[0], found[1])).toBe(true)
  })

  test('a job that is aborted between its sub-tasks ends, and the next one is right', async () => {
    const [many, few] = pairs(split, kinds['numbers']!)
    const joined = many.join(few, 3)
    const controller = new AbortController()
    onPiece = () => controller.abort()
    await expect(joined.count({ signal: controller.signal })).rejects.toThrow('aborted')
    onPiece = () => {}
    const [same, asFew] = pairs(whole, kinds['numbers']!)
    expect(await joined.count()).toBe(await same.join(asFew, 3).count())
  })

  const unsplit: Record<
    string,
    (joined: Dataset<[unknown, [unknown, unknown]]>, context: Context) => Promise<unknown>
  > = {
    'what sees a partition at once': (joined) => joined.mapPartitions((rows) => [[...rows].length]).collect(),
    'a function that counts rows': (joined) => {
      let rows = 0
      return joined.map(([key]) => [key, rows++]).collect()
    },
    'a sum that accumulates': async (joined, context) => {
      const sum = context.accumulator()
      await joined.foreach(() => sum.add(1))
      return sum.value
    },
    'what merges with a function of its own': (joined) =>
      joined
        .map(([, [left]]) => [1, (left as number) / 3] as [number, number])
        .reduceByKey((a, b) => a + b)
        .collect(),
    fold: (joined) => joined.map(([, [left]]) => (left as number) / 3).fold(0, (a, b) => a + b),
    'a kept dataset': async (joined) => [await joined.persist('memory').count(), await joined.collect()],
    sortByKey: (joined) =>
      joined
        .map(([key, [left]]) => [key as number, left] as [number, unknown])
        .sortByKey()
        .glom()
        .collect(),
  }
  test.each(Object.keys(unsplit))('%s is as it was', async (job) => {
    const found = await Promise.all(
      [split, whole].map((context) => {
        const [many, few] = pairs(context, kinds['numbers']!)
        return unsplit[job]!(many.join(few, 3), context)
      }),
    )
    expect(isDeepStrictEqual(found[0], found[1])).toBe(true)
  })
})

test('joins of random rows give the same rows in the same order, split or not', async () => {
  await using split = await createContext({ master: 'memory[2]', skewSplit: { factor: 1, minBytes: 200 } })
  await using whole = await createContext({ master: 'memory[2]', skewSplit: false })
  const key = fc.oneof({ weight: 5, arbitrary: fc.constantFrom(1, 2) }, fc.integer({ min: 0, max: 50 }))
  const rows = (maxLength: number) => fc.array(fc.tuple(key, fc.integer()), { maxLength, size: 'max' })
  const shape = fc.record({
    left: rows(300),
    right: rows(80),
    maps: fc.integer({ min: 1, max: 4 }),
    partitions: fc.integer({ min: 2, max: 6 }),
    join: fc.constantFrom('join', 'leftOuterJoin', 'rightOuterJoin', 'fullOuterJoin' as const),
  })
  await fc.assert(
    fc.asyncProperty(shape, async ({ left, right, maps, partitions, join }) => {
      const [expected, found] = await Promise.all(
        [whole, split].map((context) =>
          context.parallelize(left, maps)[join](context.parallelize(right, maps), partitions).collect(),
        ),
      )
      expect(found).toStrictEqual(expected)
    }),
    { numRuns: 60 },
  )
  expect(split.metrics().partitionsSplit).toBeGreaterThan(20)
})
