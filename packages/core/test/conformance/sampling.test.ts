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
