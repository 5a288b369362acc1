/** The sending half of channels between threads and processes: messages that may wait go out together. */

/** Nobody waits longer for a message than this, which is the least that a timer can do. */
const longestWaitMs = 1
const largestBatch = 64

/** No message of the protocol has this type. */
const batchType = 'channel-batch'

export class Outbox {
  readonly #post: (message: unknown) => void
  #waiting: unknown[] = []
  #waitingSince = 0
  #timer: NodeJS.Timeout | undefined

  constructor(post: (message: unknown) => void) {
    this.#post = post
  }

  send(message: unknown): void {
    this.flush()
    this.#post(message)
  }

  sendSoon(message: unknown): void {
    const now = performance.now()
    if (this.#waiting.length === 0) this.#waitingSince = now
    this.#waiting.push(message)
    // A thread that computes has no time for timers.
    if (this.#waiting.length >= largestBatch || now - this.#waitingSince >= longestWaitMs) this.flush()
    else this.#timer ??= setTimeout(() => this.flush(), longestWaitMs)
  }

  flush(): void {
    const messages = this.#waiting
    if (messages.length === 0) return
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#waiting = []
    this.#post(messages.length === 1 ? messages[0] : { type: batchType, messages })
  }
}

/** The messages that arrived as one. */
export function messagesOf(arrived: unknown): readonly unknown[] {
  if (typeof arrived !== 'object' || arrived === null) return [arrived]
  const { type, messages } = arrived as { type?: unknown; messages?: unknown }
  return type === batchType && Array.isArray(messages) ? messages : [arrived]
}
