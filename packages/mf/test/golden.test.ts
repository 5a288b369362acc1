/** Loss and ranking of an independent reference, on a generated log that lies in the repository. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createContext, type Context } from '@gridify/core'
import { evaluateModel, holdOut, ImplicitALS, type ALSOptions } from '@gridify/mf'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { clusterKinds, openCluster, type OpenCluster } from './clusters.ts'
import { readListens } from './listens.ts'

interface Golden {
  readonly series: readonly { readonly options: ALSOptions; readonly cholesky: Expected; readonly cg: Expected }[]
}
interface Expected {
  readonly loss: readonly number[]
  readonly recall: number
  readonly ndcg: number
}

const { series } = JSON.parse(readFileSync(join(import.meta.dirname, 'data/golden.json'), 'utf8')) as Golden
const all = readListens()
const { train, test: held } = holdOut(all)
const universe = { users: new Set(all.map(([user]) => user)), items: new Set(all.map(([, item]) => item)) }
const tolerance = { cholesky: 1e-7, cg: 1e-6 }

let context: Context
let clusters: readonly OpenCluster[]
beforeAll(async () => {
  context = await createContext({ master: 'memory[2]' })
  clusters = await Promise.all(clusterKinds.map(openCluster))
})
afterAll(async () => {
  await context.stop()
  for (const cluster of clusters) await cluster.stop()
})

const fit = (options: ALSOptions) =>
  new ImplicitALS({ factors: 16, iterations: 5, ...options }).fit(train, { context, ...universe })
const distance = (a: Float32Array, b: Float32Array) =>
  Math.hypot(...a.map((value, i) => value - b[i]!)) / Math.hypot(...b)

describe.each(
  series.flatMap((one) => (['cholesky', 'cg'] as const).map((solver) => ({ solver, ...one, expected: one[solver] }))),
)('$options.objective $options.alpha with $solver', ({ solver, options, expected }) => {
  test.each<ALSOptions>([
    { partitions: 1 },
    { partitions: 3 },
    { partitions: 2, kernel: 'simd8' },
    { partitions: 2, kernel: 'f64' },
    { scheme: 'full', grid: [1, 1] },
    { scheme: 'full', grid: [2, 2] },
    { scheme: 'full', grid: [2, 1], partitions: 3, kernel: 'f64' },
  ])('gives the reference loss with %j', async (layout) => {
    const { report } = await fit({ ...options, solver, ...layout })
    for (const [i, { loss }] of report.iterations.entries())
      expect(Math.abs(loss / expected.loss[i]! - 1)).toBeLessThan(tolerance[solver])
    expect(report.iterations).toHaveLength(expected.loss.length)
  })
  test('gives the reference ranking', async () => {
    const quality = evaluateModel(await fit({ ...options, solver }), held)
    expect(quality.recall).toBeCloseTo(expected.recall, 3)
    expect(quality.ndcg).toBeCloseTo(expected.ndcg, 3)
  })
})

describe.each(['cholesky', 'cg'] as const)('with %s', (solver) => {
  test('full gives the reference loss on every kind of cluster', async () => {
    const { options, ...expected } = series[0]!
    for (const { context } of clusters) {
      const full = { factors: 16, iterations: 5, ...options, solver, scheme: 'full' } as const
      const { report } = await new ImplicitALS(full).fit(train, { context, ...universe })
      for (const [i, { loss }] of report.iterations.entries())
        expect(Math.abs(loss / expected[solver].loss[i]! - 1)).toBeLessThan(tolerance[solver])
    }
  })
  test('half gives the same bits for any partition count, executor count and kind of cluster', async () => {
    const options = { factors: 10, iterations: 2, solver }
    const one = await fit({ ...options, partitions: 1 })
    for (const partitions of [2, 3, 8]) {
      const other = await fit({ ...options, partitions })
      expect(other.userFactors).toEqual(one.userFactors)
      expect(other.itemFactors).toEqual(one.itemFactors)
      expect(other.report.iterations.map(({ loss }) => loss)).toEqual(one.report.iterations.map(({ loss }) => loss))
    }
    for (const { context } of clusters) {
      const other = await new ImplicitALS({ ...options, partitions: 5 }).fit(train, { context, ...universe })
      expect(other.userFactors).toEqual(one.userFactors)
      expect(other.itemFactors).toEqual(one.itemFactors)
    }
  })
  test('full stays as near to half as regrouped sums allow', async () => {
    const options = { factors: 16, iterations: 5, solver }
    const half = await fit(options)
    for (const grid of [
      [2, 2],
      [3, 1],
      [1, 4],
    ] as [number, number][]) {
      const full = await fit({ ...options, scheme: 'full', grid })
      expect(distance(full.userFactors, half.userFactors)).toBeLessThan(solver === 'cholesky' ? 1e-5 : 1e-4)
      expect(distance(full.itemFactors, half.itemFactors)).toBeLessThan(solver === 'cholesky' ? 1e-5 : 1e-4)
    }
  })
  test.each<ALSOptions>([{ partitions: 3 }, { scheme: 'full', grid: [2, 2] }])(
    'the bytes moved are those of the routing tables: %j',
    async (layout) => {
      const { report } = await fit({ factors: 32, iterations: 3, solver, ...layout })
      expect(report.iterations.at(-1)!.movedBytes / report.predictedBytesPerIteration).toBeCloseTo(1, 2)
    },
  )
})
