import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')

test.each(['core', 'mf'])('the declarations of %s ask for no types of zod', (name) => {
  const dist = join(root, 'packages', name, 'dist')
  const files = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.d.ts'))
  expect(files).toContain('index.d.ts')
  const asking = files.filter((file) => /from ['"]zod['"]|import\(['"]zod/.test(readFileSync(join(dist, file), 'utf8')))
  expect(asking).toEqual([])
})
