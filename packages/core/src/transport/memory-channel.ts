/** Two ends of a channel in one process: the `memory` cluster's network, and every test's. */

import { deferred } from '../base/async.ts'
import type { Channel, ChannelClosed } from './channel.ts'
import { Inbox } from './inbox.ts'

/**
 * Messages arrive as the very objects that were sent: whoever sends one gives it away.
 * `deliver` runs each arrival later, in the order of its calls for each direction; a simulation puts its own here.
 */
export function memoryChannelPair(deliver: (action: () => void) => void = queueMicrotask): [Channel, Channel] {
  const left = new MemoryChannel(deliver)
  const right = new MemoryChannel(deliver)
  left.peer = right
  right.peer = left
  return [left, right]
}

class MemoryChannel implements Channel {
  readonly bufferedBytes = 0
  readonly networkBytes = 0
  peer!: MemoryChannel
  readonly #inbox = new Inbox()
  readonly #closed = deferred<ChannelClosed>()
  readonly #deliver: (action: () => void) => void

  constructor(deliver: (action: () => void) => void) {
    this.#deliver = deliver
  }

  get closed(): Promise<ChannelClosed> {
    return this.#closed.promise
  }

  send(message: unknown): void {
    if (this.#closed.settled) return
    this.#deliver(() => this.peer.#inbox.deliver(message))
  }

  sendSoon(message: unknown): void {
    this.send(message)
  }

  flush(): void {}

  drained(): Promise<void> {
    return Promise.resolve()
  }

  onMessage(handler: (message: unknown) => void): void {
    this.#inbox.onMessage(handler)
  }

  close(reason = 'closed'): void {
    if (this.#closed.settled) return
    this.#inbox.shut()
    this.#closed.resolve({ reason })
    this.#deliver(() => {
      if (!this.peer.#closed.settled) this.peer.#closed.resolve({ reason })
    })
  }
}
