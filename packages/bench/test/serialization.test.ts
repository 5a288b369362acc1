import { createContext, type Context } from '../../core/dist/index.js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { measureSerializer } from '../src/serialization/measure-serializer.ts'
import { sampleRows } from '../src/serialization/sample-rows.ts'
import { serializers } from '../src/serialization/serializers.ts'

let context: Context
beforeAll(async () => {
  context = await createContext({ master: 'memory[1]' })
})
afterAll(() => context.stop())

test('the codec gives each kind of rows back, where JSON and msgpackr change some', () => {
  const exact = sampleRows.map(({ name, make }) => [
    name,
    serializers.filter((each) => measureSerializer(each, make(2000), 1).exact).map((each) => each.name),
  ])
  expect(exact).toEqual([
    ['numbers', ['v8', 'gridify']],
    ['strings', ['JSON', 'v8', 'msgpackr', 'gridify']],
    ['objects', ['v8', 'msgpackr', 'gridify']],
    ['class', ['gridify']],
    ['registered class', ['gridify']],
  ])
})
