/** Indices of keys of any kind, by value. */

import { isPacked, valuesOf, type Column, type PackedColumn } from '../codec/columns/column.ts'
import { isNumbers } from '../codec/columns/number-column.ts'
import { assertKey, KeyMap } from '../codec/key.ts'
import type { KeyIndex } from './key-index.ts'
import { DoubleIndex } from './number-index.ts'
import { StringIndex } from './text-index.ts'

class ValueIndex implements KeyIndex {
  readonly #site: string
  #numbers = new KeyMap<number>()
  #keys: unknown[] = []

  /** Keys that have no equality are refused in the name of `site`. */
  constructor(site: string) {
    this.#site = site
  }

  get size(): number {
    return this.#keys.length
  }

  assign(column: Column, from: number, to: number, ids: Int32Array): void {
    const keys = valuesOf(column)
    for (let i = from; i < to; i++) ids[i - from] = this.#numberOf(keys[i])
  }

  keys(): readonly unknown[] {
    return this.#keys
  }

  clear(): void {
    this.#numbers = new KeyMap()
    this.#keys = []
  }

  #numberOf(key: unknown): number {
    // Before it is looked up: what has no equality can look like a key that has one.
    assertKey(key, this.#site)
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    const number = this.#keys.push(key) - 1
    this.#numbers.set(key, number)
    return number
  }
}

/** Begins with the index that suits the first keys, and moves to one by value when keys of another kind come. */
export class AdaptiveIndex implements KeyIndex {
  readonly #site: string
  #index: KeyIndex | undefined
  #kind: 'numbers' | 'strings' | 'any' | undefined

  constructor(site: string) {
    this.#site = site
  }

  get size(): number {
    return this.#index?.size ?? 0
  }

  assign(column: Column, from: number, to: number, ids: Int32Array): void {
    if (isPacked(column)) return this.assign(column.toList(from, to), 0, to - from, ids)
    this.#indexFor(column, from, to).assign(column, from, to, ids)
  }

  keys(): ArrayLike<unknown> {
    return this.#index?.keys() ?? []
  }

  clear(): void {
    this.#index?.clear()
  }

  #indexFor(keys: Exclude<Column, PackedColumn>, from: number, to: number): KeyIndex {
    const kind = isNumbers(keys) ? 'numbers' : areStrings(keys, from, to) ? 'strings' : 'any'
    if (this.#index && (this.#kind === kind || this.#kind === 'any')) return this.#index
    const before = this.#index?.keys()
    const { size } = this
    this.#kind = size > 0 ? 'any' : kind
    this.#index =
      this.#kind === 'numbers'
        ? new DoubleIndex()
        : this.#kind === 'strings'
          ? new StringIndex()
          : new ValueIndex(this.#site)
    if (before && size > 0) this.#index.assign(Array.from(before), 0, size, new Int32Array(size))
    return this.#index
  }
}

function areStrings(keys: ArrayLike<unknown>, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (typeof keys[i] !== 'string') return false
  return true
}
