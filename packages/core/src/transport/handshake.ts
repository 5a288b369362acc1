/**
 * How two parties prove to each other that they know a secret, before a single frame is parsed. All of it happens in
 * HTTP, so that the socket can be handed to another process afterwards.
 *
 *   client: GET /gridify/challenge with its nonce      server: its nonce, HMAC('server', claim, nonces)
 *   client: GET (upgrade) with both nonces, HMAC('client', claim, nonces)      server: 101, or a refusal
 *
 * This file is the arithmetic: no sockets, and time comes in as a number.
 */

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { protocolVersion } from '../protocol/version.ts'

/** A driver's control or data channel, another executor's channel for blocks, or a question about a dead session. */
export type Purpose = 'control' | 'data' | 'peer' | 'obituary'

const purposes: readonly string[] = ['control', 'data', 'peer', 'obituary'] satisfies Purpose[]

/** What a client asks for; each word of it is under the signature. */
export interface Claim {
  readonly protocol: number
  readonly session: string
  readonly purpose: Purpose
  /** A peer's own executor id; empty for drivers. */
  readonly executor: string
}

export const challengePath = '/gridify/challenge'
export const channelPath = '/gridify/channel'
export const obituaryPath = '/gridify/obituary'

export const headerNames = {
  protocol: 'gridify-protocol',
  version: 'gridify-version',
  session: 'gridify-session',
  purpose: 'gridify-purpose',
  executor: 'gridify-executor',
  clientNonce: 'gridify-client-nonce',
  serverNonce: 'gridify-server-nonce',
  signature: 'gridify-signature',
} as const

const noncePattern = /^[\w-]{22,128}$/
const sessionPattern = /^[\w.-]{1,128}$/
const executorPattern = /^[\x21-\x7e]{0,256}$/
const nonceLifeMs = 10_000

export function createNonce(): string {
  return randomBytes(24).toString('base64url')
}

/** `side` keeps one party's proof from being sent back to it as the other's. */
export function sign(
  secret: string,
  side: 'server' | 'client',
  claim: Claim,
  clientNonce: string,
  serverNonce: string,
): string {
  const role = claim.purpose === 'peer' ? 'executor' : 'driver'
  const signed = [
    'gridify',
    side,
    claim.protocol,
    role,
    claim.session,
    claim.purpose,
    claim.executor,
    clientNonce,
    serverNonce,
  ]
  return createHmac('sha256', secret).update(JSON.stringify(signed)).digest('base64url')
}

/** Compares in a time that does not depend on where they differ. */
export function sameSignature(left: string, right: string): boolean {
  const a = Buffer.from(left)
  const b = Buffer.from(right)
  return a.byteLength === b.byteLength && timingSafeEqual(a, b)
}

export function claimHeaders(claim: Claim, clientNonce: string): Record<string, string> {
  return {
    [headerNames.protocol]: String(claim.protocol),
    [headerNames.session]: claim.session,
    [headerNames.purpose]: claim.purpose,
    [headerNames.executor]: claim.executor,
    [headerNames.clientNonce]: clientNonce,
  }
}

/** The protocol number alone, so that a version mismatch is told before anything else is judged. */
export function readProtocol(headers: IncomingHttpHeaders): number | undefined {
  const text = headers[headerNames.protocol]
  return typeof text === 'string' && /^\d{1,9}$/.test(text) ? Number(text) : undefined
}

/** Undefined where a header is missing, repeated or malformed. */
export function readClaim(headers: IncomingHttpHeaders): { claim: Claim; clientNonce: string } | undefined {
  const text = (name: string) => {
    const value = headers[name]
    return typeof value === 'string' ? value : ''
  }
  const protocol = readProtocol(headers)
  const session = text(headerNames.session)
  const purpose = text(headerNames.purpose)
  const executor = text(headerNames.executor)
  const clientNonce = text(headerNames.clientNonce)
  if (protocol === undefined || !sessionPattern.test(session) || !purposes.includes(purpose)) return undefined
  if (!noncePattern.test(clientNonce) || !executorPattern.test(executor)) return undefined
  return { claim: { protocol, session, purpose: purpose as Purpose, executor }, clientNonce }
}

/** Session ids are file names and header values too. */
export function isSessionId(session: string): boolean {
  return sessionPattern.test(session)
}

/**
 * A server's nonces. Each carries its own expiry under a key of this process, so that unanswered challenges cost no
 * memory; those that were answered are kept until they expire, so that none is accepted twice.
 */
export class ServerNonces {
  readonly #key = randomBytes(32)
  readonly #used = new Map<string, number>()

  issue(now: number, claim: Claim, clientNonce: string): string {
    const body = `${randomBytes(18).toString('base64url')}_${Math.ceil(now + nonceLifeMs).toString(36)}`
    return `${body}_${this.#seal(body, claim, clientNonce)}`
  }

  /** Whether `nonce` was issued here for the same claim and client nonce and is fresh. */
  isValid(now: number, nonce: string, claim: Claim, clientNonce: string): boolean {
    if (!noncePattern.test(nonce) || this.#used.has(nonce)) return false
    const end = nonce.length - sealLength - 1
    const body = nonce.slice(0, Math.max(0, end))
    if (!sameSignature(nonce.slice(end + 1), this.#seal(body, claim, clientNonce))) return false
    return now <= expiryOf(body)
  }

  /** Called once the client has proved itself, so that only parties with the secret take memory here. */
  use(now: number, nonce: string): void {
    for (const [used, expiry] of this.#used) {
      if (expiry >= now) break
      this.#used.delete(used)
    }
    this.#used.set(nonce, now + nonceLifeMs)
  }

  #seal(body: string, claim: Claim, clientNonce: string): string {
    return createHmac('sha256', this.#key)
      .update(JSON.stringify([body, claim, clientNonce]))
      .digest('base64url')
      .slice(0, sealLength)
  }
}

const sealLength = 32

function expiryOf(body: string): number {
  return parseInt(body.slice(body.lastIndexOf('_') + 1), 36)
}

export function ownClaim(session: string, purpose: Purpose, executor = ''): Claim {
  return { protocol: protocolVersion, session, purpose, executor }
}
