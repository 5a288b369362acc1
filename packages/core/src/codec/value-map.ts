/** A Map whose structural keys compare by value, for results on the driver. */
import { canonicalText } from './key-equality.ts'

const isStructural = (key: unknown) => typeof key === 'object' && key !== null

/**
 * A JS Map in all but one thing: arrays, plain objects, Dates and bytes as keys are found by value, so
 * `map.get([1, 2])` finds what was stored under another `[1, 2]`. The first key object seen is kept.
 */
export class ValueMap<K, V> extends Map<K, V> {
  readonly #stored = new Map<string, K>()

  override get(key: K): V | undefined {
    return super.get(this.#storedKey(key))
  }

  override has(key: K): boolean {
    return super.has(this.#storedKey(key))
  }

  override set(key: K, value: V): this {
    if (isStructural(key)) {
      const text = canonicalText(key)
      if (!this.#stored.has(text)) this.#stored.set(text, key)
    }
    return super.set(this.#storedKey(key), value)
  }

  override delete(key: K): boolean {
    const found = super.delete(this.#storedKey(key))
    if (isStructural(key)) this.#stored.delete(canonicalText(key))
    return found
  }

  override clear(): void {
    super.clear()
    this.#stored.clear()
  }

  #storedKey(key: K): K {
    return isStructural(key) ? (this.#stored.get(canonicalText(key)) ?? key) : key
  }
}

/** Entries as a map by value. A plain Map has that semantics already where every key is a primitive. */
export function mapByValue<K, V>(entries: Iterable<readonly [K, V]>): Map<K, V> {
  const all = [...entries]
  const map = all.some(([key]) => isStructural(key)) ? new ValueMap<K, V>() : new Map<K, V>()
  for (const [key, value] of all) map.set(key, value)
  return map
}
