import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { expect, test } from 'vitest'

const source = join(import.meta.dirname, '../packages/core/src')

/** Which folders each folder may import from. Read it top down: it is the architecture. */
const mayImport: Record<string, string[]> = {
  base: [],
  codec: ['base'],
  closure: ['base', 'codec'],
  task: ['base', 'codec', 'closure'],
  lineage: ['base', 'codec', 'closure', 'task'],
  protocol: ['base', 'closure', 'lineage'],
  transport: ['base', 'codec', 'protocol'],
  storage: ['base', 'codec'],
  files: ['base', 'codec'],
  shuffle: ['base', 'codec', 'closure', 'lineage', 'protocol', 'transport', 'storage'],
  dataset: ['base', 'codec', 'closure', 'task', 'lineage', 'protocol', 'files'],
  plan: ['base', 'lineage', 'protocol'],
  scheduler: ['base', 'plan', 'protocol'],
  executor: [
    'base',
    'codec',
    'closure',
    'task',
    'lineage',
    'plan',
    'protocol',
    'transport',
    'storage',
    'shuffle',
    'files',
  ],
  driver: [
    'base',
    'codec',
    'closure',
    'task',
    'dataset',
    'lineage',
    'plan',
    'scheduler',
    'protocol',
    'transport',
    'storage',
    'files',
  ],
  cluster: ['base', 'task', 'storage', 'protocol', 'driver', 'executor', 'transport'],
  cli: ['base', 'protocol', 'transport', 'executor'],
}

const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && file.includes('/'))
  .map((file) => join(source, file))
const folderOf = (file: string) => relative(source, file).split('/')[0]!
const specifiersOf = (file: string) =>
  [...readFileSync(file, 'utf8').matchAll(/(?:\bfrom|\bimport\(|^import)\s*["']([^"']+)["']/gm)].map(
    ([, name]) => name!,
  )
const importsOf = (file: string) =>
  specifiersOf(file).flatMap((name) => (name.startsWith('.') ? [join(dirname(file), name)] : []))

test('the check sees the whole source tree', () => {
  expect(files.length).toBeGreaterThan(60)
  expect(new Set(Object.keys(mayImport))).toEqual(new Set(files.map(folderOf)))
  expect(readdirSync(source).filter((name) => name.endsWith('.ts'))).toEqual(['index.ts'])
})

test.each(Object.entries(mayImport))('%s imports only from the layers below it', (folder, allowed) => {
  const wrong = files
    .filter((file) => folderOf(file) === folder)
    .flatMap((file) => importsOf(file).map((to) => `${relative(source, file)} -> ${relative(source, to)}`))
    .filter((pair) => ![folder, ...allowed].includes(pair.split(' -> ')[1]!.split('/')[0]!))
  expect(wrong).toEqual([])
})

test('entry files of threads and processes are imported by nobody', () => {
  const entries = ['executor/slot-thread.ts', 'executor/session-main.ts'].map((file) => join(source, file))
  expect(entries.filter((entry) => !files.includes(entry))).toEqual([])
  const withoutTypes = (file: string) => readFileSync(file, 'utf8').replaceAll(/^import type .*$/gm, '')
  const importers = files.filter((file) => /from ["'].*\/(slot-thread|session-main)\.ts["']/.test(withoutTypes(file)))
  expect(importers).toEqual([])
})

const factorisation = join(import.meta.dirname, '../packages/mf')

test('mf imports nothing of the core but its public names, and nothing outside of its own folder', () => {
  const ofPackage = readdirSync(join(factorisation, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(factorisation, 'src', file))
  const imports = ofPackage.flatMap((file) =>
    specifiersOf(file).map((name) => ({ file, name, path: join(dirname(file), name) })),
  )
  expect(ofPackage.length).toBeGreaterThan(20)
  expect(imports.filter(({ name }) => name === '@gridify/core').length).toBeGreaterThan(5)
  const isAllowed = ({ name, path }: (typeof imports)[number]) =>
    name.startsWith('.')
      ? path.startsWith(join(factorisation, 'src/'))
      : !name.startsWith('@gridify/') || name === '@gridify/core'
  expect(imports.filter((found) => !isAllowed(found))).toEqual([])
})
