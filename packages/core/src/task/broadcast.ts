/** A read-only value that each executor gets once; captured by functions as a reference, never by value. */

import { UsageError } from '../base/errors.ts'
import type { BroadcastId } from '../base/ids.ts'
import { shipSymbol, type ShipReference } from '../closure/closure.ts'

/** A read-only value that each executor gets once, however many functions use it; made by `context.broadcast()`. */
export class Broadcast<T> {
  /** @internal */
  readonly id: BroadcastId
  readonly #read: () => T
  readonly #drop: () => void

  /** @internal Made by `context.broadcast(value)`, and on executors by the slot. */
  constructor(id: BroadcastId, read: () => T, drop: () => void) {
    this.id = id
    this.#read = read
    this.#drop = drop
  }

  /** The value; on executors it is decoded once per slot. Treat it as read-only. */
  get value(): T {
    return this.#read()
  }

  /**
   * Frees the value on the driver and on every executor; what reads it later fails.
   * @example
   * const names = context.broadcast(['zero', 'one'])
   * await context.range(0, 2).map((n) => names.value[n]!).collect() // ['zero', 'one']
   * names.unpersist()
   */
  unpersist(): void {
    this.#drop()
  }

  /** @internal */
  [shipSymbol](): ShipReference {
    return { kind: 'broadcast', id: this.id }
  }
}

export const droppedBroadcast = (id: number) =>
  new UsageError(`broadcast ${id} was unpersisted; keep it until the last job that reads it has ended`)
