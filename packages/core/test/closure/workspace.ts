/** A driver's folder with the case files and packages, and an executor's folder with the packages only. */

import { execFile } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export const fixtures = join(dirname(fileURLToPath(import.meta.url)), 'fixtures')

export interface Workspace {
  readonly driver: string
  readonly executor: string
  remove(): void
}

const cjsTools = {
  'package.json': '{"name":"cjs-tools","version":"1.2.3"}',
  'index.js': `
    exports.chunk = (list, size) => list.length === 0 ? [] : [list.slice(0, size), ...exports.chunk(list.slice(size), size)]
    exports.Box = class Box { constructor(content) { this.content = content } open() { return this.content } }
  `,
}

const esmOnly = {
  'package.json':
    '{"name":"esm-only","version":"2.0.0","type":"module","exports":{".":{"import":"./main.js"},"./*":{"import":"./lib/*.js"}}}',
  'main.js': `export const shout = (text) => text.toUpperCase() + '!'`,
  'lib/deep.js': `export const shout = (text) => text.toUpperCase() + '!!'`,
}

const byValue = {
  'package.json':
    '{"name":"by-value","version":"1.0.0","type":"module","exports":"./main.js","gridify":{"ship":"value"}}',
  'main.js': `
    import { factor } from './factor.js'
    export const scale = (x) => x * factor
    export class Scaler { constructor(by) { this.by = by } apply(x) { return scale(x) * this.by } }
  `,
  'factor.js': 'export const factor = 7',
}

export function makeWorkspace(): Workspace {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'gridify-closure-')))
  const driver = join(root, 'driver')
  const executor = join(root, 'executor')
  for (const folder of [driver, executor]) {
    writeFiles(join(folder, 'node_modules', 'cjs-tools'), cjsTools)
    writeFiles(join(folder, 'node_modules', 'esm-only'), esmOnly)
  }
  writeFiles(join(driver, 'node_modules', 'by-value'), byValue)
  for (const file of [
    'imports.mjs',
    'import-meta.mjs',
    'esm-only.mjs',
    'esm-only.mjs',
    'declared-later.mjs',
    'project.mjs',
    'imports.cjs',
    'commonjs.cjs',
    'project.cjs',
  ])
    copy(file, driver)
  for (const name of ['language.mjs', 'language.cjs']) copy('language.js', driver, name)
  for (const type of ['module', 'commonjs']) {
    const folder = join(driver, type)
    writeFiles(folder, { 'package.json': `{"type":"${type}"}` })
    for (const file of ['imports.ts', 'typescript.ts', 'decorators.ts', 'notebook.ts', 'project.ts']) copy(file, folder)
    copy('language.js', folder, 'language.ts')
  }
  return { driver, executor, remove: () => rmSync(root, { recursive: true }) }
}

export async function runNode(args: readonly string[], cwd: string, node = process.execPath): Promise<string> {
  const { stdout } = await promisify(execFile)(node, args, {
    cwd,
    env: { ...process.env, NODE_OPTIONS: '', NODE_NO_WARNINGS: '1' },
  })
  return stdout
}

export function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
}

function copy(fixture: string, folder: string, name = fixture): void {
  mkdirSync(folder, { recursive: true })
  copyFileSync(join(fixtures, fixture), join(folder, name))
}
