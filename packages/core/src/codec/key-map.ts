/**
 * A map whose keys compare by value. Primitives go straight to a JS Map; arrays, objects, Dates and bytes through a
 * canonical text to a second one. Iteration is in first-insertion order over both, and the first key seen is kept.
 */
import { canonicalText } from './key-equality.ts'
import { LargeMap } from './large-map.ts'

interface Structural<V> {
  readonly key: unknown
  value: V
  /** How many primitive keys came before this one; with no deletion, that fixes its place. */
  readonly after: number
}

export class KeyMap<V> {
  readonly #primitives: LargeMap<unknown, V>
  readonly #structurals: LargeMap<string, Structural<V>>

  /** `entriesPerMap` is for tests; the default holds any number of keys that memory does. */
  constructor(entriesPerMap?: number) {
    this.#primitives = new LargeMap(entriesPerMap)
    this.#structurals = new LargeMap(entriesPerMap)
  }

  get size(): number {
    return this.#primitives.size + this.#structurals.size
  }

  get(key: unknown): V | undefined {
    return isStructural(key) ? this.#structurals.get(canonicalText(key))?.value : this.#primitives.get(key)
  }

  has(key: unknown): boolean {
    return isStructural(key) ? this.#structurals.has(canonicalText(key)) : this.#primitives.has(key)
  }

  set(key: unknown, value: V): void {
    if (!isStructural(key)) {
      this.#primitives.set(key, value)
      return
    }
    const text = canonicalText(key)
    const entry = this.#structurals.get(text)
    if (entry === undefined) this.#structurals.set(text, { key, value, after: this.#primitives.size })
    else entry.value = value
  }

  getOrInsert(key: unknown, make: () => V): V {
    const found = this.get(key)
    if (found !== undefined || this.has(key)) return found as V
    const made = make()
    this.set(key, made)
    return made
  }

  /** Stores `onNew(key)` for a key not seen before, else `onOld(value)`. */
  update(key: unknown, onNew: (key: unknown) => V, onOld: (value: V) => V): void {
    const found = this.get(key)
    this.set(key, found !== undefined || this.has(key) ? onOld(found as V) : onNew(key))
  }

  *entries(): Generator<[unknown, V]> {
    const structurals = this.#structurals.entries()
    let next = structurals.next()
    let primitivesSeen = 0
    for (const entry of this.#primitives.entries()) {
      for (; !next.done && next.value[1].after <= primitivesSeen; next = structurals.next())
        yield entryOf(next.value[1])
      yield entry
      primitivesSeen++
    }
    for (; !next.done; next = structurals.next()) yield entryOf(next.value[1])
  }

  *keys(): Generator<unknown> {
    for (const entry of this.entries()) yield entry[0]
  }

  *values(): Generator<V> {
    for (const entry of this.entries()) yield entry[1]
  }

  [Symbol.iterator](): Generator<[unknown, V]> {
    return this.entries()
  }
}

function isStructural(key: unknown): boolean {
  return typeof key === 'object' && key !== null
}

function entryOf<V>(entry: Structural<V>): [unknown, V] {
  return [entry.key, entry.value]
}
