/**
 * The one hash of keys. It decides which partition a key goes to, so it must never change: not between processes, nor
 * between versions (golden values in the tests hold it).
 */
import { types } from 'node:util'
import { InternalError } from '../base/errors.ts'
import { bytesOf } from './bytes.ts'
import { checkText } from './value-limits.ts'

export const FNV_OFFSET = 0x811c9dc5
export const FNV_PRIME = 0x01000193
const GOLDEN = 0x9e3779b1

// Seeds keep keys of different types apart: '' from null, [] from {}, 1n from '1'.
const SEED_NULL = 0x6e756c6c
const SEED_UNDEFINED = 0x756e6465
const SEED_TRUE = 0x74727565
const SEED_FALSE = 0x66616c73
const SEED_BIGINT = 0x62696769
const SEED_DATE = 0x64617465
const SEED_BYTES = 0x62797465
const SEED_ARRAY = 0x61727261
const SEED_OBJECT = 0x6f626a65

/** A uint32 that is equal for equal keys; trusts that `assertKey` would accept the key. */
export function hashKey(key: unknown): number {
  if (typeof key === 'number') return hashNumber(key) >>> 0
  if (typeof key === 'string') return hashString(key) >>> 0
  return hashOther(key) >>> 0
}

/** The finalizer of MurmurHash3: every bit of the input reaches every bit of the result. */
export function fmix(hash: number): number {
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}

const double = new DataView(new ArrayBuffer(8))

export function hashNumber(value: number): number {
  // -0 | 0 is 0, and -0 === 0, so both zeros take this way.
  if ((value | 0) === value) return fmix(value | 0)
  // One bit pattern for all NaNs.
  double.setFloat64(0, value !== value ? NaN : value, true)
  const high = value !== value ? 0x7ff80000 : double.getInt32(4, true)
  const low = value !== value ? 0 : double.getInt32(0, true)
  return fmix(low ^ Math.imul(high, GOLDEN))
}

/** FNV-1a over the UTF-8 bytes, without making them; a lone surrogate counts as U+FFFD. */
export function hashString(text: string): number {
  checkText(text.length)
  let hash = FNV_OFFSET
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) {
      hash = Math.imul(hash ^ unit, FNV_PRIME)
      continue
    }
    let point = text.codePointAt(i)!
    if (point > 0xffff) {
      i++
      hash = Math.imul(hash ^ (0xf0 | (point >> 18)), FNV_PRIME)
      hash = Math.imul(hash ^ (0x80 | ((point >> 12) & 63)), FNV_PRIME)
    } else if (point > 0x7ff) {
      if (point >= 0xd800 && point <= 0xdfff) point = 0xfffd
      hash = Math.imul(hash ^ (0xe0 | (point >> 12)), FNV_PRIME)
    } else {
      hash = Math.imul(hash ^ (0xc0 | (point >> 6)), FNV_PRIME)
      hash = Math.imul(hash ^ (0x80 | (point & 63)), FNV_PRIME)
      continue
    }
    hash = Math.imul(hash ^ (0x80 | ((point >> 6) & 63)), FNV_PRIME)
    hash = Math.imul(hash ^ (0x80 | (point & 63)), FNV_PRIME)
  }
  return fmix(hash)
}

function hashOther(key: unknown): number {
  switch (typeof key) {
    case 'number':
      return hashNumber(key)
    case 'string':
      return hashString(key)
    case 'undefined':
      return fmix(SEED_UNDEFINED)
    case 'boolean':
      return fmix(key ? SEED_TRUE : SEED_FALSE)
    case 'bigint':
      return fmix(SEED_BIGINT ^ hashString(key.toString(16)))
    case 'object':
      return key === null ? fmix(SEED_NULL) : hashObject(key)
    default:
      throw new InternalError(`hashKey got a ${typeof key}; assertKey should have refused it`)
  }
}

function hashObject(key: object): number {
  if (Array.isArray(key)) {
    let hash = SEED_ARRAY ^ key.length
    for (let i = 0; i < key.length; i++) hash = fmix(Math.imul(hash, 31) + hashOther(key[i]))
    return fmix(hash)
  }
  if (types.isDate(key)) return fmix(SEED_DATE ^ hashNumber(key.getTime()))
  const bytes = bytesOf(key)
  if (bytes !== undefined) {
    let hash = FNV_OFFSET
    for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i]!, FNV_PRIME)
    return fmix(SEED_BYTES ^ hash)
  }
  // A sum, because the order of an object's keys does not matter.
  let hash = SEED_OBJECT
  for (const name of Object.keys(key)) {
    const value = hashOther((key as Record<string, unknown>)[name])
    hash = (hash + fmix(Math.imul(hashString(name), 31) + value)) | 0
  }
  return fmix(hash)
}
