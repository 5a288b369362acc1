/** Counts distinct keys by the bits of their hashes: a few nanoseconds for a key, and some too few where many are distinct. */

import { assertKey, hashKey } from '../codec/key.ts'
import { fmix, hashNumber } from '../codec/key-hash.ts'
import type { Staging } from './staging.ts'

/** With sixteen bits for each of the keys that it is asked about, it misses three in a hundred. */
const bits = 2 ** 20

export class DistinctCount {
  /** How many distinct keys there were, at least. */
  size = 0
  readonly #site: string
  readonly #words = new Int32Array(bits / 32)

  /** Keys that have no equality are refused in the name of `site`. */
  constructor(site: string) {
    this.#site = site
  }

  add(staging: Staging): void {
    this.size += staging.keysAreNumbers
      ? newNumbers(staging.keys, staging.rows, this.#words)
      : newKeys(staging.keyList, staging.rows, this.#words, this.#site)
  }
}

function newNumbers(keys: Float64Array, rows: number, words: Int32Array): number {
  let found = 0
  for (let i = 0; i < rows; i++) {
    const key = keys[i]!
    const int = key | 0
    found += newBit(words, int === key ? fmix(int) : hashNumber(key))
  }
  return found
}

function newKeys(keys: readonly unknown[], rows: number, words: Int32Array, site: string): number {
  let found = 0
  for (let i = 0; i < rows; i++) {
    assertKey(keys[i], site)
    found += newBit(words, hashKey(keys[i]))
  }
  return found
}

/** 1 where it was not set. */
function newBit(words: Int32Array, hash: number): number {
  const word = (hash & (bits - 1)) >>> 5
  const known = words[word]!
  words[word] = known | (1 << (hash & 31))
  return (~known >>> (hash & 31)) & 1
}
