/** The packages as npm would publish them, unpacked where nothing of this repository lies beside them. */

import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'

const root = join(import.meta.dirname, '..')
const typescript = join(root, 'node_modules/typescript/bin/tsc')
/** TypeScript 5.0, which the notebooks of tslab are compiled with. */
const oldTypescript = join(root, 'node_modules/@tslab/typescript-for-tslab/lib/tsc.js')
const recommended = 'Guy 1: T\nGuy 2: P\n'

let folder: string
let app: string
let daemonHome: string
let daemon: ChildProcess | undefined

// Compilers are slow where other tests run beside them.
vi.setConfig({ testTimeout: 120_000 })

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gridify-packages-'))
  app = join(folder, 'app')
  daemonHome = join(folder, 'daemon')
  const packages = ['-w', '@gridify/core', '-w', '@gridify/mf']
  await promisify(execFile)(
    'npm',
    ['pack', '--ignore-scripts', '--loglevel=error', '--pack-destination', folder, ...packages],
    { cwd: root },
  )
  await install(app, ['core', 'mf'])
  await install(daemonHome, ['core'])
  await link(app, '@types/node')
})
afterAll(async () => {
  if (daemon && daemon.exitCode === null) {
    daemon.kill('SIGKILL')
    await once(daemon, 'close')
  }
  await rm(folder, { recursive: true })
})

/** Unpacks the tarballs and links what they say they depend on, and nothing else. */
async function install(into: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const unpacked = join(into, 'node_modules/@gridify', name)
    await mkdir(unpacked, { recursive: true })
    const { version } = await manifest(join(root, 'packages', name))
    const tarball = join(folder, `gridify-${name}-${version}.tgz`)
    await promisify(execFile)('tar', ['-xzf', tarball, '-C', unpacked, '--strip-components=1'])
    const { dependencies } = await manifest(unpacked)
    for (const dependency of Object.keys(dependencies)) await link(into, dependency, join(root, 'packages', name))
  }
  await writeFile(join(into, 'package.json'), '{ "type": "module" }')
}

async function manifest(at: string): Promise<{ version: string; dependencies: Record<string, string> }> {
  return JSON.parse(await readFile(join(at, 'package.json'), 'utf8')) as Awaited<ReturnType<typeof manifest>>
}

/** Links a package to where npm put it for the workspace: nested there, or at the root. */
async function link(into: string, name: string, workspace = root): Promise<void> {
  const at = join(into, 'node_modules', name)
  if (existsSync(at)) return
  await mkdir(dirname(at), { recursive: true })
  const nested = join(workspace, 'node_modules', name)
  await symlink(existsSync(nested) ? nested : join(root, 'node_modules', name), at)
}

/** What a program prints, in the folder that has both packages. */
function run(...argv: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, argv, { cwd: app, env: { ...process.env, NODE_OPTIONS: '' } })
    const printed = { stdout: '', stderr: '' }
    child.stdout.on('data', (text) => (printed.stdout += text))
    child.stderr.on('data', (text) => (printed.stderr += text))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, ...printed }))
  })
}

test('the first example of the README compiles as nodenext and runs as ESM', async () => {
  const readme = await readFile(join(root, 'README.md'), 'utf8')
  const example = /## First example\n[\s\S]*?```ts\n([\s\S]*?)```/.exec(readme)![1]!
  await writeFile(join(app, 'two-guys.ts'), example)
  const options = ['--ignoreConfig', '--strict', '--module', 'nodenext', '--target', 'es2022', '--types', 'node']
  const compiled = await run(typescript, 'two-guys.ts', ...options, '--skipLibCheck', 'false')
  expect(compiled).toEqual({ code: 0, stdout: '', stderr: '' })
  expect(await run('two-guys.js')).toEqual({ code: 0, stdout: recommended, stderr: '' })
})

