/** Every public method has an example that compiles and gives what it says. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createContext, type Context } from '@gridify/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { classDocOf, docsOf, examplesOf, functionDocsOf, moduleOf } from './examples.ts'

const root = resolve(import.meta.dirname, '../../../..')
const source = join(root, 'packages/core/src')
const methods = [
  ...docsOf(join(source, 'dataset/dataset.ts'), 'Dataset'),
  ...docsOf(join(source, 'driver/context.ts'), 'Context'),
  classDocOf(join(source, 'codec/group.ts'), 'Group'),
  ...functionDocsOf(join(source, 'lineage/partitioner.ts')).filter(({ name }) => /[a-z]Partitioner$/.test(name)),
  ...functionDocsOf(join(source, 'closure/register-class.ts')).filter(({ name }) => name === 'registerClass'),
].filter(({ name }) => !/same|describe/.test(name))
const examples = methods.flatMap(examplesOf)
const publicNames = [
  'createContext',
  'Dataset',
  'hashPartitioner',
  'indexPartitioner',
  'rangePartitioner',
  'customPartitioner',
  'registerClass',
]

test('the methods are found', () => {
  expect(methods.length).toBeGreaterThan(90)
  expect(methods.map(({ name }) => name)).toContain('Dataset.[Symbol.asyncIterator]')
})

/** What needs none: plain facts, and second names of another method. */
const withoutExample = [
  'Dataset.id',
  'Dataset.name',
  'Dataset.dependencies',
  'Dataset.toDebugString',
  'Dataset.getNumPartitions',
  'Context.[Symbol.asyncDispose]',
]

test('every public method says what it does, with an example', () => {
  const silent = methods.filter(({ doc }) => doc.trim() === '').map(({ name }) => name)
  const bare = methods.filter((method) => examplesOf(method).length === 0).map(({ name }) => name)
  expect({ silent, bare }).toEqual({ silent: [], bare: withoutExample })
})

describe('the example of', () => {
  let context: Context
  let folder: string
  let made: Record<string, (context: Context, folder: string) => Promise<[unknown, unknown]>>
  beforeAll(async () => {
    context = await createContext({ master: 'memory[2]' })
    folder = mkdtempSync(join(tmpdir(), 'gridify-examples-'))
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    writeFileSync(join(folder, 'examples.ts'), moduleOf(examples, publicNames))
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        extends: join(root, 'tsconfig.base.json'),
        compilerOptions: {
          composite: false,
          noUnusedLocals: false,
          noUnusedParameters: false,
          rootDir: '.',
          typeRoots: [join(root, 'node_modules/@types')],
        },
        include: ['examples.ts'],
      }),
    )
    const compiler = join(root, 'node_modules/typescript/bin/tsc')
    try {
      execFileSync(process.execPath, [compiler, '-p', folder], { encoding: 'utf8' })
    } catch (error) {
      throw new Error(`examples do not compile:\n${(error as { stdout: string }).stdout}`, { cause: error })
    }
    made = ((await import(pathToFileURL(join(folder, 'examples.js')).href)) as { examples: typeof made }).examples
  })
  afterAll(async () => {
    await context.stop()
    rmSync(folder, { recursive: true })
  })

  test.each(examples.map(({ name }) => name))('%s gives what it says', async (name) => {
    const [actual, expected] = await made[name]!(context, folder)
    expect(actual).toEqual(expected)
  })
})
