/** Each promise of docs/semantics.md names a test, and that test is there. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const rows = readFileSync(join(import.meta.dirname, '../../docs/semantics.md'), 'utf8')
  .split('\n')
  .filter((line) => /^\| (?!promise \|)/.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, promise, shown]) => ({ promise, shown: shown!, at: shown!.indexOf(': ') }))

test('every promise is shown by a test that exists', () => {
  expect(rows.length).toBeGreaterThan(30)
  const missing = rows.filter(({ shown, at }) => {
    const source = readFileSync(join(import.meta.dirname, '../../packages/core/test', shown.slice(0, at)), 'utf8')
    return !source.includes(`'${shown.slice(at + 2)}'`)
  })
  expect(missing).toEqual([])
})
