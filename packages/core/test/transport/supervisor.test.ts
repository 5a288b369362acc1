import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { AuthenticationError, UsageError } from '../../src/base/errors.ts'
import type { SessionStart } from '../../src/executor/supervisor/messages.ts'
import { Supervisor, type SupervisorOptions } from '../../src/executor/supervisor/supervisor.ts'
import { connect, fetchObituary, type ConnectOptions } from '../../src/transport/connect.ts'
import type { WebSocketChannel } from '../../src/transport/web-socket-channel.ts'
import { isRunning } from './processes.ts'

const secret = 'the secret'
const open: WebSocketChannel[] = []
let supervisor: Supervisor
let workDir: string
let log: string[]
let onLog: (line: string) => void

beforeEach(async () => {
  workDir = await mkdtemp(join(tmpdir(), 'gridify-test-'))
  log = []
  onLog = () => {}
  await restart({})
})

afterEach(async () => {
  for (const channel of open.splice(0)) channel.close()
  supervisor.kill()
  await supervisor.drain(0)
  expect(await readdir(workDir)).toEqual([])
  await rm(workDir, { recursive: true })
})

async function restart(options: Partial<SupervisorOptions>): Promise<void> {
  await supervisor?.drain(0)
  supervisor = await Supervisor.start({
    secret,
    port: 0,
    cores: 2,
    memoryBytes: 2 ** 30,
    workDir,
    imports: ['/job/setup.mjs'],
    entry: new URL('fixtures/session.mjs', import.meta.url),
    log: (line) => {
      log.push(line)
      onLog(line)
    },
    ...options,
  })
}

async function dial(session: string, options: Partial<ConnectOptions> = {}): Promise<WebSocketChannel> {
  const channel = await connect(supervisor.url, { secret, session, purpose: 'control', ...options })
  open.push(channel)
  return channel
}

interface Who {
  pid: number
  purpose: string
  peerExecutor: string | undefined
  start: SessionStart
  hasFolder: boolean
}

/** One message there, and one back. */
function ask<T>(channel: WebSocketChannel, message: object): Promise<T> {
  const answers = answersOf(channel)
  channel.send(message)
  return new Promise((resolve) => answers.push(resolve as (message: unknown) => void))
}

const answersByChannel = new WeakMap<WebSocketChannel, ((message: unknown) => void)[]>()
function answersOf(channel: WebSocketChannel): ((message: unknown) => void)[] {
  let answers = answersByChannel.get(channel)
  if (!answers) {
    const waiting: ((message: unknown) => void)[] = (answers = [])
    answersByChannel.set(channel, answers)
    channel.onMessage((message) => waiting.shift()?.(message))
  }
  return answers
}

const who = (channel: WebSocketChannel) => ask<Who>(channel, { type: 'who' })

test('each session has a process of its own, which its data channels reach too', async () => {
  const first = await who(await dial('s1'))
  const second = await who(await dial('s2'))
  const data = await who(await dial('s1', { purpose: 'data' }))
  expect(first.pid).not.toBe(process.pid)
  expect(second.pid).not.toBe(first.pid)
  expect(data).toMatchObject({ pid: first.pid, purpose: 'data', peerExecutor: undefined })
  expect(first.start).toEqual({
    type: 'start',
    session: 's1',
    cores: 2,
    memoryBytes: 2 ** 30,
    heapBytes: undefined,
    workDir: expect.stringMatching(new RegExp(`/gridify-session-\\w{12}-${first.pid}-\\d+-\\w{8}$`)),
    root: undefined,
    imports: ['/job/setup.mjs'],
    name: supervisor.url,
    advertise: undefined,
    logLevel: 'info',
    ownsProcessGroup: process.platform !== 'win32',
  })
  expect(first.hasFolder).toBe(true)
  // Two sessions that run at once have half of the memory each.
  expect(second.start.memoryBytes).toBe(2 ** 29)
})

