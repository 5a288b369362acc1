/** Indices of texts: one over columns of bytes, for the reduce side, and one over JS strings, for the map side. */

import type { Column } from '../codec/columns/column.ts'
import { decodeTexts, type TextColumn } from '../codec/columns/text-column.ts'
import { fmix, FNV_PRIME, hashString } from '../codec/key-hash.ts'
import { firstCapacity, grownCapacity, type KeyIndex } from './key-index.ts'

/** Compares hashes and bytes, and keeps the bytes of each key once; strings are made at the end, one per key. */
export class TextBytesIndex implements KeyIndex {
  size = 0
  #capacity = firstCapacity
  #slots = new Int32Array(2 * firstCapacity)
  #hashes = new Int32Array(firstCapacity)
  #offsets = new Int32Array(firstCapacity + 1)
  #bytes = new Uint8Array(16 * firstCapacity)
  #ascii = true

  assign(column: Column, from: number, to: number, ids: Int32Array): void {
    const { bytes, offsets, hashes, ascii } = column as TextColumn
    this.#reserve(this.size + to - from, offsets[to]! - offsets[from]!)
    this.#ascii &&= ascii
    const slots = this.#slots
    const ownHashes = this.#hashes
    const ownOffsets = this.#offsets
    const ownBytes = this.#bytes
    const mask = slots.length - 1
    let { size } = this
    for (let i = from; i < to; i++) {
      const hash = hashes[i]!
      const start = offsets[i]!
      const length = offsets[i + 1]! - start
      let slot = hash & mask
      for (;;) {
        const entry = slots[slot]!
        if (entry === 0) {
          ownHashes[size] = hash
          const own = ownOffsets[size]!
          for (let at = 0; at < length; at++) ownBytes[own + at] = bytes[start + at]!
          ids[i - from] = size
          slots[slot] = ++size
          ownOffsets[size] = own + length
          break
        }
        if (ownHashes[entry - 1] === hash) {
          const own = ownOffsets[entry - 1]!
          if (ownOffsets[entry]! - own === length) {
            let at = 0
            while (at < length && ownBytes[own + at] === bytes[start + at]) at++
            if (at === length) {
              ids[i - from] = entry - 1
              break
            }
          }
        }
        slot = (slot + 1) & mask
      }
    }
    this.size = size
  }

  keys(): string[] {
    return decodeTexts(this.#bytes, this.#offsets, 0, this.size, this.#ascii)
  }

  clear(): void {
    this.size = 0
    this.#ascii = true
    this.#slots.fill(0)
  }

  #reserve(size: number, moreBytes: number): void {
    const bytes = this.#offsets[this.size]! + moreBytes
    if (bytes > this.#bytes.length) {
      const grown = new Uint8Array(grownCapacity(this.#bytes.length, bytes))
      grown.set(this.#bytes.subarray(0, this.#offsets[this.size]))
      this.#bytes = grown
    }
    if (size <= this.#capacity) return
    this.#capacity = grownCapacity(this.#capacity, size)
    const hashes = new Int32Array(this.#capacity)
    hashes.set(this.#hashes.subarray(0, this.size))
    this.#hashes = hashes
    const offsets = new Int32Array(this.#capacity + 1)
    offsets.set(this.#offsets.subarray(0, this.size + 1))
    this.#offsets = offsets
    this.#slots = slotsOf(hashes, this.size, 2 * this.#capacity)
  }
}

/** V8 copies a substring below 13 characters; a longer one is a slice that would keep its whole line alive. */
const copiedLength = 12
/** What two words of 32 bits hold. */
const packedLength = 8

/**
 * Compares short ASCII texts as two packed words, since comparing two fresh strings is a call into the runtime; others
 * by hash and `===`. Takes lists of strings alone.
 */
export class StringIndex implements KeyIndex {
  size = 0
  #capacity = firstCapacity
  #slots = new Int32Array(2 * firstCapacity)
  /** Of each key: its two words, its hash, and its length if it is packed, else -1; side by side in one cache line. */
  #entries = new Int32Array(4 * firstCapacity)
  #texts: string[] = []

  assign(column: Column, from: number, to: number, ids: Int32Array): void {
    this.#reserve(this.size + to - from)
    const list = column as readonly string[]
    const slots = this.#slots
    const entries = this.#entries
    const texts = this.#texts
    const mask = slots.length - 1
    let { size } = this
    for (let i = from; i < to; i++) {
      const text = list[i]!
      const { length } = text
      let low = 0
      let high = 0
      let kind = -1
      if (length <= packedLength) {
        let all = 0
        for (let at = 0; at < length; at++) {
          const unit = text.charCodeAt(at)
          all |= unit
          high = (high << 8) | (low >>> 24)
          low = (low << 8) | unit
        }
        if (all < 0x80) kind = length
      }
      // Only this table sees the hash, so two words need not be hashed letter by letter.
      const hash = kind >= 0 ? fmix(low ^ Math.imul(high, FNV_PRIME)) : hashString(text)
      let slot = hash & mask
      for (;;) {
        const entry = slots[slot]!
        if (entry === 0) {
          entries[4 * size] = low
          entries[4 * size + 1] = high
          entries[4 * size + 2] = hash
          entries[4 * size + 3] = kind
          texts[size] = length <= copiedLength ? text : flatCopy(text)
          ids[i - from] = size
          slots[slot] = ++size
          break
        }
        const known = 4 * (entry - 1)
        if (
          entries[known + 3] === kind &&
          (kind >= 0
            ? entries[known] === low && entries[known + 1] === high
            : entries[known + 2] === hash && texts[entry - 1] === text)
        ) {
          ids[i - from] = entry - 1
          break
        }
        slot = (slot + 1) & mask
      }
    }
    this.size = size
  }

  keys(): string[] {
    return this.#texts
  }

  clear(): void {
    this.size = 0
    this.#texts = []
    this.#slots.fill(0)
  }

  #reserve(size: number): void {
    if (size <= this.#capacity) return
    this.#capacity = grownCapacity(this.#capacity, size)
    const entries = new Int32Array(4 * this.#capacity)
    entries.set(this.#entries)
    this.#entries = entries
    const hashes = Int32Array.from({ length: this.size }, (_, n) => entries[4 * n + 2]!)
    this.#slots = slotsOf(hashes, this.size, 2 * this.#capacity)
  }
}

function slotsOf(hashes: Int32Array, size: number, count: number): Int32Array<ArrayBuffer> {
  const slots = new Int32Array(count)
  const mask = count - 1
  for (let n = 0; n < size; n++) {
    let slot = hashes[n]! & mask
    while (slots[slot] !== 0) slot = (slot + 1) & mask
    slots[slot] = n + 1
  }
  return slots
}

function flatCopy(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le')
}
