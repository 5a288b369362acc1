import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { explainClosure } from '../../src/closure/explain.ts'

test('lists every captured variable with its kind and what it weighs', () => {
  const table = new Map([['a', 1]])
  const rate = 1.5
  const lookup = (key: string) => table.get(key)
  const { captures } = explainClosure((key: string) => [lookup(key), rate])
  expect(captures.map(({ path, kind }) => [path.replace(/at \/\S*\/(\S+):\d+\)/, 'at $1)'), kind])).toEqual([
    ['`lookup`', 'function'],
    ['`rate`', 'number'],
    ['`lookup` (function lookup at explain.test.ts:8) -> `table`', 'Map'],
  ])
  expect(captures[0]!.bytes).toBeGreaterThan(captures[2]!.bytes)
  expect(captures[1]!.bytes).toBe(9)
})

test('lists what executors import by name', () => {
  const { imports, captures } = explainClosure((path: string) => readFileSync(path))
  expect([imports, captures]).toEqual([[{ specifier: 'node:fs', version: null, name: 'readFileSync' }], []])
})
