/**
 * A fast checksum for bytes that leave the process or rest on disk: it finds damage, it does not stop an attacker.
 * Four independent multiply-xorshift lanes over little-endian words, so that the CPU can overlap them.
 */

const PRIME_1 = 0x9e3779b1
const PRIME_2 = 0x85ebca77
const PRIME_3 = 0xc2b2ae3d
const PRIME_4 = 0x27d4eb2f
/** A multiple of 16, so that only the last piece of an unaligned input has a tail. */
const PIECE_BYTES = 64 * 1024

/** The four running lanes. */
const lanes = new Int32Array(4)
let aligned: Uint8Array | undefined

/** A uint32 over all bytes and their count; the same for every alignment, and for shared memory. */
export function checksum(bytes: Uint8Array): number {
  lanes[0] = PRIME_1
  lanes[1] = PRIME_2
  lanes[2] = PRIME_3
  lanes[3] = PRIME_4
  const whole = bytes.length - (bytes.length % 16)
  mixAll(bytes, whole)
  return finish(bytes, whole, bytes.length)
}

/** The same checksum of bytes that come in pieces. */
export class RunningChecksum {
  readonly #lanes = Int32Array.of(PRIME_1, PRIME_2, PRIME_3, PRIME_4)
  readonly #rest = new Uint8Array(16)
  #length = 0

  add(bytes: Uint8Array): void {
    let from = 0
    const waiting = this.#length % 16
    this.#length += bytes.length
    lanes.set(this.#lanes)
    if (waiting > 0) {
      from = Math.min(16 - waiting, bytes.length)
      this.#rest.set(bytes.subarray(0, from), waiting)
      if (waiting + from < 16) return
      mixAll(this.#rest, 16)
    }
    const left = bytes.subarray(from)
    const whole = left.length - (left.length % 16)
    mixAll(left, whole)
    this.#rest.set(left.subarray(whole))
    this.#lanes.set(lanes)
  }

  value(): number {
    lanes.set(this.#lanes)
    return finish(this.#rest.subarray(0, this.#length % 16), 0, this.#length)
  }
}

function mixAll(bytes: Uint8Array, whole: number): void {
  if ((bytes.byteOffset & 3) === 0) {
    mixWords(new Int32Array(bytes.buffer, bytes.byteOffset, whole / 4))
  } else {
    aligned ??= new Uint8Array(PIECE_BYTES)
    for (let start = 0; start < whole; start += PIECE_BYTES) {
      const length = Math.min(PIECE_BYTES, whole - start)
      aligned.set(bytes.subarray(start, start + length))
      mixWords(new Int32Array(aligned.buffer, 0, length >>> 2))
    }
  }
}

function mixWords(words: Int32Array): void {
  let a = lanes[0]!
  let b = lanes[1]!
  let c = lanes[2]!
  let d = lanes[3]!
  for (let i = 0; i < words.length; i += 4) {
    a = Math.imul(a ^ words[i]!, PRIME_1)
    b = Math.imul(b ^ words[i + 1]!, PRIME_2)
    c = Math.imul(c ^ words[i + 2]!, PRIME_3)
    d = Math.imul(d ^ words[i + 3]!, PRIME_4)
    a ^= a >>> 15
    b ^= b >>> 13
    c ^= c >>> 16
    d ^= d >>> 14
  }
  lanes[0] = a
  lanes[1] = b
  lanes[2] = c
  lanes[3] = d
}

function finish(bytes: Uint8Array, tailStart: number, length: number): number {
  let hash = length | 0
  for (let i = 0; i < 4; i++) hash = avalanche(Math.imul(hash, PRIME_3) ^ lanes[i]!)
  for (let i = tailStart; i < bytes.length; i++) hash = avalanche(Math.imul(hash, PRIME_1) ^ bytes[i]!)
  return hash >>> 0
}

function avalanche(hash: number): number {
  hash = Math.imul(hash ^ (hash >>> 16), PRIME_2)
  hash = Math.imul(hash ^ (hash >>> 13), PRIME_3)
  return hash ^ (hash >>> 16)
}
