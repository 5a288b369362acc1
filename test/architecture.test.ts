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
  shuffle: ['base', 'codec', 'closure', 'lineage', 'protocol', 'transport', 'storage'],
  dataset: ['base', 'codec', 'closure', 'task', 'lineage', 'protocol'],
  plan: ['base', 'closure', 'lineage', 'protocol'],
  scheduler: ['base', 'plan', 'protocol'],
  executor: ['base', 'codec', 'closure', 'task', 'lineage', 'plan', 'protocol', 'transport', 'storage', 'shuffle'],
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
  ],
  cluster: ['base', 'task', 'storage', 'protocol', 'driver', 'executor', 'transport'],
  cli: ['base', 'protocol', 'transport', 'executor'],
}

const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && file.includes('/'))
  .map((file) => join(source, file))
const folderOf = (file: string) => relative(source, file).split('/')[0]!
const importsOf = (file: string) =>
  [...readFileSync(file, 'utf8').matchAll(/(?:from|import\()\s*["'](\.[^"']+)["']/g)].map((match) =>
    join(dirname(file), match[1]!),
  )

test('the check sees the whole source tree', () => {
  expect(files.length).toBeGreaterThan(60)
  expect(new Set(Object.keys(mayImport))).toEqual(new Set([...files.map(folderOf), 'cli']))
})

test.each(Object.entries(mayImport))('%s imports only from the layers below it', (folder, allowed) => {
  const wrong = files
    .filter((file) => folderOf(file) === folder)
    .flatMap((file) => importsOf(file).map((to) => `${relative(source, file)} -> ${relative(source, to)}`))
    .filter((pair) => ![folder, ...allowed].includes(pair.split(' -> ')[1]!.split('/')[0]!))
  expect(wrong).toEqual([])
})
