/** The API reference builds from the docstrings, docs/reference is what it gives, and each example in it is right. */

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Context } from '@gridify/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildReference } from './build-reference.ts'
import { codeBlocks } from './code-blocks.ts'
import { examplesOf, moduleOf, withoutExample, type Checks } from './docstring-examples.ts'

const root = join(import.meta.dirname, '../..')
// Inside the repository, so that `@gridify/core` is found as it is by a file of the reader's.
const folder = mkdtempSync(join(import.meta.dirname, '.run-'))
afterAll(() => rmSync(folder, { recursive: true }))
const built = buildReference(folder)
const examples = examplesOf(built)

function pagesOf(at: string): Record<string, string> {
  const names = readdirSync(at, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md'))
  return Object.fromEntries(names.sort().map((name) => [name, readFileSync(join(at, name), 'utf8')]))
}

test('docs/reference is what the docstrings say; `npm run reference` writes it anew', () => {
  expect(built.output).toBe('')
  const pages = pagesOf(join(folder, 'pages'))
  expect(Object.keys(pages)).toContain('@gridify/core/classes/Dataset.md')
  expect(pagesOf(join(root, 'docs/reference'))).toEqual(pages)
})

test('every public function and method has an example', () => {
  expect(withoutExample(built)).toEqual([])
  expect(examples.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['createContext', 'Dataset.[asyncIterator]', 'FactorModel.recommend', 'Engine']),
  )
})

describe('the example of', () => {
  let module: {
    readonly context: Context
    readonly folder: string
    readonly examples: Record<string, () => Promise<Checks>>
  }
  beforeAll(async () => {
    const [preparation] = codeBlocks(join(root, 'docs/reference/README.md'))
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    writeFileSync(join(folder, 'examples.ts'), moduleOf(preparation!.text, examples, built))
    const compilerOptions = { composite: false, noUnusedLocals: false, noUnusedParameters: false, rootDir: '.' }
    const options = { extends: join(root, 'tsconfig.base.json'), compilerOptions, include: ['examples.ts'] }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(options))
    const compiler = join(root, 'node_modules/typescript/bin/tsc')
    try {
      execFileSync(process.execPath, [compiler, '-p', folder], { encoding: 'utf8' })
    } catch (error) {
      throw new Error(`examples do not compile:\n${(error as { stdout: string }).stdout}`, { cause: error })
    }
    module = (await import(pathToFileURL(join(folder, 'examples.js')).href)) as typeof module
  })
  afterAll(async () => {
    await module.context.stop()
    rmSync(module.folder, { recursive: true })
  })

  test.each(examples.map(({ name }) => name))('%s gives what it says', async (name) => {
    const checks = await module.examples[name]!()
    expect(checks.map(([actual]) => actual)).toEqual(checks.map(([, expected]) => expected))
  })
})
