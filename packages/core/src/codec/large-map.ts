/** A map without deletion that goes past the 2^24 entries where a JS Map throws: when one is full, the next begins. */

/** Below 2^24, the most that V8 allows in one Map. */
const ENTRIES_PER_MAP = 16_000_000

export class LargeMap<K, V> {
  readonly #entriesPerMap: number
  readonly #full: Map<K, V>[] = []
  #current = new Map<K, V>()

  constructor(entriesPerMap = ENTRIES_PER_MAP) {
    this.#entriesPerMap = entriesPerMap
  }

  get size(): number {
    return this.#full.length * this.#entriesPerMap + this.#current.size
  }

  get(key: K): V | undefined {
    const value = this.#current.get(key)
    return value !== undefined || this.#full.length === 0 ? value : this.#holder(key)?.get(key)
  }

  has(key: K): boolean {
    return this.#current.has(key) || (this.#full.length > 0 && this.#holder(key) !== undefined)
  }

  set(key: K, value: V): void {
    if (this.#full.length > 0) {
      const holder = this.#holder(key)
      if (holder !== undefined) {
        holder.set(key, value)
        return
      }
    }
    if (this.#current.size >= this.#entriesPerMap && !this.#current.has(key)) {
      this.#full.push(this.#current)
      this.#current = new Map()
    }
    this.#current.set(key, value)
  }

  /** First-insertion order: maps fill one after the other, and an entry never moves. */
  *entries(): Generator<[K, V]> {
    for (const map of this.#full) yield* map
    yield* this.#current
  }

  #holder(key: K): Map<K, V> | undefined {
    return this.#full.find((map) => map.has(key))
  }
}
