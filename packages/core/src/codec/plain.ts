/**
 * One cheap walk that finds out whether msgpackr gives a value back exactly as it is: JSON-like trees of well-formed
 * strings, numbers but -0, booleans, null, undefined and Dates, without holes, shared references or odd prototypes.
 */
import { hasNamedProperties } from './graph-writer.ts'
import { isWellFormed } from './text.ts'

/** Deeper values take the graph format, which reports a stack that is too small. */
const MAX_DEPTH = 100
/** Up to here a scan of the list beats a Set. */
const SCANNED = 24

/** The objects of the value at hand, to notice one that comes twice. */
const seen: (object | undefined)[] = []
let seenCount = 0
const seenMany = new Set<object>()

/** The names of the object before: rows are mostly of one shape, so each name is checked once. */
const lastNames: string[] = []
const MAX_LAST_NAMES = 64

let listsArrays = true

/**
 * Whether msgpackr gives this value back exactly; never throws, and false is always safe. Asking small arrays for named
 * properties takes longer than coding them, so all but the first row of a block pass `listArrays = false`: only those
 * of regular expression matches are found then.
 */
export function isPlain(value: unknown, listArrays = true): boolean {
  if (typeof value !== 'object') return isPlainPrimitive(value)
  if (value === null) return true
  listsArrays = listArrays
  const result = isPlainTree(value, 0)
  while (seenCount > 0) seen[--seenCount] = undefined
  if (seenMany.size > 0) seenMany.clear()
  return result
}

function isPlainPrimitive(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
      return isWellFormed(value)
    case 'number':
      return value !== 0 || 1 / value > 0
    case 'boolean':
    case 'undefined':
      return true
    default:
      return false
  }
}

function isPlainTree(value: object, depth: number): boolean {
  if (depth > MAX_DEPTH || wasSeen(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype) {
    let place = 0
    for (const name in value) {
      if (name !== lastNames[place]) {
        if (isSpecialName(name) || !isWellFormed(name)) return false
        if (place < MAX_LAST_NAMES) lastNames[place] = name
      }
      place++
      const part = (value as Record<string, unknown>)[name]
      if (typeof part === 'object' ? part !== null && !isPlainTree(part, depth + 1) : !isPlainPrimitive(part))
        return false
    }
    return true
  }
  if (prototype === Array.prototype) {
    return Array.isArray(value) && isPlainArray(value, depth)
  }
  return prototype === Date.prototype && value instanceof Date && isDate(value)
}

function isPlainArray(value: readonly unknown[], depth: number): boolean {
  for (let i = 0; i < value.length; i++) {
    const part = value[i]
    if (typeof part === 'object' ? part !== null && !isPlainTree(part, depth + 1) : !isPlainPrimitive(part))
      return false
    if (part === undefined && !Object.hasOwn(value, i)) return false
  }
  return listsArrays ? !hasNamedProperties(value) : (value as { index?: unknown }).index === undefined
}

/** Names to which msgpackr or the language gives a meaning of their own. */
function isSpecialName(name: string): boolean {
  return name === '__proto__' || name === 'constructor' || name === 'toJSON'
}

function wasSeen(value: object): boolean {
  if (seenCount < SCANNED) {
    for (let i = 0; i < seenCount; i++) if (seen[i] === value) return true
    seen[seenCount++] = value
    return false
  }
  if (seenMany.size === 0) for (const earlier of seen) seenMany.add(earlier!)
  const before = seenMany.size
  return seenMany.add(value).size === before
}

function isDate(value: Date): boolean {
  try {
    return !Number.isNaN(value.getTime())
  } catch {
    return false // Object.create(Date.prototype)
  }
}
