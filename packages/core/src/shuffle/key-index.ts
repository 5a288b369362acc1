/**
 * Numbers keys in the order of their first occurrence. An index for each kind of key: open addressing over typed arrays
 * for numbers and texts, a map by value for the rest. `size` keys are known; their numbers are 0 to size - 1.
 */

import type { Column } from '../codec/columns/column.ts'

export interface KeyIndex {
  readonly size: number
  /** Writes the number of each key in [from, to) of `keys` to `ids`, from place 0 on. */
  assign(keys: Column, from: number, to: number, ids: Int32Array): void
  /** The keys by number, as they were first seen; valid until the next `assign` or `clear`. */
  keys(): ArrayLike<unknown>
  clear(): void
}

/** Slots are twice as many as keys at least, so that chains stay short. */
export const firstCapacity = 1024

/** The capacity to grow to, for `size` keys; a power of two. */
export function grownCapacity(capacity: number, size: number): number {
  let grown = capacity
  while (grown < size) grown *= 2
  return grown
}
