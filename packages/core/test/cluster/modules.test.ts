/** The `modules` option with real daemons, which have neither the program's folder nor its packages. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runExecutor, type Daemon } from '../cli/daemon.ts'
import { runNode, writeFiles } from '../closure/workspace.ts'

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'gridify-modules-')))
const driver = join(folder, 'driver')
const executor = join(folder, 'executor')
const secretFile = join(folder, 'secret')
const repository = join(import.meta.dirname, '../../../..')
const daemons: Daemon[] = []
let urls: string[]

const counter = `
  import { pad } from 'only-here'
  import { where } from './where.mjs'
  export { where }
  let calls = 0
  export class Counter {
    static made = 0
    #label
    constructor(label) { this.#label = label; Counter.made++ }
    label() { return pad(this.#label) + ' of ' + import.meta.url.split('/').at(-1) }
    static { Counter.first = new Counter('first') }
  }
  export const next = () => ++calls
  export const calledFrom = () => calls
  export default function greet(name) { return 'hello ' + name }
`

beforeAll(async () => {
  writeFiles(folder, { secret: 'a secret of these tests' })
  writeFiles(driver, {
    'package.json': '{"name":"the-program","version":"1.2.0","type":"module"}',
    'src/counter.mjs': counter,
    'src/shape.mjs': `class Shape { constructor(side) { this.side = side } area() { return this.side ** 2 } }\nexport { Shape }`,
    'src/where.mjs': `import { Group } from '@gridify/core'; export const where = () => typeof Group`,
    'src/reads-counter.mjs': `import { calledFrom, Counter } from './counter.mjs'; export const seen = () => [calledFrom(), Counter.made]`,
    'node_modules/only-here/package.json': '{"name":"only-here","version":"1.0.0"}',
    'node_modules/only-here/index.js': `const { join } = require('node:path'); exports.pad = (text) => '<' + join(text, '.') + '>' ; exports.twice = require('needed-by-it')`,
    'node_modules/needed-by-it/package.json': '{"name":"needed-by-it","version":"1.0.0"}',
    'node_modules/needed-by-it/index.js': 'module.exports = (x) => x * 2',
    'node_modules/on-both/package.json': '{"name":"on-both","version":"1.0.0"}',
    'node_modules/on-both/index.js': 'exports.side = "driver"',
  })
  writeFiles(executor, {
    'node_modules/on-both/package.json': '{"name":"on-both","version":"1.0.0"}',
    'node_modules/on-both/index.js': 'exports.side = "executor"',
  })
  mkdirSync(join(driver, 'node_modules/@gridify'))
  symlinkSync(join(repository, 'packages/core'), join(driver, 'node_modules/@gridify/core'))
  for (let i = 0; i < 2; i++)
    daemons.push(
      runExecutor(['--port', '0', '--cores', '1', '--memory', '256m', '--secret-file', secretFile, '--root', executor]),
    )
  urls = await Promise.all(daemons.map(async ({ banner }) => /ws:\S+/.exec(await banner)![0]))
})
afterAll(async () => {
  for (const { process } of daemons) process.kill('SIGKILL')
  await Promise.all(daemons.map(({ finished }) => finished))
  rmSync(folder, { recursive: true })
})

let programs = 0
/** Runs a program in the driver's folder: `body` has `context` and returns what is to be compared. */
async function run(
  modules: Record<string, string>,
  imports: string,
  body: string,
  where: object = { executors: urls, secretFile },
) {
  // prettier-ignore
  const name = `job${++programs}.mjs`
  const options = JSON.stringify({ ...where, modules })
  writeFiles(driver, {
    [name]: `
      import { createContext } from '@gridify/core'
      ${imports}
      try {
        const context = await createContext(${options})
        try {
          const found = await (async () => { ${body} })()
          console.log(JSON.stringify({ found }))
        } finally {
          await context.stop()
        }
      } catch (error) {
        console.log(JSON.stringify({ error: error.name + ': ' + error.message, cause: error.cause?.stack }))
      }
    `,
  })
  const lines = (await runNode([name], driver)).trim().split('\n')
  return JSON.parse(lines.at(-1)!) as { found?: unknown; error?: string; cause?: string }
}

const kinds = (): [string, object][] => [
  ['memory[2]', { master: 'memory[2]' }],
  ['local[2]', { master: 'local[2]' }],
  ['daemons', { executors: urls, secretFile }],
]

