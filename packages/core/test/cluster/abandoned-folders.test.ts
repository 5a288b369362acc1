/** Who is killed leaves a work folder; who comes next removes it, and no other. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createContext } from '@gridify/core'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ownedPath } from '../../src/storage/owned-folder.ts'
import { runExecutor } from '../cli/daemon.ts'
import { isRunning } from '../transport/processes.ts'

let workDir: string
let driver: ChildProcess | undefined
beforeEach(() => {
  workDir = mkdtempSync(join(tmpdir(), 'gridify-test-'))
})
afterEach(() => {
  driver?.kill('SIGKILL')
  rmSync(workDir, { recursive: true, force: true, maxRetries: 3 })
})

async function driverWithFiles(master: string): Promise<ChildProcess> {
  const program = new URL('fixtures/keeps-files.mjs', import.meta.url).pathname
  driver = spawn(process.execPath, [program, master, workDir], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(driver.stdout!, 'data')
  return driver
}

/** What a context does at its start, and nothing else. */
async function createAndStop(): Promise<void> {
  await (await createContext({ master: 'memory[1]', workDir, onLog: () => {} })).stop()
}

test.each(['memory[2]', 'local[2]', 'local-cluster[1,2]'])(
  'what a killed driver of %s has left goes with the next context, and while it lives nothing does',
  async (master) => {
    const living = await driverWithFiles(master)
    const folders = readdirSync(workDir)
    const names = new RegExp(`^gridify-(work|cluster)-\\w{12}-${living.pid}-\\d+-\\w{8}$`)
    expect(folders.filter((name) => names.test(name))).toEqual(folders)
    expect(folders.length).toBeGreaterThan(0)

    await createAndStop()
    expect(readdirSync(workDir)).toEqual(folders)

    living.kill('SIGKILL')
    await once(living, 'exit')
    // The daemons of a local cluster notice a little later that they are alone.
    await vi.waitFor(async () => {
      await createAndStop()
      expect(readdirSync(workDir)).toEqual([])
    }, 10_000)
  },
)

test('folders of other machines and of whoever has the id now are left, and so is what only looks like one', async () => {
  const living = await driverWithFiles('local[1]')
  const [name] = readdirSync(workDir)
  const [, machine, pid, started] = /^gridify-work-(\w{12})-(\d+)-(\d+)-\w{8}$/.exec(name!)!
  living.kill('SIGKILL')
  await once(living, 'exit')
  const kept = [
    'gridify-other-folder',
    `gridify-work-${'0'.repeat(12)}-${pid}-${started}-00000000`,
    `gridify-work-${machine}-${pid}-${started}-00000000.txt`,
    `gridify-work-${machine}-${pid}-${started}-0000000`,
  ]
  for (const each of kept) mkdirSync(join(workDir, each))
  const file = `gridify-work-${machine}-${pid}-${started}-00000001`
  writeFileSync(join(workDir, file), 'no folder')
  const around = `gridify-cluster-${machine}-${pid}-${started}-00000002`
  const inside = ownedPath(join(workDir, around), 'session')
  expect(inside).toContain(`gridify-session-${machine}-${process.pid}-`)
  mkdirSync(inside, { recursive: true })
  // Its process is not the one that has the id now.
  if (process.platform === 'linux') mkdirSync(join(workDir, `gridify-work-${machine}-${process.pid}-1-00000003`))
  await createAndStop()
  expect(readdirSync(workDir).sort()).toEqual([...kept, file, around].sort())
  expect(existsSync(inside)).toBe(true)
})

test('what a killed daemon and its session have left goes with the next daemon', async () => {
  const secretFile = join(workDir, 'secret')
  writeFileSync(secretFile, 'of this test', { mode: 0o600 })
  const options = [
    '--port',
    '0',
    '--cores',
    '1',
    '--memory',
    '256m',
    '--secret-file',
    secretFile,
    '--work-dir',
    workDir,
  ]
  const daemon = runExecutor(options)
  const address = / (ws:\S+)/.exec(await daemon.banner)![1]!
  const context = await createContext({ executors: [address], secretFile, onLog: () => {} })
  await context.range(0, 100, { partitions: 2 }).persist('disk').count()
  const sessions = () => readdirSync(workDir).filter((name) => name !== 'secret')
  const [, pid] = /^gridify-session-\w{12}-(\d+)-\d+-\w{8}$/.exec(sessions().join())!
  expect(isRunning(Number(pid))).toBe(true)
  // Stopped first, so that it cannot tidy up after its session.
  daemon.process.kill('SIGSTOP')
  process.kill(Number(pid), 'SIGKILL')
  await vi.waitFor(() => expect(isRunning(Number(pid))).toBe(false), 5000)
  daemon.process.kill('SIGKILL')
  await daemon.finished
  expect(sessions()).toHaveLength(1)

  const next = runExecutor(options)
  await next.banner
  expect(sessions()).toEqual([])
  next.process.kill('SIGTERM')
  await next.finished
  await context.stop()
})
