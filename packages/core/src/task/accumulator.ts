/** A sum that tasks add to and the driver reads; each partition counts once, however often it is run. */

import { inspect } from 'node:util'
import { UsageError } from '../base/errors.ts'
import type { AccumulatorId } from '../base/ids.ts'
import { shipSymbol, type ShipReference } from '../closure/closure.ts'

/** A sum that tasks add to and the driver reads; made by `context.accumulator()`. */
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

  /**
   * Adds to the sum, in a task or on the driver; each partition counts once, however often it is run.
   * @throws UsageError for anything but a number.
   * @example
   * const letters = context.accumulator()
   * await context.parallelize(['a', 'bc']).foreach((word) => letters.add(word.length))
   * letters.value // 3
   */
  add(amount: number): void {
    if (typeof amount !== 'number')
      throw new UsageError(`an accumulator adds up numbers, got ${inspect(amount, { depth: 0 })}`)
    this.#add(amount)
  }

  /**
   * The total so far; only the driver may read it.
   * @throws UsageError in a task, which has no total.
   */
  get value(): number {
    return this.#read()
  }

  /** @internal */
  [shipSymbol](): ShipReference {
    return { kind: 'accumulator', id: this.id }
  }
}
