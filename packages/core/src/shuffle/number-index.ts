/** Indices of numeric keys, by value as in a JS Map: NaN equals NaN, -0 equals 0, and the first one seen is kept. */

import type { Column } from '../codec/columns/column.ts'
import type { NumberColumn } from '../codec/columns/number-column.ts'
import { fmix, hashNumber } from '../codec/key-hash.ts'
import { firstCapacity, grownCapacity, type KeyIndex } from './key-index.ts'

/** For columns of int32 only: no sign of zero, no NaN, so `===` is all there is to ask. */
export class IntIndex implements KeyIndex {
  size = 0
  #capacity = firstCapacity
  /** The number of a key + 1, or 0 where the slot is free. */
  #slots = new Int32Array(2 * firstCapacity)
  #keys = new Int32Array(firstCapacity)

  assign(column: Column, from: number, to: number, ids: Int32Array): void {
    this.#reserve(this.size + to - from)
    const keys = column as Int32Array
    const slots = this.#slots
    const own = this.#keys
    const mask = slots.length - 1
    let { size } = this
    for (let i = from; i < to; i++) {
      const key = keys[i]!
      let slot = fmix(key) & mask
      for (;;) {
        const entry = slots[slot]!
        if (entry === 0) {
          own[size] = key
          ids[i - from] = size
          slots[slot] = ++size
          break
        }
        if (own[entry - 1] === key) {
          ids[i - from] = entry - 1
          break
        }
        slot = (slot + 1) & mask
      }
    }
    this.size = size
  }

  keys(): Int32Array {
    return this.#keys.subarray(0, this.size)
  }

  clear(): void {
    this.size = 0
    this.#slots.fill(0)
  }

  #reserve(size: number): void {
    if (size <= this.#capacity) return
    this.#capacity = grownCapacity(this.#capacity, size)
    const keys = new Int32Array(this.#capacity)
    keys.set(this.#keys.subarray(0, this.size))
    this.#keys = keys
    const slots = new Int32Array(2 * this.#capacity)
    const mask = slots.length - 1
    for (let n = 0; n < this.size; n++) {
      let slot = fmix(keys[n]!) & mask
      while (slots[slot] !== 0) slot = (slot + 1) & mask
      slots[slot] = n + 1
    }
    this.#slots = slots
  }
}

/** For any numbers. */
export class DoubleIndex implements KeyIndex {
  size = 0
  #capacity = firstCapacity
  #slots = new Int32Array(2 * firstCapacity)
  #keys = new Float64Array(firstCapacity)

  assign(column: Column, from: number, to: number, ids: Int32Array): void {
    this.#reserve(this.size + to - from)
    const keys = column as NumberColumn
    const slots = this.#slots
    const own = this.#keys
    const mask = slots.length - 1
    let { size } = this
    for (let i = from; i < to; i++) {
      const key = keys[i]!
      const int = key | 0
      let slot = (int === key ? fmix(int) : hashNumber(key)) & mask
      for (;;) {
        const entry = slots[slot]!
        if (entry === 0) {
          own[size] = key
          ids[i - from] = size
          slots[slot] = ++size
          break
        }
        const known = own[entry - 1]!
        if (known === key || (key !== key && known !== known)) {
          ids[i - from] = entry - 1
          break
        }
        slot = (slot + 1) & mask
      }
    }
    this.size = size
  }

  keys(): Float64Array {
    return this.#keys.subarray(0, this.size)
  }

  clear(): void {
    this.size = 0
    this.#slots.fill(0)
  }

  #reserve(size: number): void {
    if (size <= this.#capacity) return
    this.#capacity = grownCapacity(this.#capacity, size)
    const keys = new Float64Array(this.#capacity)
    keys.set(this.#keys.subarray(0, this.size))
    this.#keys = keys
    const slots = new Int32Array(2 * this.#capacity)
    const mask = slots.length - 1
    for (let n = 0; n < this.size; n++) {
      let slot = hashNumber(keys[n]!) & mask
      while (slots[slot] !== 0) slot = (slot + 1) & mask
      slots[slot] = n + 1
    }
    this.#slots = slots
  }
}
