import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'

test('the first example recommends T to the one and P to the other', () => {
  const examples = join(import.meta.dirname, '../examples')
  const tsx = join(import.meta.dirname, '../node_modules/tsx/dist/cli.mjs')
  expect(execFileSync(process.execPath, [tsx, join(examples, 'two-guys.ts')], { encoding: 'utf8' })).toBe(
    'Guy 1: T\nGuy 2: P\n',
  )
})
