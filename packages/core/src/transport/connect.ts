/** The client's half of the handshake: dials an executor, proves itself both ways, and gives a channel. */

import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Socket } from 'node:net'
import { WebSocket } from 'ws'
import * as z from 'zod/mini'
import { AbortedError, AuthenticationError, ClusterError, GridifyError, UsageError } from '../base/errors.ts'
import { productVersion, protocolVersion } from '../protocol/version.ts'
import {
  challengePath,
  channelPath,
  claimHeaders,
  createNonce,
  headerNames,
  isSessionId,
  obituaryPath,
  ownClaim,
  sameSignature,
  sign,
  type Purpose,
} from './handshake.ts'
import {
  webSocketChannel,
  webSocketLimits,
  type WebSocketChannel,
  type WebSocketChannelOptions,
} from './web-socket-channel.ts'

export interface DialOptions {
  /** The shared secret; for peers, the session's key. */
  readonly secret: string
  readonly session: string
  readonly timeoutMs?: number
  readonly signal?: AbortSignal | undefined
  /** The certificate authority of a wss: executor, in PEM, where it is not a public one. */
  readonly ca?: string | Buffer | undefined
}

export interface ConnectOptions extends DialOptions, Omit<WebSocketChannelOptions, 'connection'> {
  readonly purpose: Exclude<Purpose, 'obituary'>
  /** The caller's own executor id, where a peer dials. */
  readonly executor?: string
}

/** What is known of a session whose process ended. */
export interface Obituary {
  readonly exitCode: number | null
  readonly signal: string | null
  readonly lastRssBytes: number | null
  /** Milliseconds since 1970, on the executor's clock. */
  readonly at: number
}

const maxAnswerBytes = 64 * 1024

/** Rejects with AuthenticationError, ClusterError (nobody answers), UsageError (versions) or AbortedError. */
export async function connect(url: string, options: ConnectOptions): Promise<WebSocketChannel> {
  return dial(url, options, async (dialing) => {
    const headers = await dialing.prove(options.purpose, options.executor)
    return openChannel(dialing, headers, options)
  })
}

/** Undefined while the session lives, or where the executor knows nothing of it. */
export async function fetchObituary(
  url: string,
  secret: string,
  session: string,
  options?: Partial<DialOptions>,
): Promise<Obituary | undefined> {
  return dial(url, { ...options, secret, session }, async (dialing) => {
    const headers = await dialing.prove('obituary')
    const answer = await dialing.get(obituaryPath, headers)
    const { obituary } = dialing.parse(obituarySchema, answer)
    return obituary ?? undefined
  })
}

const challengeSchema = z.object({
  serverNonce: z.string().check(z.maxLength(128)),
  signature: z.string().check(z.maxLength(128)),
})
const obituarySchema = z.object({
  obituary: z.nullable(
    z.object({
      exitCode: z.nullable(z.number()),
      signal: z.nullable(z.string()),
      lastRssBytes: z.nullable(z.number()),
      at: z.number(),
    }),
  ),
})
const mismatchSchema = z.object({ protocol: z.number(), version: z.string().check(z.maxLength(64)) })
const refusalSchema = z.object({ error: z.string().check(z.maxLength(1000)) })

interface Answer {
  readonly status: number
  readonly body: string
}

async function dial<T>(url: string, options: DialOptions, talk: (dialing: Dialing) => Promise<T>): Promise<T> {
  const dialing = new Dialing(url, options)
  try {
    return await talk(dialing)
  } catch (error) {
    throw dialing.explain(error)
  }
}

/** One attempt to reach an executor, and the words for how it can fail. */
class Dialing {
  readonly url: string
  readonly signal: AbortSignal
  readonly ca: string | Buffer | undefined
  readonly #base: URL
  readonly #options: DialOptions
  readonly #timeout: AbortSignal
  readonly #timeoutMs: number

