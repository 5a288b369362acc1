import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'

test('an install links the executor command, though nothing is built at that time', () => {
  const command = join(import.meta.dirname, '../node_modules/.bin/executor')
  expect(execFileSync(command, ['--help'], { encoding: 'utf8' })).toMatch(/^executor \[options\]\n/)
})
