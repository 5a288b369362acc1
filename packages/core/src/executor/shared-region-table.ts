/** `task.shared` of one executor: a table in shared memory from a key's hash to its region, filled once, pinned by tasks. */

import type { Region } from '../base/region.ts'
import { OutOfMemoryError } from '../base/errors.ts'
import { pageBytes, sharedOwner, type PagePool } from '../storage/page-pool.ts'

const entries = 4096
const words = 8
const [hashLow, hashHigh, state, offsetPage, bytesWord, pins] = [0, 1, 2, 3, 4, 5] as const
const filling = 1
const ready = 2

export const sharedTableBytes = (entries * words + 1) * 4

export class SharedRegionTable {
  readonly #pool: PagePool
  readonly #table: Int32Array
  readonly #pinned: number[] = []

  constructor(pool: PagePool, memory: SharedArrayBuffer) {
    this.#pool = pool
    this.#table = new Int32Array(memory)
  }

  get(key: string, bytes: number, fill: (region: Region) => void, allocate: (bytes: number) => Region): Region {
    const [low, high] = hash64(key)
    for (;;) {
      const { at, mine } = this.#find(low, high)
      const table = this.#table
      if (!mine) {
        while (Atomics.load(table, at + state) === filling) Atomics.wait(table, at + state, filling, 1000)
        if (Atomics.load(table, at + state) !== ready) continue
        this.#pinned.push(at)
        return { offset: (table[at + offsetPage]! >>> 0) * pageBytes, bytes: table[at + bytesWord]! >>> 0 }
      }
      try {
        const region = allocate(bytes)
        this.#pool.give(region, sharedOwner)
        this.#pool.view(region).fill(0)
        fill(region)
        table[at + offsetPage] = region.offset / pageBytes
        table[at + bytesWord] = bytes
        Atomics.store(table, at + state, ready)
        this.#pinned.push(at)
        return region
      } catch (error) {
        this.#locked(() => {
          table[at + hashLow] = 0
          table[at + hashHigh] = 0
          Atomics.store(table, at + state, 0)
        })
        throw error
      } finally {
        Atomics.notify(table, at + state)
      }
    }
  }

  /** Lets go of all regions that this slot's task has pinned. */
  unpinAll(): void {
    for (const at of this.#pinned.splice(0)) Atomics.sub(this.#table, at + pins, 1)
  }

  /** Frees the regions that no task holds; true if there was one. */
  dropIdle(): boolean {
    return this.#locked(() => {
      let dropped = false
      for (let at = 0; at < entries * words; at += words) {
        if (Atomics.load(this.#table, at + state) !== ready || Atomics.load(this.#table, at + pins) > 0) continue
        this.#pool.free({
          offset: (this.#table[at + offsetPage]! >>> 0) * pageBytes,
          bytes: this.#table[at + bytesWord]! >>> 0,
        })
        // The hash stays, so that probing goes on behind it; state 0 marks it for reuse.
        Atomics.store(this.#table, at + state, 0)
        dropped = true
      }
      return dropped
    })
  }

  /** The entry of the key, pinned; `mine` where this caller must fill it. */
  #find(low: number, high: number): { at: number; mine: boolean } {
    return this.#locked(() => {
      let at = ((low >>> 0) % entries) * words
      let reusable = -1
      for (let probes = 0; probes < entries; probes++, at = (at + words) % (entries * words)) {
        const table = this.#table
        const same = table[at + hashLow] === low && table[at + hashHigh] === high
        if (same && table[at + state] !== 0) {
          Atomics.add(table, at + pins, 1)
          return { at, mine: false }
        }
        if (table[at + state] === 0 && reusable < 0) reusable = at
        if (table[at + state] === 0 && table[at + hashLow] === 0 && table[at + hashHigh] === 0) break
      }
      if (reusable < 0) throw new OutOfMemoryError(`task.shared holds at most ${entries} regions per executor`)
      this.#table[reusable + hashLow] = low
      this.#table[reusable + hashHigh] = high
      this.#table[reusable + pins] = 1
      Atomics.store(this.#table, reusable + state, filling)
      return { at: reusable, mine: true }
    })
  }

  #locked<T>(action: () => T): T {
    const lock = entries * words
    while (Atomics.compareExchange(this.#table, lock, 0, 1) !== 0) Atomics.wait(this.#table, lock, 1, 50)
    try {
      return action()
    } finally {
      Atomics.store(this.#table, lock, 0)
      Atomics.notify(this.#table, lock, 1)
    }
  }
}

function hash64(key: string): [number, number] {
  let low = 0x811c9dc5
  let high = 0x1234567
  for (let i = 0; i < key.length; i++) {
    low = Math.imul(low ^ key.charCodeAt(i), 0x01000193)
    high = Math.imul(high ^ key.charCodeAt(i), 0x5bd1e995) ^ (high >>> 13)
  }
  return [low | 0 || 1, high | 0]
}
