/** The server's half of the handshake: an HTTP server that lets through only those who know the secret. */

import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { systemClock, type Clock } from '../base/clock.ts'
import { UsageError } from '../base/errors.ts'
import { productVersion, protocolVersion } from '../protocol/version.ts'
import {
  challengePath,
  channelPath,
  headerNames,
  obituaryPath,
  readClaim,
  readProtocol,
  sameSignature,
  ServerNonces,
  sign,
  type Claim,
} from './handshake.ts'

/** A refused request: its HTTP status and a sentence for whoever made it. */
export interface Refusal {
  readonly status: 400 | 401 | 403 | 404 | 426 | 503
  readonly error: string
}

/** An authenticated connection on which the WebSocket handshake is still to be answered. */
export interface Upgrade {
  readonly claim: Claim
  /** The headers that the WebSocket answer needs, and `host`, the address that was dialed. */
  readonly headers: Readonly<Record<string, string>>
  readonly socket: Socket
  readonly head: Buffer
}

export interface ListenOptions {
  readonly host: string
  readonly port: number
  readonly tls?: { readonly cert: string | Buffer; readonly key: string | Buffer } | undefined
  /** What proves a claim: the executor's secret, or a session's key; undefined where there is no such session. */
  secretFor(claim: Claim): string | undefined
  /** Called for a claim that has been proved. */
  refusalOf(claim: Claim): Refusal | undefined
  onUpgrade(upgrade: Upgrade): void
  /** Answers an authenticated question with JSON. */
  answer(claim: Claim): Promise<unknown>
  readonly clock?: Clock
  /** How long a connection may take until it has proved itself. */
  readonly authenticationMs?: number
}

export interface Listener {
  readonly port: number
  /** Stops listening and drops the connections that nobody has taken over. */
  close(): void
}

const maxHeaderBytes = 8 * 1024
/** Connections that have not proved themselves yet; more are dropped, so that strangers take bounded memory. */
const maxStrangers = 512
const upgradeHeaders = ['host', 'upgrade', 'connection', 'sec-websocket-key', 'sec-websocket-version'] as const

export async function listen(options: ListenOptions): Promise<Listener> {
  const gate = new Gate(options)
  const httpOptions = { maxHeaderSize: maxHeaderBytes, keepAlive: false }
  const server: Server = options.tls
    ? createHttpsServer({ ...httpOptions, ...options.tls })
    : createHttpServer(httpOptions)
  server.on('connection', (socket: Socket) => gate.watch(socket))
  server.on('request', (request, response) => gate.respond(request, response))
  server.on('upgrade', (request, socket, head) => gate.upgrade(request, socket, head))
  server.on('clientError', (_error, socket) => {
    if (socket.writable) refuseSocket(socket, { status: 400, error: 'this is no HTTP request' })
    else socket.destroy()
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(explainListenError(cause, options)))
    server.listen(options.port, options.host, () => resolve())
  })
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      gate.close()
      // Its callback is not waited for: it never comes once a process that was handed a socket has exited.
      server.close()
      server.closeAllConnections()
    },
  }
}

class Gate {
  readonly #options: ListenOptions
  readonly #clock: Clock
  readonly #nonces = new ServerNonces()
  /** By remote address, since a TLS socket is another object than the socket below it. */
  readonly #strangers = new Map<string, { socket: Socket; stopTimer: () => void }>()

  constructor(options: ListenOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
  }

  /** Gives a new connection a deadline, which proving itself lifts. */
  watch(socket: Socket): void {
    if (this.#strangers.size >= maxStrangers) {
      socket.destroy()
      return
    }
    const key = addressOf(socket)
    const stopTimer = this.#clock.after(this.#options.authenticationMs ?? 5000, () => {
      if (this.#options.tls) socket.destroy()
      else socket.end('HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n', () => socket.destroy())
    })
    this.#strangers.set(key, { socket, stopTimer })
    socket.once('close', () => {
      stopTimer()
      if (this.#strangers.get(key)?.socket === socket) this.#strangers.delete(key)
    })
  }

