/** The receiving half that all channels share: keeps messages until there is a handler. */

import { InternalError } from '../base/errors.ts'

export class Inbox {
  #handler: ((message: unknown) => void) | undefined
  #waiting: unknown[] = []
  #taken = false
  #shut = false

  deliver(message: unknown): void {
    if (this.#shut) return
    if (this.#handler) this.#handler(message)
    else this.#waiting.push(message)
  }

  onMessage(handler: (message: unknown) => void): void {
    if (this.#taken) throw new InternalError('a channel has one message handler, and this one has it already')
    this.#taken = true
    // The handler is set last, so that a message that arrives meanwhile queues behind those that waited.
    for (let next = 0; next < this.#waiting.length && !this.#shut; next++) handler(this.#waiting[next])
    this.#waiting = []
    this.#handler = handler
  }

  shut(): void {
    this.#shut = true
    this.#waiting = []
  }
}