describe.each(['memory[2]', 'local[2]', 'daemons'])('bundled modules on %s', (kind) => {
  const where = () => kinds().find(([name]) => name === kind)![1]

  test('keep their state, their private fields and their identity, whichever function uses them', async () => {
    const { found, error } = await run(
      { './src/*': 'bundle', 'only-here': 'bundle' },
      `import greet, { Counter, next } from './src/counter.mjs'; import { seen } from './src/reads-counter.mjs'`,
      `
        const one = context.range(0, 3, { partitions: 1 })
        return one
          .map((n) => [n, next(), new Counter('x' + n)])
          .map(([n, call, counter]) => [n, call, counter instanceof Counter, counter.label().split(' of ')[0], greet('you'), seen()])
          .collect()
      `,
      where(),
    )
    expect(error).toBe(undefined)
    const rows = found as [number, number, boolean, string, string, [number, number]][]
    expect(rows.map(([n, , same, label, hello]) => [n, same, label, hello])).toEqual([
      [0, true, '<x0>', 'hello you'],
      [1, true, '<x1>', 'hello you'],
      [2, true, '<x2>', 'hello you'],
    ])
    // One state: what counter.mjs counts, reads-counter.mjs sees.
    for (const [, call, , , , [calls, made]] of rows) expect([calls >= call, made >= 2]).toEqual([true, true])
    expect(rows.map(([, call]) => call)).toEqual([1, 2, 3])
  })

  test('are found from an instance alone, and rows may hold their instances', async () => {
    const { found, error } = await run(
      { './src/**': 'bundle' },
      `import { Shape } from './src/shape.mjs'; const shape = new Shape(3)`,
      `
        const { explainClosure } = await import('@gridify/core')
        const area = (n) => n * shape.area()
        const imports = explainClosure(area).imports.map(({ specifier, name }) => [specifier.replace(/[0-9a-f]{32}/, 'HASH'), name])
        const rows = await context.range(1, 3, { partitions: 2 }).map((n) => new Shape(n)).sortBy((each) => -each.side).map((each) => each.area() + shape.area()).collect()
        return { imports, rows, areas: await context.range(1, 3).map(area).collect() }
      `,
      where(),
    )
    expect(error).toBe(undefined)
    expect(found).toEqual({ imports: [['bundle:HASH/src__shape.js', 'Shape']], rows: [13, 10], areas: [9, 18] })
  })
})

test('a bundle is sent with what its packages need, and Node finds the packages that executors have', async () => {
  writeFiles(driver, {
    'lib/uses-both.mjs': `import { side } from 'on-both'; import { where } from '../src/where.mjs'; export const sideOf = () => [side, where()]`,
  })
  const { found, error } = await run(
    { './lib/uses-both.mjs': 'bundle', 'only-here': 'bundle' },
    `import tools, { pad } from 'only-here'; import * as all from 'only-here'; import { sideOf } from './lib/uses-both.mjs'; const { pad: taken } = tools`,
    `return context.range(1, 2).map((n) => [pad('a'), tools.twice(n), all.pad('b'), all.default.pad('c'), taken('d'), ...sideOf()]).collect()`,
  )
  expect(error).toBe(undefined)
  expect(found).toEqual([['<a>', 2, '<b>', '<c>', '<d>', 'executor', 'function']])
})

test('a TypeScript program under tsx bundles its modules, and names their lines', async () => {
  writeFiles(driver, {
    'typed/model.ts': `
      import { pad } from 'only-here'
      interface Named { readonly name: string }
      export enum Size { Small = 1, Large }
      export class Model implements Named {
        readonly name: string
        #secret = 7
        constructor(name: string) { this.name = name }
        show(size: Size): string {
          if (size === Size.Large) throw new Error(this.name + ' is too large')
          return pad(this.name) + this.#secret
        }
      }
    `,
    'typed/job.ts': `
      import { createContext } from '@gridify/core'
      import { Model, Size } from './model.js'
      const context = await createContext({ executors: ${JSON.stringify(urls)}, secretFile: ${JSON.stringify(secretFile)}, modules: { './typed/model.ts': 'bundle', 'only-here': 'bundle' } })
      const model = (n: number): Model => new Model('m' + n)
      console.log(JSON.stringify(await context.range(0, 2).map((n) => model(n)).map((each) => each.show(Size.Small)).collect()))
      const failed = await context.range(0, 1).map((n) => model(n).show(Size.Large)).collect().catch((error) => error.cause.stack)
      console.log(JSON.stringify(failed))
      await context.stop()
    `,
  })
  const tsx = import.meta.resolve('tsx')
  const [rows, stack] = (await runNode(['--import', tsx, 'typed/job.ts'], driver)).trim().split('\n').map((line) => JSON.parse(line) as unknown) // prettier-ignore
  expect(rows).toEqual(['<m0>7', '<m1>7'])
  expect(stack).toMatch(/at Model\.show \(\S*driver\/typed\/model\.ts:10:\d+\)/)
})

test('a package that neither the bundle nor the executor has is named with the cure', async () => {
  const { error } = await run(
    { './src/counter.mjs': 'bundle' },
    `import { next } from './src/counter.mjs'`,
    `return context.range(0, 1).map(() => next()).collect()`,
  )
  expect(error).toMatch(
    /the bundled module src__counter\.js imports the package 'only-here', which executor cannot find \(looked in \S+executor\); install it there, or send it along: modules: \{ 'only-here': 'bundle' \}/,
  )
})

