import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { connect } from '../../src/transport/connect.ts'
import { isRunning } from '../transport/processes.ts'
import { runExecutor, type Daemon } from './daemon.ts'

const daemonWithTestSessions = new URL('../transport/fixtures/daemon.mjs', import.meta.url)
let folder: string
let workDir: string
let secretFile: string
let daemon: Daemon | undefined

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gridify-test-'))
  workDir = join(folder, 'work')
  secretFile = join(folder, 'secret')
  await writeFile(secretFile, 'the secret\n', { mode: 0o600 })
})

afterEach(async () => {
  daemon?.process.kill('SIGKILL')
  await daemon?.finished
  daemon = undefined
  await rm(folder, { recursive: true })
})

function start(...argv: string[]): Daemon {
  return (daemon = runExecutor(
    ['--port', '0', '--secret-file', secretFile, '--work-dir', workDir, ...argv],
    {},
    daemonWithTestSessions,
  ))
}

/** A session on the daemon, and the process that serves it. */
async function openSession({ banner }: Daemon) {
  const url = /ws:\S+/.exec(await banner)![0]
  const channel = await connect(url, { secret: 'the secret', session: 's1', purpose: 'control' })
  const answer = new Promise((resolve) => channel.onMessage(resolve))
  channel.send({ type: 'who' })
  const { pid } = (await answer) as { pid: number }
  return { channel, pid }
}

test('prints one line when ready, and ends with 0 on SIGTERM', async () => {
  daemon = runExecutor(['--port', '0', '--cores', '2', '--memory', '4g', '--secret-file', secretFile])
  expect(await daemon.banner).toMatch(/^executor listening on ws:\/\/127\.0\.0\.1:[1-9]\d* \(2 cores, 4\.0 GiB\)$/)
  daemon.process.kill('SIGTERM')
  expect(await daemon.finished).toEqual({
    exitCode: 0,
    signal: null,
    stdout: (await daemon.banner) + '\n',
    stderr: expect.stringMatching(/^draining: .*\n$/),
  })
})

test('makes the secret of this machine’s user at first use', async () => {
  daemon = runExecutor(['--port', '0'], { HOME: folder })
  const url = /ws:\S+/.exec(await daemon.banner)![0]
  const secret = (await readFile(join(folder, '.gridify', 'secret'), 'utf8')).trim()
  await expect(connect(url, { secret, session: 's1', purpose: 'data' })).rejects.toThrow('there is no session s1')
})

test('SIGTERM lets the session finish, and nothing is left', async () => {
  const running = start()
  const { channel, pid } = await openSession(running)
  expect(await readdir(workDir)).toHaveLength(1)
  running.process.kill('SIGTERM')
  channel.send({ type: 'exit', code: 0 })
  expect(await running.finished).toMatchObject({ exitCode: 0 })
  expect(isRunning(pid)).toBe(false)
  expect(await readdir(workDir)).toEqual([])
})

test('a session that does not finish in time is ended', async () => {
  const running = start('--drain-timeout', '0')
  const { channel, pid } = await openSession(running)
  running.process.kill('SIGTERM')
  expect(await running.finished).toMatchObject({ exitCode: 0 })
  await channel.closed
  expect(isRunning(pid)).toBe(false)
})

test('a second signal ends everything at once', async () => {
  const running = start()
  const { channel, pid } = await openSession(running)
  const draining = new Promise((resolve) => running.process.stderr!.once('data', resolve))
  running.process.kill('SIGTERM')
  await draining
  running.process.kill('SIGINT')
  expect(await running.finished).toMatchObject({ exitCode: 1 })
  await channel.closed
  await expect.poll(() => isRunning(pid)).toBe(false)
  expect(await readdir(workDir)).toEqual([])
})

test('sessions end with a daemon that was killed, and nothing is left', async () => {
  const running = start()
  const { channel, pid } = await openSession(running)
  running.process.kill('SIGKILL')
  await channel.closed
  await expect.poll(() => isRunning(pid)).toBe(false)
  expect(await readdir(workDir)).toEqual([])
})

test('bad options end with 2, one line and no stack', async () => {
  daemon = runExecutor(['--prot', '7077'])
  expect(await daemon.finished).toEqual({
    exitCode: 2,
    signal: null,
    stdout: '',
    stderr: 'executor: there is no option --prot; did you mean --port?\n',
  })
})

test('a port that is taken ends with 1, one line and no banner', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  daemon = runExecutor(['--port', String(port), '--secret-file', secretFile])
  expect(await daemon.finished).toEqual({
    exitCode: 1,
    signal: null,
    stdout: '',
    stderr: `executor: port ${port} of 127.0.0.1 is taken: stop the process that has it, or choose another with --port (0 picks a free one)\n`,
  })
  server.close()
})

test('an address that others can reach is refused without TLS', async () => {
  daemon = runExecutor(['--host', '0.0.0.0', '--port', '0', '--secret-file', secretFile])
  const { exitCode, stdout, stderr } = await daemon.finished
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' })
  expect(stderr).toMatch(
    /^executor: 0\.0\.0\.0 can be reached from other machines, .* --insecure on a network that you trust\n$/,
  )
})
