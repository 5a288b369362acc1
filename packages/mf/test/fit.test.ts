import { createContext, type Context } from '@gridify/core'
import { ImplicitALS, type Rating } from '@gridify/mf'
import { afterAll, beforeAll, expect, test } from 'vitest'

let context: Context
beforeAll(async () => {
  context = await createContext({ master: 'memory[2]' })
})
afterAll(() => context.stop())

const likes: Rating[] = [
  ['ann', 'a', 1],
  ['ann', 'b', 2],
  ['bob', 'a', 1],
  ['bob', 'c', 3],
  ['cat', 'b', 1],
]

test('the exact solver never raises the loss', async () => {
  const model = await new ImplicitALS({ factors: 3, iterations: 6, solver: 'cholesky' }).fit(likes, { context })
  const losses = model.report.iterations.map(({ loss }) => loss)
  expect(losses.every((loss, i) => i === 0 || loss <= losses[i - 1]! * (1 + 1e-12))).toBe(true)
})
test('one factor, more factors than items, and more partitions than blocks work', async () => {
  for (const options of [{ factors: 1 }, { factors: 7 }, { factors: 2, partitions: 5 }])
    expect(
      (await new ImplicitALS({ ...options, iterations: 2 }).fit(likes, { context }))
        .recommend('ann', { k: 5 })
        .map(({ item }) => item),
    ).toEqual(['c'])
})
test('a dataset and an iterable of the same ratings give the same factors', async () => {
  const options = { factors: 4, iterations: 3 }
  const one = await new ImplicitALS(options).fit(likes, { context })
  const other = await new ImplicitALS(options).fit(context.parallelize(likes as [string, string, number][], 3), {
    context,
  })
  expect(other.userFactors).toEqual(one.userFactors)
})
test('duplicates are summed and counted, zeros are dropped', async () => {
  const { report } = await new ImplicitALS({ factors: 2, iterations: 1 }).fit(
    [...likes, ['ann', 'a', 4], ['cat', 'c', 0]],
    { context },
  )
  expect([report.ratings, report.duplicates]).toEqual([5, 1])
})
test.each([
  [[['ann', 'a', -1]], 'must be a finite number >= 0, got -1'],
  [[['ann', 'a', NaN]], 'must be a finite number >= 0, got NaN'],
  [[['', 'a', 1]], 'is no id'],
  [[[2 ** 60, 'a', 1]], 'is no id'],
  [[], 'there are no ratings'],
  [[['ann', 'a', 0]], 'there are no ratings above zero'],
] as [Rating[], string][])('%j is refused: %s', async (ratings, message) => {
  await expect(new ImplicitALS().fit(ratings, { context })).rejects.toThrow(message)
})
test('bigints as ids, as Parquet has them, are refused with the cure, wherever they stand', async () => {
  const cure = (id: string) => `${id}n is no id: use non-empty text, such as '${id}', or a safe integer`
  const fit = (ratings: unknown, more: object = {}) =>
    new ImplicitALS().fit(ratings as Rating[], { context, ...more }).then(
      () => 'trained',
      (error: Error) => `${error.name}: ${error.message}`,
    )
  expect(await fit([[7n, 'a', 1]])).toBe(`UsageError: ImplicitALS.fit(): rating 0 ([ 7n, 'a', 1 ]): user ${cure('7')}`)
  expect(await fit([['ann', 8n, 1]])).toContain(`rating 0 ([ 'ann', 8n, 1 ]): item ${cure('8')}`)
  expect(await fit(context.parallelize([['ann', 'a', 1] as const, ['bob', 9n, 1] as const], 1))).toContain(
    `rating 1 ([ 'bob', 9n, 1 ]): item ${cure('9')}`,
  )
  expect(await fit(likes, { users: [10n] })).toBe(`UsageError: ImplicitALS.fit(): \`users\`: ${cure('10')}`)
  expect(await fit(likes, { items: [11n] })).toContain(cure('11'))
})
test('options that do not exist or do not fit are refused', () => {
  expect(() => new ImplicitALS({ factors: 0 })).toThrow('option `factors`')
  expect(() => new ImplicitALS({ factor: 3 } as never)).toThrow('has no option `factor`')
  expect(() => new ImplicitALS({ scheme: 'auto' as never })).toThrow("scheme 'auto' does not exist yet")
  expect(() => new ImplicitALS({ objective: 'hu2008', unobservedWeight: 1 })).toThrow('does not use `unobservedWeight`')
})
test('similar items never hold the item itself, and a new listener gets recommendations', async () => {
  const model = await new ImplicitALS({ factors: 2, iterations: 3 }).fit(likes, { context })
  expect(
    model
      .similarItems('a', { minCount: 1 })
      .map(({ item }) => item)
      .sort(),
  ).toEqual(['b', 'c'])
  expect(
    model
      .nowPlaying([['a', 2]])
      .map(({ item }) => item)
      .sort(),
  ).toEqual(['b', 'c'])
})
test.each(['half', 'full'] as const)(
  '%s keeps within its memory for any number of iterations: nothing is spilled',
  async (scheme) => {
    const memoryBytes = 16 * 2 ** 20
    await using small = await createContext({ master: 'memory[1]', memoryBytes, onLog: () => {} })
    const many = Array.from({ length: 20_000 }, (_, i): Rating => [(i * 7919) % 1500, (i * 104729) % 1100, 1 + (i % 5)])
    const size = scheme === 'half' ? { factors: 64, iterations: 30 } : { factors: 16, iterations: 15 }
    const { report } = await new ImplicitALS({ ...size, scheme, partitions: 2 }).fit(many, { context: small })
    const total = (of: 'movedBytes' | 'diskBytes') => report.iterations.reduce((sum, one) => sum + one[of], 0)
    expect(total('diskBytes')).toBe(0)
    expect(total('movedBytes')).toBeGreaterThan(1.5 * memoryBytes)
  },
)
test('a context ends what an abort stops', async () => {
  const signal = AbortSignal.abort()
  await expect(new ImplicitALS().fit(likes, { context, signal })).rejects.toMatchObject({ name: 'AbortedError' })
})