test('an error in a bundled module names its line on the driver', async () => {
  writeFiles(driver, { 'src/fails.mjs': `\n\nexport function fail(n) {\n  throw new RangeError('no ' + n)\n}` })
  const { error, cause } = await run(
    { './src/fails.mjs': 'bundle' },
    `import { fail } from './src/fails.mjs'`,
    `return context.range(5, 6).map((n) => fail(n)).collect()`,
  )
  expect(error).toMatch(/^TaskError: map\(\) at \S+job\d+\.mjs:\d+:\d+ failed: RangeError: no 5/)
  expect(cause).toMatch(/at fail \(\S*driver\/src\/fails\.mjs:4:9\)/)
})

test('installed modules are the executor’s own: packages, and files of the project that it has a copy of', async () => {
  writeFiles(driver, { 'src/side.mjs': `export const side = 'driver'; export class Side {}; export const make = () => new Side()` }) // prettier-ignore
  writeFiles(executor, {
    'node_modules/the-program/package.json': '{"name":"the-program","version":"1.2.0","type":"module"}',
    'node_modules/the-program/src/side.mjs': `export const side = 'executor'; export class Side { here() { return true } }; export const make = () => new Side()`,
  })
  const { found, error } = await run(
    { './src/side.mjs': 'installed', 'on-both': 'installed' },
    `import { side, Side, make } from './src/side.mjs'; import both from 'on-both'`,
    `return context.range(0, 1).map(() => [side, make() instanceof Side, new Side().here(), both.side]).collect()`,
  )
  expect(error).toBe(undefined)
  expect(found).toEqual([['executor', true, true, 'executor']])
})

test('an executor that is given a copy of the project imports from it', async () => {
  const copy = join(folder, 'copy')
  writeFiles(copy, {
    'package.json': '{"name":"the-program","version":"1.2.0","type":"module"}',
    'src/side.mjs': `export const side = 'copy'`,
  })
  const daemon = runExecutor(['--port', '0', '--cores', '1', '--secret-file', secretFile, '--root', copy])
  daemons.push(daemon)
  const url = /ws:\S+/.exec(await daemon.banner)![0]
  const { found, error } = await run(
    { './src/': 'installed' },
    `import { side } from './src/side.mjs'`,
    `return context.range(0, 1).map(() => side).collect()`,
    { executors: [url], secretFile },
  )
  expect([found, error]).toEqual([['copy'], undefined])
})

test('a package in mode value is sent with its source', async () => {
  const { found, error } = await run(
    { 'only-here': 'value', 'needed-by-it': 'value' },
    `import tools from 'only-here'`,
    `return context.range(0, 3).map((n) => tools.twice(n)).collect()`,
  )
  expect([found, error]).toEqual([[0, 2, 4], undefined])
})

test('wrong rules are refused before anything starts', async () => {
  const refused = async (modules: Record<string, string>, imports = '') =>
    (await run(modules, imports, `return 'started'`, { master: 'memory[1]' })).error
  expect(await refused({ './nowhere/*': 'bundle' })).toBe(
    "UsageError: createContext(): modules: { './nowhere/*': 'bundle' } matches no file",
  )
  expect(await refused({ '@acme/*': 'bundle' })).toBe(
    "UsageError: createContext(): modules: { '@acme/*': 'bundle' } names no package: list each package by its name",
  )
  expect(await refused({ 'not-there': 'bundle' })).toMatch(
    /^UsageError: createContext\(\): modules in mode 'bundle' cannot be bundled: .*Could not resolve "not-there"/s,
  )
  expect(await refused({ './src/a': 'shipped' })).toBe(
    "UsageError: createContext(): option `modules../src/a` must be 'value', 'installed' or 'bundle', got 'shipped'",
  )
  writeFiles(driver, { 'src/circle.mjs': `import { x } from '../job${programs + 1}.mjs'; export const y = () => x` })
  const program = `job${programs + 1}.mjs`
  expect(await refused({ './src/circle.mjs': 'bundle' }, 'export const x = 1')).toBe(
    `UsageError: createContext(): modules in mode 'bundle' would take in ${program}, the program itself, which executors must not run; let no bundled module import it`,
  )
  rmSync(join(driver, 'src/circle.mjs'))
})

test('without esbuild the bundle mode says what to install', async () => {
  const core = join(driver, 'other/node_modules/@gridify/core')
  cpSync(join(repository, 'packages/core/lib'), join(core, 'lib'), { recursive: true })
  cpSync(join(repository, 'packages/core/package.json'), join(core, 'package.json'))
  const { dependencies } = JSON.parse(readFileSync(join(core, 'package.json'), 'utf8')) as { dependencies: object }
  for (const name of Object.keys(dependencies))
    symlinkSync(join(repository, 'node_modules', name), join(driver, 'other/node_modules', name))
  writeFiles(join(driver, 'other'), {
    'needs.mjs': 'export const x = 1',
    'job.mjs': `
      import { createContext } from '@gridify/core'
      await createContext({ master: 'memory[1]', modules: { './needs.mjs': 'bundle' } }).catch((error) => console.log(error.message))
    `,
  })
  expect((await runNode(['job.mjs'], join(driver, 'other'))).trim()).toBe(
    "createContext(): modules in mode 'bundle' needs the package esbuild; install it on driver and executors: npm install esbuild",
  )
})
