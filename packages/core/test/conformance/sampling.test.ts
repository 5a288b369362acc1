import { createContext, type Context } from '@gridify/core'
import { expect, test } from 'vitest'
import { onEveryCluster } from './every-cluster.ts'

/** Drawn once on `memory[2]`: what every kind of cluster must draw again. */
const golden = {
  bernoulli: [1, 5, 13, 15, 21, 24, 28, 32, 34, 37, 38],
  poisson: [0, 10, 17, 24, 29],
  byKey: [1, 5, 13, 15, 21, 37],
  exact: [20, 33, 39, 32, 31],
}

const exactGolden = [0, 3, 22, 27, 29, 31, 57]

onEveryCluster((context) => {
  const rows = () => context().range(0, 40, { partitions: 3 })

  test('a sample is that of its seed on every kind of cluster', async () => {
    const drawn = {
      bernoulli: await rows().sample(0.25, { seed: 5 }).collect(),
      poisson: await rows().sample(0.25, { seed: 5, replacement: true }).collect(),
      byKey: await rows()
        .keyBy((n) => n % 2)
        .sampleByKey(new Map([[1, 0.3]]), { otherwise: 0, seed: 5 })
        .values()
        .collect(),
      exact: await rows().takeSample(5, { seed: 5 }),
    }
    expect(drawn).toEqual(golden)
  })
  test('a sample by key of exact sizes has them, alike on every kind of cluster, whatever a partition holds', async () => {
    const pairs = context()
      .range(0, 1000, { partitions: 4 })
      .map((n) => [n < 100 ? 'first' : n % 2 === 0 ? 'even' : [n % 3], n] as [unknown, number])
    const fractions: [unknown, number][] = [
      ['first', 0.07],
      ['even', 1 / 3],
      [[0], 0],
      [[1], 1],
      [[2], 0.001],
    ]
    const sampled = pairs.sampleByKeyExact(fractions, { seed: 4 })
    const counts = await sampled.countByKey()
    // 100, 450 and 150 of each remainder.
    expect([...counts].map(([key, count]) => [JSON.stringify(key), count]).sort()).toEqual([
      ['"even"', 150],
      ['"first"', 7],
      ['[1]', 150],
      ['[2]', 1],
    ])
    const rows = await sampled.values().collect()
    expect(new Set(rows).size).toBe(308)
    expect(rows.filter((n) => n < 100)).toEqual(exactGolden)
    expect(await pairs.sampleByKeyExact(fractions, { seed: 5 }).values().collect()).not.toEqual(rows)
    const repeated = await pairs
      .sampleByKeyExact([['first', 2.5]], { replacement: true, otherwise: 0, seed: 4 })
      .values()
      .collect()
    expect([repeated.length, new Set(repeated).size > 70, repeated.every((n) => n < 100)]).toEqual([250, true, true])
    await expect(pairs.sampleByKeyExact([['even', 0.5]]).count()).rejects.toThrow(
      /^sampleByKeyExact\(\) at \S+ has no fraction for the key 'first'; name it, or give { otherwise: 0 } for all other keys$/,
    )
    expect(() => pairs.sampleByKeyExact([['even', 1.5]])).toThrow('needs a fraction from 0 to 1')
    const placed = pairs.partitionBy(3)
    expect(await placed.sampleByKeyExact(fractions).groupByKey().assertNarrow().count()).toBe(4)
  })
  test('each row of a key is as likely as any other to be in a sample of exact size', async () => {
    const pairs = context()
      .range(0, 20, { partitions: 3 })
      .map((n) => ['all', n] as [string, number])
      .cache()
    const taken = Array.from({ length: 20 }, () => 0)
    const runs = 60
    for (let seed = 0; seed < runs; seed++)
      for (const n of await pairs
        .sampleByKeyExact([['all', 0.5]], { seed })
        .values()
        .collect())
        taken[n]!++
    expect(taken.reduce((sum, n) => sum + n)).toBe(10 * runs)
    // Of 60 fair draws, all but one in a million lie there.
    expect(taken.filter((n) => n < 11 || n > 49)).toEqual([])
  })
  test('the parts of a split have every row once', async () => {
    const parts = rows().randomSplit([3, 1, 2], 11)
    const found = await Promise.all(parts.map((part) => part.collect()))
    expect(found.flat().sort((a, b) => a - b)).toEqual([...Array(40).keys()])
    expect(found.every((part) => part.length > 0)).toBe(true)
  })
  test('exact samples have their size, without and with repeated rows', async () => {
    const distinct = await rows().takeSample(30, { seed: 2 })
    expect([distinct.length, new Set(distinct).size]).toEqual([30, 30])
    const repeated = await rows().takeSample(100, { seed: 2, replacement: true })
    expect([repeated.length, new Set(repeated).size > 20]).toEqual([100, true])
    expect((await rows().takeSample(100)).sort((a, b) => a - b)).toEqual([...Array(40).keys()])
  })
  test('a key without a fraction is refused by name', async () => {
    const sampled = rows()
      .keyBy((n) => `key ${n}`)
      .sampleByKey([['key 0', 1]])
    await expect(sampled.collect()).rejects.toThrow(/has no fraction for the key "key (1|13|26)"/)
  })
})

const withContext = async (use: (context: Context) => Promise<void>) => {
  await using context = await createContext({ master: 'memory[2]' })
  await use(context)
}

test('samples of large datasets have the sizes that chance gives them, and seeds differ', () =>
  withContext(async (context) => {
    const rows = context.range(0, 100_000, { partitions: 4 })
    const sizes = await Promise.all([1, 2, 3, 4].map((seed) => rows.sample(0.1, { seed }).count()))
    // Five standard deviations of a binomial count: sqrt(100,000 * 0.1 * 0.9) = 95.
    expect(sizes.every((size) => Math.abs(size - 10_000) < 475)).toBe(true)
    expect(new Set(sizes).size).toBeGreaterThan(1)
    // Independent halves meet in a quarter.
    const both = await rows
      .sample(0.5, { seed: 8 })
      .intersection(rows.sample(0.5, { seed: 9 }))
      .count()
    expect(Math.abs(both - 25_000)).toBeLessThan(5 * 137)
    const copies = await rows.sample(2.5, { replacement: true, seed: 3 }).countByValue()
    const counts = [...copies.values()]
    const mean = counts.reduce((sum, n) => sum + n, 0) / 100_000
    const variance = (counts.reduce((sum, n) => sum + (n - mean) ** 2, 0) + (100_000 - counts.length) * mean ** 2) / 1e5
    expect(mean).toBeCloseTo(2.5, 1)
    expect(variance).toBeCloseTo(2.5, 1)
  }))

test('fractions, weights and seeds that are none are refused before any work', () =>
  withContext(async (context) => {
    const rows = context.range(0, 3)
    expect(() => rows.sample(1.5)).toThrow('needs a fraction from 0 to 1; { replacement: true } allows more, got 1.5')
    expect(() => rows.sample(-1, { replacement: true })).toThrow('needs a fraction >= 0, got -1')
    expect(() => rows.sample(0.5, { seed: NaN })).toThrow('needs a seed that is a finite number')
    expect(() => rows.randomSplit([0, 0])).toThrow('needs weights >= 0 with a sum above 0, got [0, 0]')
    await expect(rows.takeSample(-1)).rejects.toThrow('needs a whole number of rows >= 0')
  }))
