/** Files and blocks of more than 2 GiB, which Node does not move in one call. */
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { DiskError } from '../../src/base/errors.ts'
import { readFully, writeAll } from '../../src/storage/file-io.ts'

const folder = mkdtempSync(join(tmpdir(), 'gridify-io-'))
afterAll(() => rmSync(folder, { recursive: true }))

test('more than 2 GiB are written; memory that nobody has touched costs nothing', () => {
  const file = openSync('/dev/null', 'w')
  writeAll(file, '/dev/null', new Uint8Array(2 ** 31 + 8))
  closeSync(file)
})

test('bytes behind the first 4 GiB are read, and a file that ends too early is named', () => {
  const path = join(folder, 'sparse')
  const file = openSync(path, 'wx+')
  writeSync(file, 'here', 2 ** 32 + 5)
  const target = new Uint8Array(4)
  readFully(file, path, target, 2 ** 32 + 5)
  expect(Buffer.from(target).toString()).toBe('here')
  expect(() => readFully(file, path, target, 2 ** 32 + 6)).toThrow(DiskError)
  expect(() => readFully(file, path, target, 2 ** 32 + 6)).toThrow(
    `${path} could not be read: it is shorter than its index says`,
  )
  closeSync(file)
})
