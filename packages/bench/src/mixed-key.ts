/**
 * Keys in no order: murmur3's 32-bit finaliser (Austin Appleby, public domain), a bijection of 32-bit numbers. The other
 * cases' keys come round in order, which a cache likes; these do not.
 */

/** From 0 to 2^32 - 1. */
export function mixedKey(i: number): number {
  let hash = i | 0
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/** Defines `mixed_key(i)`; to be run before a statement that calls it. */
export const mixedKeySql = [
  `create or replace temp macro mix1(h) as ((xor(h, h >> 16) * 2246822507) & 4294967295)`,
  `create or replace temp macro mix2(h) as ((xor(h, h >> 13) * 3266489909) & 4294967295)`,
  `create or replace temp macro mix3(h) as xor(h, h >> 16)`,
  `create or replace temp macro mixed_key(i) as mix3(mix2(mix1(i::UBIGINT)))::BIGINT`,
]

export const mixedKeyScala = `object Mixed {
  def mixedKey(i: Long): Long = {
    var h = i.toInt
    h = (h ^ (h >>> 16)) * 0x85ebca6b
    h = (h ^ (h >>> 13)) * 0xc2b2ae35
    (h ^ (h >>> 16)) & 0xffffffffL
  }
}`

export const mixedKeyPython = `def mixed_key(h):
    h = ((h ^ (h >> 16)) * 0x85ebca6b) & 0xffffffff
    h = ((h ^ (h >> 13)) * 0xc2b2ae35) & 0xffffffff
    return h ^ (h >> 16)
`