test('blocks of 5 MiB pass the handed-over socket in both directions', async () => {
  const channel = await dial('s1')
  const value = Uint8Array.from({ length: 5 << 20 }, (_, index) => index % 253)
  for (let round = 0; round < 3; round++) {
    const back = await ask<Uint8Array>(channel, { type: 'echo', value })
    expect(Buffer.compare(back, value)).toBe(0)
  }
})

test('peers come in with the session’s key only', async () => {
  const control = await dial('s1')
  const peer = { purpose: 'peer', executor: 'ws://b:1' } as const
  await expect(dial('s1', { ...peer, secret: 'the key' })).rejects.toThrow('there is no session s1')
  await ask(control, { type: 'set-key', key: 'the key' })
  const channel = await dial('s1', { ...peer, secret: 'the key' })
  expect(await who(channel)).toMatchObject({ purpose: 'peer', peerExecutor: 'ws://b:1' })
  await expect(dial('s1', peer)).rejects.toThrow(AuthenticationError)
  await expect(dial('s1', { secret: 'the key' })).rejects.toThrow(AuthenticationError)
  await expect(dial('s2', { ...peer, secret: 'the key' })).rejects.toThrow('there is no session s2')
})

test('a data channel does not start a session', async () => {
  await expect(dial('s1', { purpose: 'data' })).rejects.toThrow(
    `the executor at ${supervisor.url} refused the connection: there is no session s1`,
  )
})

test('how a session ended is told to its driver, and nothing of it is left', async () => {
  const channel = await dial('s1')
  const { pid, start } = await who(channel)
  const { pid: grandchild } = await ask<{ pid: number }>(channel, { type: 'start-child' })
  expect(await fetchObituary(supervisor.url, secret, 'unknown')).toBe(undefined)
  process.kill(pid, 'SIGKILL')
  await channel.closed
  expect(await fetchObituary(supervisor.url, secret, 's1')).toEqual({
    exitCode: null,
    signal: 'SIGKILL',
    lastRssBytes: expect.any(Number),
    at: expect.any(Number),
  })
  expect(existsSync(start.workDir)).toBe(false)
  await expect.poll(() => isRunning(grandchild)).toBe(false)
  expect(log).toEqual(['session s1 ended with signal SIGKILL'])
})

test('an exit code is told, and the same session can start again', async () => {
  const channel = await dial('s1')
  channel.send({ type: 'crash', code: 7 })
  await channel.closed
  expect(await fetchObituary(supervisor.url, secret, 's1')).toMatchObject({ exitCode: 7, signal: null })
  expect(await who(await dial('s1'))).toMatchObject({ purpose: 'control' })
})

test('a process that wants to end but has a thread in a blocking call is killed', async () => {
  const channel = await dial('s1')
  const blocked = new Promise<void>((resolve) => (onLog = () => resolve()))
  channel.send({ type: 'block-a-thread' })
  await blocked
  channel.send({ type: 'exit', code: 0 })
  await channel.closed
  expect(await fetchObituary(supervisor.url, secret, 's1')).toMatchObject({ signal: 'SIGKILL' })
})

test('a process that does not answer is killed when draining takes too long', async () => {
  const channel = await dial('s1', { heartbeatMs: 100, silenceMs: 60_000 })
  await ask(channel, { type: 'hang' })
  const drained = supervisor.drain(200)
  expect((await channel.closed).reason).not.toBe('')
  await drained
})

test('what a session prints reaches the log line by line', async () => {
  const channel = await dial('s1')
  const lines = new Promise<void>((resolve) => (onLog = () => void (log.length === 2 && resolve())))
  channel.send({ type: 'print', text: 'one\ntwo\n' })
  await lines
  expect(log).toEqual(['[s1] one', '[s1] two'])
})

test('a stopped process is noticed by its silence', async () => {
  const channel = await dial('s1', { heartbeatMs: 100, silenceMs: 500 })
  const { pid } = await who(channel)
  process.kill(pid, 'SIGSTOP')
  expect(await channel.closed).toEqual({ reason: 'no heartbeat for 0.5 s' })
})

