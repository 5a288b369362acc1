/** The programs of the memory suite give the answers that it asks for, with little data. */

import { createContext, type Context } from '@gridify/core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { memoryPrograms } from '../src/suites/memory-programs.ts'

let context: Context
beforeAll(async () => {
  context = await createContext({ master: 'local[2]' })
})
afterAll(() => context.stop())

test.each(Object.keys(memoryPrograms))('%s', async (name) => {
  const { run, expected } = memoryPrograms[name]!
  expect(await run(context, 2000, 4)).toEqual(expected(2000))
})
