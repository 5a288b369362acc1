/** A sum that tasks add to and the driver reads; each partition counts once, however often it is run. */

import type { AccumulatorId } from '../base/ids.ts'
import { shipSymbol, type ShipReference } from '../closure/closure.ts'

export class Accumulator {
  /** @internal */
  readonly id: AccumulatorId
  readonly #add: (amount: number) => void
  readonly #read: () => number

  /** @internal Made by `context.accumulator()`, and on executors by the slot. */
  constructor(id: AccumulatorId, add: (amount: number) => void, read: () => number) {
    this.id = id
    this.#add = add
    this.#read = read
  }

  add(amount: number): void {
    this.#add(amount)
  }

  /** The total so far; only the driver may read it. */
  get value(): number {
    return this.#read()
  }

  /** @internal */
  [shipSymbol](): ShipReference {
    return { kind: 'accumulator', id: this.id }
  }
}
