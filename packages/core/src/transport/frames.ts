/**
 * Messages as bytes: a msgpack header with everything but the byte arrays, then the byte arrays as they are. A message
 * is cut into frames, none above 1 MiB, so that no receiver holds more than that besides the message itself.
 *
 *   uint32 header bytes | float64 payload bytes | header: [message, [[path, length], ...]] | payload | payload ...
 */

import { Packr } from 'msgpackr'
import { ClusterError, InternalError, UsageError } from '../base/errors.ts'

export const maxFrameBytes = 1 << 20
export const defaultMaxMessageBytes = 2 ** 30

const prefixBytes = 12
/** Parts below this are copied together into one frame; larger ones are sent from where they lie. */
const copiedPartBytes = 16 * 1024

type Path = readonly (string | number)[]

const packr = new Packr({ useRecords: false, useBigIntExtension: true })

/**
 * The frames of one message. They are views of the message's byte arrays, which must not change until they are sent.
 * Plain data keeps its values, with one exception: -0 becomes 0. Every kind of byte array arrives as a Uint8Array.
 */
export function encodeFrames(message: unknown, maxMessageBytes = defaultMaxMessageBytes): Uint8Array[] {
  const payloads: Uint8Array[] = []
  const places: [Path, number][] = []
  const withHoles = takePayloads(message, [], payloads, places)
  const header = packr.pack([withHoles, places])
  let payloadBytes = 0
  for (const payload of payloads) payloadBytes += payload.byteLength
  if (header.byteLength + payloadBytes > maxMessageBytes)
    throw new UsageError(
      `a message of ${header.byteLength + payloadBytes} bytes cannot be sent: the limit is ${maxMessageBytes} bytes; ` +
        'use smaller values or more partitions',
    )
  const prefix = Buffer.allocUnsafe(prefixBytes)
  prefix.writeUInt32BE(header.byteLength, 0)
  prefix.writeDoubleBE(payloadBytes, 4)
  return cut([prefix, header, ...payloads])
}

/** Replaces byte arrays with null, copying only the objects on the way to one. */
function takePayloads(value: unknown, path: Path, payloads: Uint8Array[], places: [Path, number][]): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Uint8Array) {
    payloads.push(value)
    places.push([path, value.byteLength])
    return null
  }
  if (Array.isArray(value)) {
    let copy: unknown[] | undefined
    for (let index = 0; index < value.length; index++) {
      const item: unknown = value[index]
      const taken = takePayloads(item, [...path, index], payloads, places)
      if (taken !== item) (copy ??= value.slice())[index] = taken
    }
    return copy ?? value
  }
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof Map || value instanceof Set)
    throw new InternalError(
      `a message holds a ${value.constructor.name} at ${path.join('.')}: send a Uint8Array or plain data`,
    )
  let copy: Record<string, unknown> | undefined
  for (const key of Object.keys(value)) {
    const item = (value as Record<string, unknown>)[key]
    if (typeof item !== 'object' || item === null) continue
    const taken = takePayloads(item, [...path, key], payloads, places)
    if (taken !== item) (copy ??= { ...value })[key] = taken
  }
  return copy ?? value
}

function cut(parts: readonly Uint8Array[]): Uint8Array[] {
  const frames: Uint8Array[] = []
  let small: Uint8Array[] = []
  let smallBytes = 0
  const flush = () => {
    if (small.length > 0) frames.push(small.length === 1 ? small[0]! : Buffer.concat(small, smallBytes))
    small = []
    smallBytes = 0
  }
  for (const part of parts) {
    if (part.byteLength < copiedPartBytes) {
      if (part.byteLength === 0) continue
      small.push(part)
      smallBytes += part.byteLength
      if (smallBytes >= 4 * copiedPartBytes) flush()
      continue
    }
    flush()
    for (let start = 0; start < part.byteLength; start += maxFrameBytes)
      frames.push(part.subarray(start, start + maxFrameBytes))
  }
  flush()
  return frames
}

/** Puts messages together again from chunks of any size; each byte of a byte array is copied once, to its final place. */
export class FrameReader {
  readonly #deliver: (message: unknown) => void
  readonly #maxMessageBytes: number
  #step: 'prefix' | 'header' | 'payloads' = 'prefix'
  #target: Uint8Array = Buffer.alloc(prefixBytes)
  #filled = 0
  #payloadBytes = 0
  #message: unknown
  #places: readonly { path: Path; payload: Uint8Array }[] = []
  #place = 0

