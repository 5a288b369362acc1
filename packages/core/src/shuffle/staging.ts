/**
 * Where pairs wait until they are enough for a run: numbers in Float64Arrays, anything else in lists. A column begins as
 * numbers and turns into a list at the first value that is none, so its kind changes per run and not per row.
 */

import { listOf } from '../codec/list-of.ts'
import { estimateBytes } from '../codec/estimate.ts'

/** Of pairs that hold more than numbers and short texts, so many bytes are one run. */
export const maxListBytes = 4 * 2 ** 20
/** Objects are measured once in so many rows: walking each would cost more than storing it. */
const measureEvery = 16

export class Staging {
  /** How many rows wait. */
  rows = 0
  readonly capacity: number
  readonly keys: Float64Array
  readonly values: Float64Array
  keyList: unknown[] = []
  valueList: unknown[] = []
  keysAreNumbers = true
  valuesAreNumbers = true
  /** What the lists hold, roughly. */
  listBytes = 0

  constructor(capacity: number) {
    this.capacity = capacity
    this.keys = new Float64Array(capacity)
    this.values = new Float64Array(capacity)
  }

  get isFull(): boolean {
    return this.rows >= this.capacity || this.listBytes >= maxListBytes
  }

  push(key: unknown, value: unknown): void {
    const row = this.rows++
    if (this.keysAreNumbers) {
      if (typeof key === 'number') this.keys[row] = key
      else this.#listKeys(row, key)
    } else {
      this.keyList[row] = key
      this.listBytes += this.#measure(key, row)
    }
    if (this.valuesAreNumbers) {
      if (typeof value === 'number') this.values[row] = value
      else this.#listValues(row, value)
    } else {
      this.valueList[row] = value
      this.listBytes += this.#measure(value, row)
    }
  }

  clear(): void {
    this.rows = 0
    this.listBytes = 0
    // New lists: V8 writes a young string into a young list as it is, but must note each one that goes into an old list.
    if (!this.keysAreNumbers) this.keyList = listOf(this.capacity)
    if (!this.valuesAreNumbers) this.valueList = listOf(this.capacity)
    this.keysAreNumbers = this.valuesAreNumbers = true
  }

  #listKeys(row: number, key: unknown): void {
    for (let i = 0; i < row; i++) this.keyList[i] = this.keys[i]
    this.keyList[row] = key
    this.keysAreNumbers = false
    this.listBytes += this.#measure(key, 0)
  }

  #listValues(row: number, value: unknown): void {
    for (let i = 0; i < row; i++) this.valueList[i] = this.values[i]
    this.valueList[row] = value
    this.valuesAreNumbers = false
    this.listBytes += this.#measure(value, 0)
  }

  #measure(value: unknown, row: number): number {
    if (typeof value === 'string') return value.length
    if (typeof value !== 'object' || value === null) return 8
    if (ArrayBuffer.isView(value)) return value.byteLength
    return row % measureEvery === 0 ? measureEvery * estimateBytes(value) : 0
  }
}
