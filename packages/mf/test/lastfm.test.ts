/** The reference's figures on real listening data; needs the folder that GRIDIFY_LASTFM names. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createContext, type Context } from '@gridify/core'
import {
  evaluateModel,
  evaluateRanking,
  holdOut,
  ImplicitALS,
  itemCosineBaseline,
  popularityBaseline,
  type ALSOptions,
  type Id,
  type Rating,
} from '@gridify/mf'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { clusterKinds, openCluster, type OpenCluster } from './clusters.ts'

const folder = process.env['GRIDIFY_LASTFM']
vi.setConfig({ testTimeout: 240_000 })
const golden = {
  factors: 32,
  iterations: 4,
  confidence: 'log',
  alpha: 1,
  epsilon: 1,
  unobservedWeight: 0.1,
  regularization: 0.01,
  seed: 1,
} as const

describe.skipIf(!folder)('Last.fm 2k', () => {
  const ratings = (): Rating[] =>
    readFileSync(join(folder!, 'user_artists.dat'), 'utf8')
      .split('\r\n')
      .slice(1)
      .filter((line) => line !== '')
      .map((line) => line.split('\t'))
      .map(([user, item, count]) => [user!, item!, Number(count)])
  const fit = async (options: ALSOptions, master: string, all?: readonly Rating[]) => {
    await using context = await createContext({ master })
    return await fitOn(context, options, all)
  }
  const fitOn = async (context: Context, options: ALSOptions, all: readonly Rating[] = ratings()) => {
    const { train, test } = holdOut(all)
    const model = await new ImplicitALS(options).fit(train, {
      context,
      users: new Set(all.map(([user]) => user)),
      items: new Set(all.map(([, item]) => item)),
    })
    const hash = createHash('sha256').update(model.userFactors).update(model.itemFactors).digest('hex')
    return {
      losses: model.report.iterations.map(({ loss }) => loss),
      hash,
      quality: evaluateModel(model, test),
      model,
      test,
    }
  }
  const close = (found: readonly number[], expected: readonly number[], relative: number) => {
    expect(found).toHaveLength(expected.length)
    for (const [i, value] of expected.entries()) expect(Math.abs(found[i]! / value - 1)).toBeLessThan(relative)
  }

  const losses = {
    cholesky: { expected: [291900.398623, 158440.013554, 142782.700953, 135565.059086], relative: 1e-7 },
    cg: { expected: [291900.753923, 160359.669908, 143417.27656, 135926.197357], relative: 1e-6 },
  } as const
  const hashes = { cholesky: new Set<string>(), cg: new Set<string>() }

  describe.each(clusterKinds)('on %s', (kind) => {
    let cluster: OpenCluster
    beforeAll(async () => {
      cluster = await openCluster(kind)
    })
    afterAll(() => cluster.stop())

    test.each(['cholesky', 'cg'] as const)(
      'half gives the golden loss with %s, and the same bits for any partition count and cluster',
      async (solver) => {
        for (const partitions of [1, 2, 3, 8]) {
          const { losses: found, hash } = await fitOn(cluster.context, { ...golden, solver, partitions })
          close(found, losses[solver].expected, losses[solver].relative)
          hashes[solver].add(hash)
        }
        expect([...hashes[solver]]).toHaveLength(1)
      },
    )
    test.each(['cholesky', 'cg'] as const)('full gives the golden loss with %s, on any grid', async (solver) => {
      for (const layout of [{ partitions: 1 }, { partitions: 2 }, { grid: [2, 2], partitions: 3 }, { partitions: 8 }]) {
        const full = { ...golden, solver, scheme: 'full', ...layout } as ALSOptions
        close((await fitOn(cluster.context, full)).losses, losses[solver].expected, losses[solver].relative)
      }
    })
  })
  test('64 factors, 15 iterations reach the reference quality, seed by seed', async () => {
    const found = []
    for (const seed of [1, 2, 3, 4, 5])
      found.push(
        (
          await fit(
            { factors: 64, iterations: 15, solver: 'cg', alpha: 1, unobservedWeight: 0.3, regularization: 0.01, seed },
            'local[2]',
          )
        ).quality,
      )
    expect(Math.abs(found[0]!.recall - 0.2777)).toBeLessThan(0.0005)
    expect(Math.abs(found[0]!.ndcg - 0.2832)).toBeLessThan(0.0005)
    expect(found.reduce((sum, { recall }) => sum + recall, 0) / 5).toBeGreaterThanOrEqual(0.274)
    expect(found.reduce((sum, { ndcg }) => sum + ndcg, 0) / 5).toBeGreaterThanOrEqual(0.28)
  })
  test('the defaults reach NDCG@20 of 0.26, also with every count set to 1', async () => {
    const clicks = ratings().map(([user, item]): Rating => [user, item, 1])
    expect((await fit({}, 'local[2]')).quality.ndcg).toBeGreaterThanOrEqual(0.26)
    expect((await fit({}, 'local[2]', clicks)).quality.ndcg).toBeGreaterThanOrEqual(0.26)
  })
  test('linear confidence with alpha 40 is warned of', async () => {
    expect(
      (await fit({ factors: 4, iterations: 1, confidence: 'linear', alpha: 40 }, 'local[2]')).model.report.warnings[0],
    ).toContain('ranks worse than popularity')
  })
  test('popularity and item cosine are the baselines that they should be', () => {
    const { train, test } = holdOut(ratings())
    const quality = (recommend: (user: Id, k: number) => Id[]) => evaluateRanking((user) => recommend(user, 20), test)
    const popularity = quality(popularityBaseline(train))
    close([popularity.recall, popularity.ndcg], [0.0935, 0.086], 0.005)
    const cosine = quality(itemCosineBaseline(train))
    close([cosine.recall, cosine.ndcg], [0.2448, 0.2501], 0.004)
  })
})