  constructor(deliver: (message: unknown) => void, maxMessageBytes = defaultMaxMessageBytes) {
    this.#deliver = deliver
    this.#maxMessageBytes = maxMessageBytes
  }

  /** Throws a ClusterError where the bytes are no message; the reader is of no use then. */
  read(chunk: Uint8Array): void {
    let at = 0
    while (at < chunk.byteLength) {
      const count = Math.min(this.#target.byteLength - this.#filled, chunk.byteLength - at)
      this.#target.set(at === 0 && count === chunk.byteLength ? chunk : chunk.subarray(at, at + count), this.#filled)
      this.#filled += count
      at += count
      while (this.#filled === this.#target.byteLength) this.#next()
    }
  }

  #next(): void {
    this.#filled = 0
    if (this.#step === 'prefix') {
      const prefix = this.#target as Buffer
      const headerBytes = prefix.readUInt32BE(0)
      this.#payloadBytes = prefix.readDoubleBE(4)
      const total = headerBytes + this.#payloadBytes
      if (headerBytes === 0 || !Number.isSafeInteger(total) || this.#payloadBytes < 0) throw notAMessage('a bad length')
      if (total > this.#maxMessageBytes) throw notAMessage(`${total} bytes, where ${this.#maxMessageBytes} are allowed`)
      this.#step = 'header'
      this.#target = Buffer.allocUnsafe(headerBytes)
    } else if (this.#step === 'header') {
      this.#readHeader()
      this.#nextPayload()
    } else {
      this.#place++
      this.#nextPayload()
    }
  }

  #readHeader(): void {
    let header: unknown
    try {
      header = packr.unpack(this.#target)
    } catch (cause) {
      throw notAMessage('a bad header', cause)
    }
    if (!Array.isArray(header) || header.length !== 2 || !Array.isArray(header[1])) throw notAMessage('a bad header')
    this.#message = header[0]
    let sum = 0
    this.#places = header[1].map((place: unknown) => {
      const [path, length] = Array.isArray(place) ? (place as unknown[]) : []
      if (!Array.isArray(path) || typeof length !== 'number' || !Number.isSafeInteger(length) || length < 0)
        throw notAMessage('a bad place')
      sum += length
      if (sum > this.#payloadBytes) throw notAMessage('byte arrays that are too long')
      return { path: path as Path, payload: allocate(length) }
    })
    if (sum !== this.#payloadBytes) throw notAMessage('byte arrays that are too short')
    this.#place = 0
    this.#step = 'payloads'
  }

  #nextPayload(): void {
    while (this.#place < this.#places.length && this.#places[this.#place]!.payload.byteLength === 0) this.#place++
    if (this.#place < this.#places.length) {
      this.#target = this.#places[this.#place]!.payload
      return
    }
    let message = this.#message
    for (const { path, payload } of this.#places) message = put(message, path, payload)
    this.#message = undefined
    this.#places = []
    this.#step = 'prefix'
    this.#target = Buffer.alloc(prefixBytes)
    this.#deliver(message)
  }
}

/** Only own properties that hold null are written, so that no path reaches a prototype. */
function put(message: unknown, path: Path, payload: Uint8Array): unknown {
  if (path.length === 0) return payload
  let holder = message
  for (let depth = 0; depth < path.length; depth++) {
    const key = path[depth]!
    if (typeof holder !== 'object' || holder === null || !Object.hasOwn(holder, key)) throw notAMessage('a bad place')
    const object = holder as Record<string | number, unknown>
    if (depth < path.length - 1) holder = object[key]
    else if (object[key] === null) object[key] = payload
    else throw notAMessage('a bad place')
  }
  return message
}

/** A buffer of its own, so that typed arrays over it are aligned; large ones are not zeroed first. */
function allocate(bytes: number): Uint8Array {
  if (bytes < 4096) return new Uint8Array(bytes)
  return new Uint8Array(Buffer.allocUnsafeSlow(bytes).buffer, 0, bytes)
}

function notAMessage(what: string, cause?: unknown): ClusterError {
  return new ClusterError(`received bytes that are no gridify message: ${what}`, { cause, code: 'BAD_FRAME' })
}
