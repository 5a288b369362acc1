/** What is made once for each key, and all of it anew where that has become too much: what is in use is soon there again. */
export class BoundedCache<T> {
  readonly #most: number
  readonly #made = new Map<string, T>()

  /** Holds up to `most` of them. */
  constructor(most: number) {
    this.#most = most
  }

  getOrMake(key: string, make: () => T): T {
    let made = this.#made.get(key)
    if (made === undefined) {
      made = make()
      if (this.#made.size >= this.#most) this.#made.clear()
      this.#made.set(key, made)
    }
    return made
  }
}