test('both packages can be required', async () => {
  await writeFile(
    join(app, 'required.cjs'),
    `const { createContext } = require('@gridify/core')
const { ImplicitALS } = require('@gridify/mf')
const { f64Engine } = require('@gridify/mf/kernels')
async function main() {
  const context = await createContext({ master: 'local[1]' })
  const scale = 2
  console.log(await context.parallelize([1, 2, 3]).map((n) => n * scale).collect())
  console.log(typeof ImplicitALS, typeof f64Engine)
  await context.stop()
}
void main()
`,
  )
  expect(await run('--disable-warning=ExperimentalWarning', 'required.cjs')).toEqual({
    code: 0,
    stdout: '[ 2, 4, 6 ]\nfunction function\n',
    stderr: '',
  })
})

const typedConsumer = `import { createContext, type Dataset } from '@gridify/core'
import { ImplicitALS, type Rating } from '@gridify/mf'
import { f64Engine, type Engine } from '@gridify/mf/kernels'

export async function main(): Promise<void> {
  const context = await createContext({ master: 'local[1]' })
  const counts: Dataset<[string, number]> = context.parallelize(['a', 'b', 'a']).map((word) => [word, 1])
  console.log(await counts.reduceByKey((a, b) => a + b).collect())
  const likes: Rating[] = [['ann', 'abba', 1], ['bob', 'abba', 1], ['bob', 'blur', 2]]
  const model = await new ImplicitALS({ factors: 2 }).fit(likes, { context })
  console.log(model.recommend('ann', { k: 1 }).map(({ item }) => item))
  // @ts-expect-error reduceByKey is a method of pairs alone
  void (() => context.parallelize([1]).reduceByKey((a: number) => a))
  const engine: Engine = f64Engine()
  console.log(engine.variant)
  await context.stop()
}
void main()
`

test('TypeScript 5.0 with node10 resolution finds no fault in a program and in both packages, and it runs as CommonJS', async () => {
  await writeFile(join(app, 'consumer.cts'), typedConsumer)
  const options = ['--strict', '--module', 'commonjs', '--moduleResolution', 'node10', '--target', 'es2022']
  const { stdout } = await run(oldTypescript, 'consumer.cts', ...options, '--lib', 'es2022', '--types', 'node')
  // Without skipLibCheck, so it also reads the declarations of both packages.
  expect(stdout).toBe('')
  expect(await run('--disable-warning=ExperimentalWarning', 'consumer.cjs')).toEqual({
    code: 0,
    stdout: "[ [ 'a', 2 ], [ 'b', 1 ] ]\n[ 'blur' ]\nf64\n",
    stderr: '',
  })
})

test('a daemon that has @gridify/core alone trains for a driver that has both', async () => {
  const secretFile = join(folder, 'secret')
  await writeFile(secretFile, 'a secret of this test\n', { mode: 0o600 })
  const command = join(daemonHome, 'node_modules/@gridify/core/bin/executor.js')
  const started = spawn(process.execPath, [command, '--port', '0', '--cores', '1', '--secret-file', secretFile], {
    cwd: daemonHome,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  daemon = started
  const lines = createInterface({ input: started.stdout })
  const [banner] = (await Promise.race([once(lines, 'line'), once(started, 'close')])) as [unknown]
  expect(banner).toMatch(/^executor listening on ws:/)
  const url = /ws:\S+/.exec(String(banner))![0]
  await writeFile(
    join(app, 'driver.js'),
    `import { createContext } from '@gridify/core'
import { ImplicitALS } from '@gridify/mf'

const likes = [...'PQRS'].map((track) => ['Guy 1', track, 1])
likes.push(...[...'QRST'].map((track) => ['Guy 2', track, 1]))
for (let other = 0; other < 20; other++)
  for (const track of 'ABCD') likes.push(['listener ' + other, track + (other % 5), 1])
const context = await createContext({ executors: [process.argv[2]], secretFile: process.argv[3] })
const model = await new ImplicitALS({ factors: 8, confidence: 'binary' }).fit(likes, { context })
for (const guy of ['Guy 1', 'Guy 2']) console.log(guy + ': ' + model.recommend(guy, { k: 1 })[0].item)
await context.stop()
`,
  )
  expect(await run('driver.js', url, secretFile)).toEqual({ code: 0, stdout: recommended, stderr: '' })
})
