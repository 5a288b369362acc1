/** What the guide to a cluster says of wrong set-ups, on a daemon that is started by hand. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, test } from 'vitest'
import { createContext } from '@gridify/core'

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'gridify-docs-')))
const secretFile = join(folder, 'cluster.secret')
writeFileSync(secretFile, 'a secret for this test\n', { mode: 0o600 })
writeFileSync(join(folder, 'setup.mjs'), 'globalThis.greeting = "set up"\n')
const ends: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})
afterAll(() => rmSync(folder, { recursive: true }))

async function startDaemon(...options: string[]): Promise<string> {
  const command = join(import.meta.dirname, '../../node_modules/.bin/executor')
  const all = ['--port', '0', '--cores', '1', '--memory', '64m', '--secret-file', secretFile, ...options]
  const daemon = spawn(command, all, { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] })
  const exited = once(daemon, 'exit')
  ends.push(() => (daemon.kill('SIGTERM'), exited))
  const [line] = (await once(createInterface({ input: daemon.stdout }), 'line')) as [string]
  return /on (\S+)/.exec(line)![1]!
}

async function connectTo(...executors: string[]) {
  const context = await createContext({ executors, secretFile })
  ends.push(() => context.stop())
  return context
}

test('an address without its scheme is refused before anybody is dialed', async () => {
  await expect(connectTo('127.0.0.1:7077')).rejects.toThrow(
    '"127.0.0.1:7077" is no executor\'s address: write it as ws://host:port',
  )
})

test('executors that cannot reach each other are named before work starts', async () => {
  const first = await startDaemon()
  const nowhere = await startDaemon('--advertise', 'ws://127.0.0.1:1')
  await expect(connectTo(first, nowhere)).rejects.toThrow(
    `executor ${first} cannot reach its peer ws://127.0.0.1:1: no executor answers at ws://127.0.0.1:1`,
  )
})

test('executors behind a certificate of their own are trusted by the driver and by each other', async () => {
  const fixture = (part: string) =>
    join(import.meta.dirname, `../../packages/core/test/transport/fixtures/localhost-${part}.pem`)
  const tls = ['--tls-cert', fixture('cert'), '--tls-key', fixture('key')]
  const executors = [await startDaemon(...tls), await startDaemon(...tls)]
  const context = await createContext({ executors, secretFile, tlsCaFile: fixture('cert') })
  ends.push(() => context.stop())
  const sums = context
    .range(0, 1000, { partitions: 4 })
    .map((n) => [n % 3, n])
    .reduceByKey((a, b) => a + b, 4)
  expect((await sums.collect()).toSorted(([a], [b]) => a - b)).toEqual([
    [0, 166833],
    [1, 166167],
    [2, 166500],
  ])
  expect(context.metrics().tasksRerun).toBe(0)
})

test('a module of --import is there before the first task', async () => {
  const context = await connectTo(await startDaemon('--import', 'setup.mjs'))
  const greetings = context.range(0, 1).map(() => Reflect.get(globalThis, 'greeting') as string)
  expect(await greetings.collect()).toEqual(['set up'])
})

test('a module of --import that is not there fails the job with its path', async () => {
  const context = await connectTo(await startDaemon('--import', 'nowhere.mjs'))
  await expect(context.range(0, 1).count()).rejects.toThrow(
    `cannot load ${join(folder, 'nowhere.mjs')}, which it was given with --import: Cannot find module`,
  )
})

test('with --root a file outside of it is refused, with the name of the folder', async () => {
  const context = await connectTo(await startDaemon('--root', folder))
  await expect(context.textFile(import.meta.filename).count()).rejects.toThrow(
    `${import.meta.filename} lies outside of ${folder}`,
  )
  expect(await context.textFile(join(folder, 'setup.mjs')).count()).toBe(1)
  expect(await context.textFile(join(import.meta.dirname, '.gitignore'), { from: 'driver' }).count()).toBe(1)
})

test('a program finds executors and secret in the environment', async () => {
  const { GRIDIFY_EXECUTORS, GRIDIFY_SECRET_FILE } = process.env
  const urls = [await startDaemon(), await startDaemon()]
  process.env['GRIDIFY_EXECUTORS'] = urls.join(', ')
  process.env['GRIDIFY_SECRET_FILE'] = secretFile
  try {
    const context = await createContext()
    ends.push(() => context.stop())
    expect(
      context
        .executors()
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual(urls.toSorted())
  } finally {
    for (const [name, value] of Object.entries({ GRIDIFY_EXECUTORS, GRIDIFY_SECRET_FILE }))
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
  }
})
