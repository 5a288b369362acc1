/** The API reference builds from the docstrings without a warning, and docs/reference is what it gives. */

import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'gridify-reference-'))
afterAll(() => rmSync(folder, { recursive: true }))

function pagesOf(at: string): Record<string, string> {
  const names = readdirSync(at, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md'))
  return Object.fromEntries(names.sort().map((name) => [name, readFileSync(join(at, name), 'utf8')]))
}

test('docs/reference is what the docstrings say; `npm run reference` writes it anew', async () => {
  const cwd = join(root, 'packages/reference')
  const typedoc = join(cwd, 'node_modules/typedoc/bin/typedoc')
  // Warnings, such as a link that leads nowhere or a type that is not exported, make it fail.
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [typedoc, '--out', folder], { cwd })
  expect({ stdout, stderr }).toEqual({ stdout: '', stderr: '' })
  const pages = pagesOf(folder)
  expect(Object.keys(pages)).toContain('@gridify/core/classes/Dataset.md')
  expect(pagesOf(join(root, 'docs/reference'))).toEqual(pages)
})
