/** The sending half of channels between threads and processes: messages that may wait go out together. */

/** Nobody waits longer for a message than this, which is the least that a timer can do. */
const longestWaitMs = 1
const largestBatch = 64

/** No message of the protocol has this type. */
const batchType = 'channel-batch'

export class Outbox {
  readonly #post: (message: unknown) => void
  #waiting: unknown[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(post: (message: unknown) => void) {
    this.#post = post
  }

  send(message: unknown): void {
    this.flush()
    this.#post(message)
  }

  sendSoon(message: unknown): void {
    if (this.#waiting.push(message) >= largestBatch) this.flush()
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