test('draining lets sessions finish and takes no new ones', async () => {
  const channel = await dial('s1')
  await who(channel)
  const told = new Promise((resolve) => answersOf(channel).push(resolve))
  const drained = supervisor.drain(60_000)
  expect(await told).toBe('draining')
  await expect(dial('s2')).rejects.toThrow('the executor is shutting down')
  expect(await ask(await dial('s1', { purpose: 'data' }), { type: 'echo', value: 1 })).toBe(1)
  channel.send({ type: 'exit', code: 0 })
  await drained
  await expect(dial('s3')).rejects.toThrow('connection refused')
})

test('with TLS the sessions get their channels all the same', async () => {
  const [cert, key] = await Promise.all(
    ['cert', 'key'].map((part) => readFile(new URL(`fixtures/localhost-${part}.pem`, import.meta.url))),
  )
  await restart({ tls: { cert: cert!, key: key! } })
  expect(supervisor.url).toMatch(/^wss:/)
  await expect(dial('s1')).rejects.toThrow(
    `the certificate of the executor at ${supervisor.url} is not accepted (self-signed certificate): name the file of its authority in tlsCaFile of createContext()`,
  )
  const wrong = { secret, session: 's1', purpose: 'control' } as const
  await expect(connect(supervisor.url.replace('wss', 'ws'), wrong)).rejects.toThrow(
    'or check the address; one that was started with --tls-cert is wss://',
  )
  const channel = await dial('s1', { ca: cert })
  const value = Uint8Array.from({ length: 5 << 20 }, (_, index) => index % 253)
  const back = await ask<Uint8Array>(channel, { type: 'echo', value })
  expect(Buffer.compare(back, value)).toBe(0)
  expect(channel.bytesReceived).toBeGreaterThan(5 << 20)
  channel.send({ type: 'crash', code: 1 })
  await channel.closed
  expect(await fetchObituary(supervisor.url, secret, 's1', { ca: cert })).toMatchObject({ exitCode: 1 })
})

test('a wss:// address without TLS behind it names the other scheme', async () => {
  const wrong = { secret, session: 's1', purpose: 'control' } as const
  await expect(connect(supervisor.url.replace('ws', 'wss'), wrong)).rejects.toThrow(
    'or check the address; one that was started without --tls-cert is ws://',
  )
})

test('an address that others can reach needs TLS or the user’s word', async () => {
  await expect(restart({ host: '0.0.0.0' })).rejects.toThrow(UsageError)
  await expect(restart({ host: '0.0.0.0' })).rejects.toThrow(
    'give --tls-cert and --tls-key, or --insecure on a network that you trust',
  )
  await restart({ host: '0.0.0.0', insecure: true })
  expect(log).toEqual(['warning: 0.0.0.0 can be reached from other machines, and nothing that is sent is encrypted'])
})

test('a port that is taken is told', async () => {
  const { port } = supervisor
  const taken = Supervisor.start({ secret, port, cores: 1, memoryBytes: 1, workDir })
  await expect(taken).rejects.toThrow(
    `port ${port} of 127.0.0.1 is taken: stop the process that has it, or choose another with --port`,
  )
})

test('a busy daemon loses no first frame of a channel that it hands to a session', async () => {
  const control = await dial('busy')
  await ask(control, { type: 'echo', value: 'ready' })
  const program = new URL('fixtures/first-frames.mjs', import.meta.url)
  const client = fork(program, [supervisor.url, secret, 'busy', '150'], { execArgv: [] })
  let isDone = false
  const spin = () => {
    for (const end = performance.now() + 1; performance.now() < end;);
    if (!isDone) setImmediate(spin)
  }
  spin()
  try {
    expect(await once(client, 'message')).toEqual([{ unheard: 0 }, undefined])
  } finally {
    isDone = true
    client.kill()
  }
})