  respond(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url
    response.setHeader('Connection', 'close')
    if (request.method !== 'GET' || (path !== challengePath && path !== obituaryPath)) {
      const error = path === channelPath ? 'a channel is a WebSocket' : 'there is nothing here'
      sendJson(response, path === channelPath ? 426 : 404, { error })
      return
    }
    if (path === challengePath) {
      const judged = this.#readClaim(request)
      if ('status' in judged) sendRefusal(response, judged)
      else {
        const { claim, clientNonce, secret } = judged
        const serverNonce = this.#nonces.issue(this.#clock.now(), claim, clientNonce)
        const signature = sign(secret, 'server', claim, clientNonce, serverNonce)
        sendJson(response, 200, { serverNonce, signature, protocol: protocolVersion, version: productVersion })
      }
      return
    }
    const judged = this.#authenticate(request)
    if ('status' in judged) sendRefusal(response, judged)
    else if (judged.purpose !== 'obituary')
      sendRefusal(response, { status: 400, error: 'the claim is for something else' })
    else {
      this.#trust(request.socket)
      this.#options.answer(judged).then(
        (answer) => sendJson(response, 200, answer),
        () => response.destroy(),
      )
    }
  }

  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    const socket = stream as Socket
    // A client that goes away meanwhile is no news to anybody.
    socket.on('error', () => socket.destroy())
    const claim = this.#judgeUpgrade(request)
    if ('status' in claim) {
      refuseSocket(socket, claim)
      return
    }
    this.#trust(socket)
    const headers: Record<string, string> = {}
    for (const name of upgradeHeaders) headers[name] = String(request.headers[name] ?? '')
    this.#options.onUpgrade({ claim, headers, socket, head })
  }

  close(): void {
    for (const { socket, stopTimer } of this.#strangers.values()) {
      stopTimer()
      socket.destroy()
    }
  }

  #judgeUpgrade(request: IncomingMessage): Claim | Refusal {
    if (request.url !== channelPath) return { status: 404, error: 'there is nothing here' }
    const claim = this.#authenticate(request)
    if ('status' in claim) return claim
    if (claim.purpose === 'obituary') return { status: 400, error: 'the claim is for something else' }
    return this.#options.refusalOf(claim) ?? claim
  }

  #readClaim(request: IncomingMessage): { claim: Claim; clientNonce: string; secret: string } | Refusal {
    if (request.headers.origin !== undefined) return { status: 403, error: 'requests from web pages are refused' }
    const protocol = readProtocol(request.headers)
    if (protocol === undefined) return { status: 400, error: 'this is no gridify client' }
    if (protocol !== protocolVersion)
      return {
        status: 426,
        error: `this executor runs gridify ${productVersion} (protocol ${protocolVersion}), the client speaks protocol ${protocol}`,
      }
    const read = readClaim(request.headers)
    if (!read) return { status: 400, error: 'a gridify header is missing or malformed' }
    const secret = this.#options.secretFor(read.claim)
    if (secret === undefined) return { status: 404, error: `there is no session ${read.claim.session}` }
    return { ...read, secret }
  }

  #authenticate(request: IncomingMessage): Claim | Refusal {
    const judged = this.#readClaim(request)
    if ('status' in judged) return judged
    const { claim, clientNonce, secret } = judged
    const serverNonce = String(request.headers[headerNames.serverNonce] ?? '')
    const signature = String(request.headers[headerNames.signature] ?? '')
    const isProved =
      this.#nonces.isValid(this.#clock.now(), serverNonce, claim, clientNonce) &&
      sameSignature(signature, sign(secret, 'client', claim, clientNonce, serverNonce))
    if (!isProved) return { status: 401, error: 'the signature is wrong, or its challenge is too old or used up' }
    this.#nonces.use(this.#clock.now(), serverNonce)
    return claim
  }

  #trust(socket: Socket): void {
    const key = addressOf(socket)
    this.#strangers.get(key)?.stopTimer()
    this.#strangers.delete(key)
  }
}

function addressOf(socket: Socket): string {
  return `${socket.remoteAddress}:${socket.remotePort}`
}

const statusTexts: Record<Refusal['status'], string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  426: 'Upgrade Required',
  503: 'Service Unavailable',
}

/** Both versions of the refusing side go with every refusal, for the client's message. */
function refusalBody(refusal: Refusal): object {
  return refusal.status === 426
    ? { error: refusal.error, protocol: protocolVersion, version: productVersion }
    : { error: refusal.error }
}

function sendRefusal(response: ServerResponse, refusal: Refusal): void {
  sendJson(response, refusal.status, refusalBody(refusal))
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' })
  response.end(JSON.stringify(body))
}

export function refuseSocket(socket: Duplex, refusal: Refusal): void {
  const body = JSON.stringify(refusalBody(refusal))
  socket.end(
    `HTTP/1.1 ${refusal.status} ${statusTexts[refusal.status]}\r\nConnection: close\r\n` +
      `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    () => socket.destroy(),
  )
}

function explainListenError(cause: NodeJS.ErrnoException, { host, port }: ListenOptions): UsageError {
  const place = `port ${port} of ${host}`
  if (cause.code === 'EADDRINUSE')
    return new UsageError(
      `${place} is taken: stop the process that has it, or choose another with --port (0 picks a free one)`,
      { cause },
    )
  if (cause.code === 'EACCES')
    return new UsageError(`${place} may not be used by this user: choose one above 1023 with --port`, { cause })
  if (cause.code === 'EADDRNOTAVAIL' || cause.code === 'ENOTFOUND')
    return new UsageError(`${host} is no address of this machine: choose another with --host`, { cause })
  return new UsageError(`cannot listen on ${place}: ${cause.message}`, { cause })
}
