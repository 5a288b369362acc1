/** Each case at the tiny scale gives its checksum, as a plain loop and on gridify. */

import { createContext, type Context } from '@gridify/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { tinyScale } from '../src/bench-case.ts'
import { allCases } from '../src/cases/index.ts'

let context: Context
beforeAll(async () => {
  context = await createContext({ master: 'local[2]' })
})
afterAll(() => context.stop())

describe.each(allCases.map((each) => [each.id, each] as const))('case %s', (_, { expected, ...benchCase }) => {
  const sized = benchCase.at(tinyScale)
  sized.prepare?.()

  test('the plain loop gives the checksum', async () => {
    expect(await sized.plain()).toEqual(expected[tinyScale])
  })

  test('gridify gives the checksum', async () => {
    expect(await sized.gridify(context)).toEqual(expected[tinyScale])
  })
})
