/** A channel over a WebSocket that has passed the handshake: frames, backpressure and heartbeats. */

import type { Socket } from 'node:net'
import type { WebSocket } from 'ws'
import { deferred, type Deferred } from '../base/async.ts'
import { systemClock, type Clock } from '../base/clock.ts'
import type { Channel, ChannelClosed } from './channel.ts'
import { defaultMaxMessageBytes, encodeFrames, FrameReader, maxFrameBytes } from './frames.ts'
import { Inbox } from './inbox.ts'
import { messagesOf, Outbox } from './outbox.ts'

export interface WebSocketChannelOptions {
  /** The TCP or TLS socket below; its counters tell what crossed the network, and whether the other side still talks. */
  readonly connection: Socket
  readonly clock?: Clock
  /** How often both sides say that they live. */
  readonly heartbeatMs?: number
  /**
   * The channel is given up when nothing came for this long. Only time in which this process ran is counted, so one
   * that was itself blocked does not blame the other side.
   */
  readonly silenceMs?: number
  readonly maxMessageBytes?: number
  /** `drained` waits while more than this is buffered. */
  readonly lowWaterBytes?: number
}

/** What both sides must give to ws: no compression, and no frame above our own limit. */
export const webSocketLimits = {
  perMessageDeflate: false,
  maxPayload: maxFrameBytes,
  skipUTF8Validation: true,
} as const

const closeCode = 1000
/** The protocol's limit for the reason in a close frame. */
const maxReasonBytes = 123

export function webSocketChannel(socket: WebSocket, options: WebSocketChannelOptions): WebSocketChannel {
  return new WebSocketChannel(socket, options)
}

export class WebSocketChannel implements Channel {
  readonly #socket: WebSocket
  readonly #connection: Socket
  readonly #clock: Clock
  readonly #heartbeatMs: number
  readonly #silenceMs: number
  readonly #maxMessageBytes: number
  readonly #lowWaterBytes: number
  readonly #inbox = new Inbox()
  readonly #outbox = new Outbox((message) => this.#post(message))
  readonly #closed = deferred<ChannelClosed>()
  readonly #ownBytes: { sent: number; received: number }
  #drained: Deferred<void> | undefined
  #flushed: Deferred<void> | undefined
  #closeReason: string | undefined
  #error: Error | undefined
  #silentMs = 0
  #receivedAtLastBeat = 0
  #stopBeat: () => void = () => {}

  constructor(socket: WebSocket, options: WebSocketChannelOptions) {
    this.#socket = socket
    this.#connection = options.connection
    this.#clock = options.clock ?? systemClock
    this.#heartbeatMs = options.heartbeatMs ?? 1000
    this.#silenceMs = options.silenceMs ?? 5000
    this.#maxMessageBytes = options.maxMessageBytes ?? defaultMaxMessageBytes
    this.#lowWaterBytes = options.lowWaterBytes ?? 4 * maxFrameBytes
    this.#ownBytes = { sent: this.#connection.bytesWritten, received: this.#connection.bytesRead }
    this.#receivedAtLastBeat = this.#connection.bytesRead

    const reader = new FrameReader((message) => {
      for (const each of messagesOf(message)) this.#inbox.deliver(each)
    }, this.#maxMessageBytes)
    socket.binaryType = 'fragments'
    socket.on('message', (chunks) => {
      try {
        for (const chunk of chunks as Buffer[]) reader.read(chunk)
      } catch (error) {
        this.#giveUp((error as Error).message, error as Error)
      }
    })
    socket.on('error', (error) => (this.#error ??= error))
    socket.on('close', (code, reason) =>
      this.#end(this.#closeReason ?? describeClose(code, reason, this.#error), this.#error),
    )
    this.#beat()
  }

  /** Bytes written to the network, buffered ones included, since the channel was made. */
  get bytesSent(): number {
    return this.#connection.bytesWritten - this.#ownBytes.sent
  }

  /** Bytes read from the network since the channel was made. */
  get bytesReceived(): number {
    return this.#connection.bytesRead - this.#ownBytes.received
  }

  get networkBytes(): number {
    return this.bytesSent + this.bytesReceived
  }

  get bufferedBytes(): number {
    return this.#closed.settled ? 0 : this.#socket.bufferedAmount
  }

  get closed(): Promise<ChannelClosed> {
    return this.#closed.promise
  }

  /** Large byte arrays are not copied: they must not change until `flushed` resolves. */
  send(message: unknown): void {
    this.#outbox.send(message)
  }

  sendSoon(message: unknown): void {
    this.#outbox.sendSoon(message)
  }

  flush(): void {
    this.#outbox.flush()
  }

  #post(message: unknown): void {
    if (this.#closed.settled || this.#closeReason !== undefined) return
    const frames = encodeFrames(message, this.#maxMessageBytes)
    for (const frame of frames) this.#socket.send(frame, { binary: true, compress: false, fin: true }, this.#afterWrite)
  }

  drained(): Promise<void> {
    if (this.bufferedBytes <= this.#lowWaterBytes) return Promise.resolve()
    this.#drained ??= deferred<void>()
    return this.#drained.promise
  }

  /** Resolves when all that was sent so far has left this process, or the channel closed. */
  flushed(): Promise<void> {
    if (this.bufferedBytes === 0) return Promise.resolve()
    this.#flushed ??= deferred<void>()
    return this.#flushed.promise
  }

  onMessage(handler: (message: unknown) => void): void {
    this.#inbox.onMessage(handler)
  }

  close(reason = 'closed'): void {
    if (this.#closed.settled || this.#closeReason !== undefined) return
    this.#outbox.flush()
    this.#closeReason = reason
    this.#inbox.shut()
    this.#socket.close(closeCode, Buffer.from(reason).subarray(0, maxReasonBytes))
  }

  readonly #afterWrite = (): void => {
    const buffered = this.bufferedBytes
    if (this.#drained && buffered <= this.#lowWaterBytes) {
      this.#drained.resolve()
      this.#drained = undefined
    }
    if (this.#flushed && buffered === 0) {
      this.#flushed.resolve()
      this.#flushed = undefined
    }
  }

  #beat(): void {
    this.#stopBeat = this.#clock.after(this.#heartbeatMs, () => {
      const received = this.#connection.bytesRead
      this.#silentMs = received === this.#receivedAtLastBeat ? this.#silentMs + this.#heartbeatMs : 0
      this.#receivedAtLastBeat = received
      if (this.#silentMs >= this.#silenceMs) {
        this.#giveUp(`no heartbeat for ${this.#silenceMs / 1000} s`)
        return
      }
      if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping()
      this.#beat()
    })
  }

  /** Ends at once, without the closing handshake: the other side is gone, or cannot be trusted. */
  #giveUp(reason: string, error?: Error): void {
    this.#inbox.shut()
    this.#socket.terminate()
    this.#end(this.#closeReason ?? reason, error)
  }

  #end(reason: string, error?: Error): void {
    if (this.#closed.settled) return
    this.#stopBeat()
    this.#closed.resolve(error ? { reason, error } : { reason })
    this.#drained?.resolve()
    this.#flushed?.resolve()
  }
}

function describeClose(code: number, reason: Buffer, error: Error | undefined): string {
  if (reason.length > 0) return reason.toString()
  if (error) return `the connection failed: ${error.message}`
  return code === closeCode ? 'closed' : 'the connection was lost'
}
