import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { makeFolder } from '../../src/base/make-folder.ts'

const folder = mkdtempSync(join(tmpdir(), 'gridify-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('folders are made level by level, and one that is there is left as it is', () => {
  makeFolder(join(folder, 'a', 'b', 'c'))
  makeFolder(join(folder, 'a', 'b'))
  expect(existsSync(join(folder, 'a', 'b', 'c'))).toBe(true)
})

test('a file where a folder is to be, or above it, is an error', () => {
  writeFileSync(join(folder, 'file'), '')
  expect(() => makeFolder(join(folder, 'file'))).toThrow('EEXIST')
  expect(() => makeFolder(join(folder, 'file', 'below'))).toThrow('ENOTDIR')
})

// Node's own recursion does not return here.
test.runIf(process.platform === 'linux')('a folder that the system does not let be is an error at once', () => {
  expect(() => makeFolder('/proc/gridify/below')).toThrow('ENOENT')
})
