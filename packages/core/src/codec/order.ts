/**
 * The one total order of values, used by sortBy, top and range partitions:
 * null < undefined < boolean < number and bigint by value (NaN last) < string by code point < Date < bytes < array <
 * plain object. It looks at values only, never at where they came from.
 */
import { types } from 'node:util'
import { describeCallSite, type CallSite } from '../base/call-site.ts'
import { namedAt, valueError } from '../base/value-error.ts'
import { bytesOf } from './bytes.ts'
import { describeValue, isPlainObject } from './kinds.ts'

/**
 * Negative, zero or positive; zero for -0 with 0, 1 with 1n, NaN with NaN. Refuses values that have no order.
 * Array.prototype.sort never asks about undefined but puts it last: sort entries that hold the values, not bare values.
 */
export function compareValues(a: unknown, b: unknown): number {
  return compareInside(a, b, 0)
}

/** The same order on the driver, where a refusal has to name the operation itself; tasks do that for all of theirs. */
export function comparisonAt(site: CallSite): (a: unknown, b: unknown) => number {
  return (a, b) => {
    try {
      return compareValues(a, b)
    } catch (error) {
      throw namedAt(describeCallSite(site), error)
    }
  }
}

/** Few values are as deep unless they contain themselves: that is only asked here, since asking takes long. */
const suspiciousDepth = 200

function compareInside(a: unknown, b: unknown, depth: number): number {
  if (typeof a === 'number' && typeof b === 'number') return compareNumbers(a, b)
  if (typeof a === 'string' && typeof b === 'string') return compareStrings(a, b)
  const rank = rankOf(a)
  const difference = rank - rankOf(b)
  if (difference !== 0) return difference
  switch (rank) {
    case RANK_BOOLEAN:
      return Number(a) - Number(b)
    case RANK_NUMBER:
      return compareNumbers(a as number | bigint, b as number | bigint)
    case RANK_DATE:
      return compareNumbers((a as Date).getTime(), (b as Date).getTime())
    case RANK_BYTES:
      return compareBytes(bytesOf(a)!, bytesOf(b)!)
    case RANK_ARRAY:
      return compareArrays(a as unknown[], b as unknown[], depth + 1)
    case RANK_OBJECT:
      return compareObjects(a as Record<string, unknown>, b as Record<string, unknown>, depth + 1)
    default:
      return 0
  }
}

const RANK_NULL = 0
const RANK_UNDEFINED = 1
const RANK_BOOLEAN = 2
const RANK_NUMBER = 3
const RANK_STRING = 4
const RANK_DATE = 5
const RANK_BYTES = 6
const RANK_ARRAY = 7
const RANK_OBJECT = 8

function rankOf(value: unknown): number {
  switch (typeof value) {
    case 'undefined':
      return RANK_UNDEFINED
    case 'boolean':
      return RANK_BOOLEAN
    case 'number':
    case 'bigint':
      return RANK_NUMBER
    case 'string':
      return RANK_STRING
    case 'object':
      if (value === null) return RANK_NULL
      if (Array.isArray(value)) return RANK_ARRAY
      if (isPlainObject(value)) return RANK_OBJECT
      if (types.isDate(value)) return RANK_DATE
      if (bytesOf(value) !== undefined) return RANK_BYTES
  }
  throw refused(describeValue(value))
}

const refused = (what: string) =>
  valueError(`${what} has no place in the order of values; sort by a number, string, Date, array or plain object`)

function compareNumbers(a: number | bigint, b: number | bigint): number {
  if (a < b) return -1
  if (a > b) return 1
  if (a === b) return 0
  // NaN is left, or a bigint beside an equal number; the comparisons above are exact between the two types.
  const aIsNaN = a !== a
  const bIsNaN = b !== b
  return aIsNaN === bIsNaN ? 0 : aIsNaN ? 1 : -1
}

/** By code point: UTF-16 units put U+1F600 before U+FFFD, because surrogates are units below 0xE000. */
export function compareStrings(a: string, b: string): number {
  if (a === b) return 0
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) {
    const unitA = a.charCodeAt(i)
    const unitB = b.charCodeAt(i)
    if (unitA === unitB) continue
    if (unitA < 0xd800 || unitB < 0xd800) return unitA - unitB
    // A high surrogate just before makes a pair, so a code point above all units, with a low one after it.
    const pairA = i > 0 && isLowSurrogate(unitA) && isHighSurrogate(a.charCodeAt(i - 1))
    const pairB = i > 0 && isLowSurrogate(unitB) && isHighSurrogate(b.charCodeAt(i - 1))
    if (pairA || pairB) return pairA && pairB ? unitA - unitB : pairA ? 1 : -1
    return a.codePointAt(i)! - b.codePointAt(i)!
  }
  return a.length - b.length
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff
}

export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) {
    const difference = a[i]! - b[i]!
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

function compareArrays(a: readonly unknown[], b: readonly unknown[], depth: number): number {
  if (depth === suspiciousDepth) refuseCycles(a, b)
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) {
    const difference = compareInside(a[i], b[i], depth)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

function compareObjects(a: Record<string, unknown>, b: Record<string, unknown>, depth: number): number {
  if (depth === suspiciousDepth) refuseCycles(a, b)
  const keysA = Object.keys(a).sort(compareStrings)
  const keysB = Object.keys(b).sort(compareStrings)
  const shared = Math.min(keysA.length, keysB.length)
  for (let i = 0; i < shared; i++) {
    const difference = compareStrings(keysA[i]!, keysB[i]!) || compareInside(a[keysA[i]!], b[keysB[i]!], depth)
    if (difference !== 0) return difference
  }
  return keysA.length - keysB.length
}

function refuseCycles(a: object, b: object): void {
  if (containsItself(a, new Set(), new Set()) || containsItself(b, new Set(), new Set()))
    throw refused('a value that contains itself')
}

function containsItself(value: unknown, around: Set<object>, known: Set<object>): boolean {
  if (typeof value !== 'object' || value === null || known.has(value)) return false
  if (around.has(value)) return true
  if (!Array.isArray(value) && !isPlainObject(value)) return false
  around.add(value)
  const found = Object.values(value).some((part) => containsItself(part, around, known))
  around.delete(value)
  known.add(value)
  return found
}