  constructor(url: string, options: DialOptions) {
    this.url = url
    this.#options = options
    this.#base = parseUrl(url)
    this.ca = options.ca
    if (!isSessionId(options.session)) throw new UsageError(`${JSON.stringify(options.session)} is no session id`)
    this.#timeoutMs = options.timeoutMs ?? 10_000
    this.#timeout = AbortSignal.timeout(this.#timeoutMs)
    this.signal = options.signal ? AbortSignal.any([options.signal, this.#timeout]) : this.#timeout
  }

  address(path: string, protocol: 'http' | 'ws'): URL {
    const address = new URL(this.#base)
    address.pathname = address.pathname.replace(/\/$/, '') + path
    address.protocol = protocol + (this.#base.protocol === 'wss:' ? 's:' : ':')
    return address
  }

  /** Learns that the executor knows the secret, and returns the headers that prove the same of us. */
  async prove(purpose: Purpose, executor?: string): Promise<Record<string, string>> {
    const { secret, session } = this.#options
    const claim = ownClaim(session, purpose, executor)
    const clientNonce = createNonce()
    const headers = { ...claimHeaders(claim, clientNonce), [headerNames.version]: productVersion }
    const { serverNonce, signature } = this.parse(challengeSchema, await this.get(challengePath, headers))
    if (!sameSignature(signature, sign(secret, 'server', claim, clientNonce, serverNonce))) throw this.wrongSecret()
    return {
      ...headers,
      [headerNames.serverNonce]: serverNonce,
      [headerNames.signature]: sign(secret, 'client', claim, clientNonce, serverNonce),
    }
  }

  async get(path: string, headers: Record<string, string>): Promise<Answer> {
    const request = this.#base.protocol === 'wss:' ? httpsRequest : httpRequest
    const answer = await new Promise<Answer>((resolve, reject) => {
      const sent = request(
        this.address(path, 'http'),
        {
          headers,
          agent: false,
          signal: this.signal,
          maxHeaderSize: maxAnswerBytes,
          ...(this.ca ? { ca: this.ca } : {}),
        },
        (response) => void readAnswer(response).then(resolve, reject),
      )
      sent.on('error', reject)
      sent.end()
    })
    if (answer.status !== 200) throw this.refused(answer)
    return answer
  }

  parse<T>(schema: z.ZodMiniType<T>, answer: Answer): T {
    const parsed = parseBody(schema, answer.body)
    if (parsed === undefined) throw this.#stranger(`it answered HTTP ${answer.status}`)
    return parsed
  }

  refused({ status, body }: Answer): GridifyError {
    const mismatch = status === 426 ? parseBody(mismatchSchema, body) : undefined
    if (mismatch)
      return new UsageError(
        `the executor at ${this.url} runs gridify ${mismatch.version} (protocol ${mismatch.protocol}), this process runs ` +
          `${productVersion} (protocol ${protocolVersion}): install the same version on both sides`,
      )
    const reason = parseBody(refusalSchema, body)?.error
    if (status === 401 && reason) return this.wrongSecret()
    if (!reason) return this.#stranger(`it answered HTTP ${status}`)
    return new ClusterError(`the executor at ${this.url} refused the connection: ${reason}`, { code: 'REFUSED' })
  }

  wrongSecret(): AuthenticationError {
    return new AuthenticationError(
      `the executor at ${this.url} refused the secret: both sides must use the same secret file ` +
        '(secretFile or GRIDIFY_SECRET_FILE here, --secret-file there; without one, ~/.gridify/secret on one machine)',
    )
  }

  /** What failed, in the user's words; `error` itself stays as the cause. */
  explain(error: unknown): GridifyError {
    if (error instanceof GridifyError) return error
    if (this.#options.signal?.aborted)
      return new AbortedError(`connecting to ${this.url} was aborted`, { cause: this.#options.signal.reason })
    const { code = '', message } = error as NodeJS.ErrnoException
    if (code.startsWith('HPE_')) return this.#stranger('it does not speak HTTP')
    const certificate = certificateCure(code)
    if (certificate)
      return new ClusterError(
        `the certificate of the executor at ${this.url} is not accepted (${message}): ${certificate}`,
        { cause: error, code: 'UNREACHABLE' },
      )
    const reason = this.#timeout.aborted ? `no answer in ${this.#timeoutMs / 1000} s` : (failureTexts[code] ?? message)
    const port = this.#base.port || (this.#base.protocol === 'wss:' ? '443' : '80')
    return new ClusterError(
      `no executor answers at ${this.url} (${reason}): start one with \`executor --port ${port}\`, or check the address${schemeCure(code, this.#base.protocol)}`,
      { cause: error, code: 'UNREACHABLE' },
    )
  }

  #stranger(evidence: string): ClusterError {
    return new ClusterError(`what answers at ${this.url} is no gridify executor (${evidence}): check the address`, {
      code: 'UNREACHABLE',
    })
  }
}

const failureTexts: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ENOTFOUND: 'unknown host',
  EAI_AGAIN: 'the name could not be looked up',
  EPIPE: 'connection closed',
  EPROTO: 'no TLS connection could be made',
  ETIMEDOUT: 'connection timed out',
}

/** The wrong one of ws:// and wss:// looks like a broken connection from here. */
function schemeCure(code: string, protocol: string): string {
  if (code === 'ECONNRESET' && protocol === 'ws:') return '; one that was started with --tls-cert is wss://'
  if (code === 'EPROTO') return '; one that was started without --tls-cert is ws://'
  return ''
}

function certificateCure(code: string): string | undefined {
  if (/^(SELF_SIGNED_|DEPTH_ZERO_SELF_SIGNED_|UNABLE_TO_(GET|VERIFY)_)/.test(code))
    return 'name the file of its authority in tlsCaFile of createContext()'
  if (/^(CERT_|ERR_TLS_CERT_)/.test(code)) return 'give the executor one that is valid now and for this address'
  return undefined
}

function openChannel(
  dialing: Dialing,
  headers: Record<string, string>,
  options: ConnectOptions,
): Promise<WebSocketChannel> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(dialing.address(channelPath, 'ws'), {
      ...webSocketLimits,
      headers,
      // Masks keep web pages from speaking HTTP to old proxies through a browser; none is here, and they cost 4/5 of the speed.
      generateMask: (mask) => void mask.fill(0),
      ...(dialing.ca ? { ca: dialing.ca } : {}),
    })
    let connection: Socket | undefined
    const abort = () => socket.terminate()
    const settle = () => dialing.signal.removeEventListener('abort', abort)
    dialing.signal.addEventListener('abort', abort, { once: true })
    socket.once('upgrade', (response) => (connection = response.socket))
    socket.once('unexpected-response', (_request, response) => {
      settle()
      readAnswer(response).then((answer) => reject(dialing.refused(answer)), reject)
    })
    const fail = (error: Error) => {
      settle()
      reject(error)
    }
    socket.on('error', fail)
    socket.once('open', () => {
      settle()
      socket.off('error', fail)
      resolve(webSocketChannel(socket, { ...options, connection: connection! }))
    })
    if (dialing.signal.aborted) abort()
  })
}

async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response) {
    chunks.push(chunk as Buffer)
    bytes += (chunk as Buffer).byteLength
    if (bytes > maxAnswerBytes) {
      response.destroy()
      return { status: response.statusCode ?? 0, body: '' }
    }
  }
  return { status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }
}

function parseBody<T>(schema: z.ZodMiniType<T>, body: string): T | undefined {
  try {
    return schema.parse(JSON.parse(body))
  } catch {
    return undefined
  }
}

/** @throws UsageError for what is no ws:// or wss:// address. */
export function parseUrl(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed?.protocol !== 'ws:' && parsed?.protocol !== 'wss:')
    throw new UsageError(`${JSON.stringify(url)} is no executor's address: write it as ws://host:port`)
  return parsed
}
