import { createServer as createHttpServer, request } from 'node:http'
import { connect as tcpConnect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { AbortedError, AuthenticationError, ClusterError, UsageError } from '../../src/base/errors.ts'
import { productVersion, protocolVersion } from '../../src/protocol/version.ts'
import { connect, fetchObituary } from '../../src/transport/connect.ts'
import { claimHeaders, createNonce, headerNames, ownClaim, ServerNonces, sign } from '../../src/transport/handshake.ts'
import { startListener } from './echo-listener.ts'
import packageJson from '../../package.json' with { type: 'json' }

const control = { secret: 'the secret', session: 's1', purpose: 'control' } as const
const upgrade = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Key': Buffer.alloc(16, 1).toString('base64'),
  'Sec-WebSocket-Version': '13',
}

/** A request by hand; the status is 101 where the upgrade was accepted. */
function ask(port: number, path: string, headers: Record<string, string>): Promise<{ status: number; body: any }> {
  return new Promise((resolve, reject) => {
    const sent = request({ port, path, headers, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () =>
        resolve({ status: response.statusCode!, body: JSON.parse(Buffer.concat(chunks).toString()) }),
      )
    })
    sent.on('upgrade', (response, socket) => {
      socket.destroy()
      resolve({ status: response.statusCode!, body: undefined })
    })
    sent.on('error', reject)
    sent.end()
  })
}

/** Headers that prove the secret, from a fresh challenge. */
async function proof(port: number, secret = 'the secret'): Promise<Record<string, string>> {
  const claim = ownClaim('s1', 'control')
  const clientNonce = createNonce()
  const headers = claimHeaders(claim, clientNonce)
  const { body } = await ask(port, '/gridify/challenge', headers)
  const signature = sign(secret, 'client', claim, clientNonce, body.serverNonce)
  return { ...headers, [headerNames.serverNonce]: body.serverNonce, [headerNames.signature]: signature }
}

/** All that comes back for raw bytes, until the connection ends. */
function sendRaw(port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    const socket = tcpConnect(port, '127.0.0.1', () => socket.write(bytes))
    socket.on('data', (chunk) => (text += chunk.toString()))
    socket.on('error', () => {})
    socket.on('close', () => resolve(text))
  })
}

test('the product version is that of package.json', () => {
  expect(productVersion).toBe(packageJson.version)
})

test('the listener learns the proven claim', async () => {
  await using listener = await startListener()
  await connect(listener.url, { ...control, session: 'abc.1', purpose: 'peer', executor: 'ws://10.0.0.5:7077' })
  const { claim } = await listener.nextChannel()
  expect(claim).toEqual({
    protocol: protocolVersion,
    session: 'abc.1',
    purpose: 'peer',
    executor: 'ws://10.0.0.5:7077',
  })
})

test('a client with another secret gets an AuthenticationError that names the cure', async () => {
  await using listener = await startListener()
  const refused = connect(listener.url, { ...control, secret: 'another' })
  await expect(refused).rejects.toThrow(AuthenticationError)
  await expect(refused).rejects.toThrow(
    `the executor at ${listener.url} refused the secret: both sides must use the same secret file (secretFile or ` +
      'GRIDIFY_SECRET_FILE here, --secret-file there; without one, ~/.gridify/secret on one machine)',
  )
})

test('a wrong signature is refused', async () => {
  await using listener = await startListener()
  const headers = await proof(listener.port, 'another')
  expect(await ask(listener.port, '/gridify/channel', { ...headers, ...upgrade })).toEqual({
    status: 401,
    body: { error: 'the signature is wrong, or its challenge is too old or used up' },
  })
})

test('a signature is good for one channel, one session and one purpose', async () => {
  await using listener = await startListener()
  const headers = await proof(listener.port)
  expect(
    (await ask(listener.port, '/gridify/channel', { ...headers, ...upgrade, [headerNames.session]: 's2' })).status,
  ).toBe(401)
  expect(
    (await ask(listener.port, '/gridify/channel', { ...headers, ...upgrade, [headerNames.purpose]: 'data' })).status,
  ).toBe(401)
  expect((await ask(listener.port, '/gridify/channel', { ...headers, ...upgrade })).status).toBe(101)
  expect((await ask(listener.port, '/gridify/channel', { ...headers, ...upgrade })).status).toBe(401)
})

test('nonces expire after 10 s and are accepted from their own issuer only', () => {
  const claim = ownClaim('s1', 'control')
  const nonces = new ServerNonces()
  const nonce = nonces.issue(5000, claim, 'c')
  expect(nonces.isValid(15_000, nonce, claim, 'c')).toBe(true)
  expect(nonces.isValid(15_001, nonce, claim, 'c')).toBe(false)
  expect(nonces.isValid(5000, nonce, claim, 'd')).toBe(false)
  expect(new ServerNonces().isValid(5000, nonce, claim, 'c')).toBe(false)
  nonces.use(5000, nonce)
  expect(nonces.isValid(5001, nonce, claim, 'c')).toBe(false)
})

test('requests from web pages are refused', async () => {
  await using listener = await startListener()
  const origin = { Origin: 'http://127.0.0.1' }
  const refusal = { status: 403, body: { error: 'requests from web pages are refused' } }
  expect(
    await ask(listener.port, '/gridify/challenge', {
      ...claimHeaders(ownClaim('s1', 'control'), createNonce()),
      ...origin,
    }),
  ).toEqual(refusal)
  expect(
    await ask(listener.port, '/gridify/channel', { ...(await proof(listener.port)), ...upgrade, ...origin }),
  ).toEqual(refusal)
})

