/**
 * Partitions in the order in which they came. A Set would do, but for its holes: each walk from its start passes all that have
 * left it, which is quadratic in the partitions of a stage.
 */

/** So many entries in front that nothing asks for are not worth a copy. */
const leastHoles = 1024

export class PartitionQueue {
  /** Where each partition stands, counted from the first that ever came. */
  readonly #places = new Map<number, number>()
  #entries: number[] = []
  /** The place of `#entries[0]`. */
  #base = 0
  /** Nothing before it is there any more. */
  #head = 0

  constructor(partitions: Iterable<number> = []) {
    for (const partition of partitions) this.add(partition)
  }

  get size(): number {
    return this.#places.size
  }

  has(partition: number): boolean {
    return this.#places.has(partition)
  }

  /** At the end, unless it is there already. */
  add(partition: number): void {
    if (this.#places.has(partition)) return
    this.#places.set(partition, this.#base + this.#entries.length)
    this.#entries.push(partition)
  }

  delete(partition: number): void {
    if (!this.#places.delete(partition)) return
    while (this.#head < this.#base + this.#entries.length && !this.#isThere(this.#head)) this.#head++
    const holes = this.#head - this.#base
    if (holes < leastHoles || holes < this.#entries.length / 2) return
    this.#entries = this.#entries.slice(holes)
    this.#base = this.#head
  }

  /** What is deleted meanwhile is passed over. */
  *[Symbol.iterator](): Generator<number> {
    for (let place = this.#head; place < this.#base + this.#entries.length; place++)
      if (place >= this.#head && this.#isThere(place)) yield this.#entries[place - this.#base]!
  }

  /** One that left and came again stands at its last place alone. */
  #isThere(place: number): boolean {
    return this.#places.get(this.#entries[place - this.#base]!) === place
  }
}
