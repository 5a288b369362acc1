/** One daemon by two addresses would be two executors that share what they have. */
import { createContext } from '@gridify/core'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runExecutor, type Daemon } from '../cli/daemon.ts'

let folder: string
let secretFile: string
let daemons: Daemon[]
let addresses: string[]

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gridify-test-'))
  secretFile = join(folder, 'secret')
  writeFileSync(secretFile, 'of this test', { mode: 0o600 })
  const options = ['--port', '0', '--cores', '1', '--memory', '256m', '--secret-file', secretFile, '--work-dir', folder]
  daemons = [runExecutor(options), runExecutor(options)]
  addresses = await Promise.all(daemons.map(async ({ banner }) => / (ws:\S+)/.exec(await banner)![1]!))
})
afterAll(async () => {
  for (const daemon of daemons) daemon.process.kill('SIGTERM')
  await Promise.all(daemons.map(({ finished }) => finished))
  rmSync(folder, { recursive: true })
})

test('two addresses of one executor are told, and one of them works', async () => {
  const [first, second] = addresses as [string, string]
  const { port } = new URL(first)
  await expect(
    createContext({ executors: [first, second, `ws://localhost:${port}`], secretFile, onLog: () => {} }),
  ).rejects.toMatchObject({
    name: 'UsageError',
    message: expect.stringMatching(
      new RegExp(
        `^executors: ws://(127\\.0\\.0\\.1:${port} is the same executor as the one at localhost:${port}|localhost:${port} is the same executor as the one at 127\\.0\\.0\\.1:${port}); name it once, by one address$`,
      ),
    ),
  })
  await using context = await createContext({ executors: addresses, secretFile, onLog: () => {} })
  expect(await context.range(0, 10).count()).toBe(10)
  expect(context.executors()).toHaveLength(2)
})

test('an address that is given twice is named before anything is dialed', async () => {
  await expect(createContext({ executors: [addresses[0]!, addresses[0]!], secretFile })).rejects.toThrow(
    `executors: ${addresses[0]!} is given twice; name each executor once`,
  )
})