test('another protocol version is refused with both versions', async () => {
  await using listener = await startListener()
  const headers = claimHeaders({ ...ownClaim('s1', 'control'), protocol: 7 }, createNonce())
  expect(await ask(listener.port, '/gridify/challenge', headers)).toEqual({
    status: 426,
    body: {
      error: `this executor runs gridify ${productVersion} (protocol 1), the client speaks protocol 7`,
      protocol: 1,
      version: productVersion,
    },
  })
})

test('a client that meets another protocol version says which versions met', async () => {
  const mismatch = JSON.stringify({ error: 'x', protocol: 9, version: '9.9.9' })
  await using server = await startStranger(
    createHttpServer((_request, response) => response.writeHead(426).end(mismatch)),
  )
  const refused = connect(server.url, control)
  await expect(refused).rejects.toThrow(UsageError)
  await expect(refused).rejects.toThrow(
    `the executor at ${server.url} runs gridify 9.9.9 (protocol 9), this process runs ${productVersion} (protocol 1): ` +
      'install the same version on both sides',
  )
})

test('bytes that are no HTTP, and headers that are too long, are refused', async () => {
  await using listener = await startListener()
  expect(await sendRaw(listener.port, '\x00\x01garbage\r\n\r\n')).toMatch(
    /^HTTP\/1\.1 400 Bad Request\r\n.*this is no HTTP request/s,
  )
  expect(await sendRaw(listener.port, `GET / HTTP/1.1\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 400/)
  expect(await sendRaw(listener.port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')).toMatch(/^HTTP\/1\.1 404/)
  expect((await ask(listener.port, '/gridify/challenge', {})).body).toEqual({ error: 'this is no gridify client' })
})

test('a connection that does not prove itself in time is dropped', async () => {
  await using listener = await startListener({ authenticationMs: 100 })
  expect(await sendRaw(listener.port, '')).toBe('HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n')
  expect(await sendRaw(listener.port, 'GET /gridify/challenge HTTP/1.1\r\nHost:')).toMatch('408')
  const client = await connect(listener.url, control)
  const { channel } = await listener.nextChannel()
  await sendRaw(listener.port, '')
  channel.send('still here')
  expect(await new Promise((resolve) => client.onMessage(resolve))).toBe('still here')
})

test('an unknown session, and a refusal, are told in words', async () => {
  await using listener = await startListener({ secretFor: () => undefined })
  await expect(connect(listener.url, control)).rejects.toThrow(
    `the executor at ${listener.url} refused the connection: there is no session s1`,
  )
  await using draining = await startListener({
    refusalOf: () => ({ status: 503, error: 'the executor is shutting down' }),
  })
  await expect(connect(draining.url, control)).rejects.toMatchObject({
    family: 'cluster',
    message: `the executor at ${draining.url} refused the connection: the executor is shutting down`,
  })
})

test('an address where nobody listens is told with the command that starts an executor', async () => {
  const listener = await startListener()
  await listener[Symbol.asyncDispose]()
  const refused = connect(listener.url, control)
  await expect(refused).rejects.toThrow(ClusterError)
  await expect(refused).rejects.toThrow(
    `no executor answers at ${listener.url} (connection refused): start one with \`executor --port ${listener.port}\`, or check the address`,
  )
})

test('somebody else at the address is told', async () => {
  await using other = await startStranger(createHttpServer((_request, response) => response.end('hello')))
  await expect(connect(other.url, control)).rejects.toThrow(
    `what answers at ${other.url} is no gridify executor (it answered HTTP 200): check the address`,
  )
  await using noHttp = await startStranger(createServer((socket) => socket.end('SSH-2.0\r\n')))
  await expect(connect(noHttp.url, control)).rejects.toThrow(
    `what answers at ${noHttp.url} is no gridify executor (it does not speak HTTP)`,
  )
  await using mute = await startStranger(createServer())
  await expect(connect(mute.url, { ...control, timeoutMs: 100 })).rejects.toThrow(
    `no executor answers at ${mute.url} (no answer in 0.1 s)`,
  )
})

test('an address that is none, and an abort, are told', async () => {
  await expect(connect('http://127.0.0.1:1', control)).rejects.toThrow(
    '"http://127.0.0.1:1" is no executor\'s address: write it as ws://host:port',
  )
  await using mute = await startStranger(createServer())
  const aborted = connect(mute.url, { ...control, signal: AbortSignal.abort() })
  await expect(aborted).rejects.toThrow(AbortedError)
})

test('an obituary is told to those who know the secret', async () => {
  const obituary = { exitCode: null, signal: 'SIGKILL', lastRssBytes: 5, at: 6 }
  await using listener = await startListener({
    answer: async (claim) => ({ obituary: claim.session === 'dead' ? obituary : null }),
  })
  expect(await fetchObituary(listener.url, 'the secret', 'dead')).toEqual(obituary)
  expect(await fetchObituary(listener.url, 'the secret', 'alive')).toBe(undefined)
  await expect(fetchObituary(listener.url, 'another', 'dead')).rejects.toThrow(AuthenticationError)
  expect((await ask(listener.port, '/gridify/obituary', await proof(listener.port))).status).toBe(400)
})

/** A server of other make than ours. */
async function startStranger(server: Server): Promise<{ url: string; [Symbol.asyncDispose](): Promise<void> }> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    socket.on('error', () => socket.destroy())
    sockets.add(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
