/**
 * A sketch that counts distinct keys roughly, in 2 ** precision bytes: HyperLogLog (Flajolet et al. 2007) over 64 hash
 * bits, as in HyperLogLog++ (Heule, Nunkesser and Hall, "HyperLogLog in Practice", EDBT 2013). In place of that paper's
 * tables of measured bias it has the estimator of Otmar Ertl ("New cardinality estimation algorithms for HyperLogLog
 * sketches", arXiv:1702.01284, algorithm 6), which has no bias from the first key on and needs no tables.
 */
import { UsageError } from '../base/errors.ts'
import { canonicalText } from './key-equality.ts'
import { hashKey } from './key-hash.ts'

const HASH_BITS = 64

/** The least precision whose standard error, 1.04 / sqrt(2 ** precision), is at most `relativeError`. */
export function sketchPrecision(relativeError: number): number {
  const precision = Math.max(4, Math.ceil(2 * Math.log2(1.04 / relativeError)))
  if (!(relativeError > 0 && relativeError < 1) || precision > 20)
    throw new UsageError(`a relative error must lie between 0.0011 and 1, got ${String(relativeError)}`)
  return precision
}

/** The registers of no keys. */
export function emptySketch(precision: number): Uint8Array {
  return new Uint8Array(2 ** precision)
}

export function addToSketch(registers: Uint8Array, key: unknown): void {
  const precision = Math.log2(registers.length)
  const high = hashKey(key)
  const low = secondHash(key)
  const place = high >>> (32 - precision)
  const rest = (high << precision) >>> 0
  // Ones behind the bits that are left, so that a rank ends there.
  const rank = rest !== 0 ? Math.clz32(rest) + 1 : 32 - precision + Math.clz32(low) + 1
  if (rank > registers[place]!) registers[place] = rank
}

/** Adds the keys of another sketch of the same precision. */
export function mergeSketches(into: Uint8Array, other: Uint8Array): Uint8Array {
  for (let i = 0; i < into.length; i++) if (other[i]! > into[i]!) into[i] = other[i]!
  return into
}

/** How many distinct keys were added, to the nearest whole number. */
export function estimateDistinct(registers: Uint8Array): number {
  const m = registers.length
  const highest = HASH_BITS - Math.log2(m)
  const counts = new Float64Array(highest + 2)
  for (const rank of registers) counts[rank]!++
  let z = m * tau(1 - counts[highest + 1]! / m)
  for (let rank = highest; rank >= 1; rank--) z = 0.5 * (z + counts[rank]!)
  z += m * sigma(counts[0]! / m)
  return Math.round(((0.5 / Math.LN2) * m * m) / z)
}

function sigma(x: number): number {
  if (x === 1) return Infinity
  let y = 1
  let z = x
  for (let before = NaN; before !== z;) {
    x *= x
    before = z
    z += x * y
    y += y
  }
  return z
}

function tau(x: number): number {
  if (x === 0 || x === 1) return 0
  let y = 1
  let z = 1 - x
  for (let before = NaN; before !== z;) {
    x = Math.sqrt(x)
    before = z
    y *= 0.5
    z -= (1 - x) ** 2 * y
  }
  return z / 3
}

/** Independent of `hashKey`: MurmurHash3 over the UTF-16 units of the key's canonical text. */
function secondHash(key: unknown): number {
  const text = canonicalText(key)
  let hash = 0x5bd1e995
  for (let i = 0; i < text.length; i++) {
    const unit = Math.imul(text.charCodeAt(i), 0xcc9e2d51)
    hash ^= Math.imul((unit << 15) | (unit >>> 17), 0x1b873593)
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0
  }
  hash ^= text.length
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
