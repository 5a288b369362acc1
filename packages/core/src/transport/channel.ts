/** A two-way, ordered stream of messages between two parties, whatever carries it; it knows nothing of what they mean. */

/** Why a channel ended; `error` where something failed, absent where somebody closed it. */
export interface ChannelClosed {
  readonly reason: string
  readonly error?: Error
}

/** Messages are plain data with Uint8Arrays inside; order is kept, and nothing is lost until the channel is closed. */
export interface Channel {
  /** Does nothing on a closed channel: its owner learns from `closed` what became of it. */
  send(message: unknown): void
  /** As `send`, but up to a millisecond later, together with others; order is kept among all messages. */
  sendSoon(message: unknown): void
  /** Sends at once what `sendSoon` keeps back. */
  flush(): void
  /** Bytes accepted by `send` that have not left this process; senders of bulk data wait for `drained`. */
  readonly bufferedBytes: number
  /** Bytes sent and received that left or entered this process, all that carries messages included. */
  readonly networkBytes: number
  /** Resolves when `bufferedBytes` is below a low-water mark, or the channel closed. */
  drained(): Promise<void>
  /** Set once; messages that came before are delivered then, in order. The handler must not throw. */
  onMessage(handler: (message: unknown) => void): void
  /** Never rejects. Every message that came before the end has been delivered when it resolves. */
  readonly closed: Promise<ChannelClosed>
  /** What was sent before still goes out; nothing is delivered here any more. */
  close(reason?: string): void
}
