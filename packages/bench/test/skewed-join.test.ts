/** The programs of the skew suite find what a loop finds. */

import { createContext, type Context } from '@gridify/core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { countJoined, expectedCount } from '../src/suites/skewed-join-program.ts'

let context: Context
beforeAll(async () => {
  context = await createContext({ master: 'local[2]' })
})
afterAll(() => context.stop())

test.each(['zipf', 'even'] as const)('the join of %s keys counts what the loop counts', async (spread) => {
  const join = { spread, rows: 20_000, keys: 2000, partitions: 5 }
  expect(await countJoined(context, join)).toBe(expectedCount(join))
})
