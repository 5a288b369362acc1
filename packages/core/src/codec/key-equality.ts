/** When two keys are the same: by value, as `hashKey` sees them, in two forms, a test and a canonical text. */
import { types } from 'node:util'
import { InternalError } from '../base/errors.ts'
import { bytesOf } from './bytes.ts'
import { compareBytes } from './order.ts'

/** Whether two keys are equal by value: NaN equals NaN, -0 equals 0, order of object keys ignored, 1 is not 1n. */
export function sameKey(a: unknown, b: unknown): boolean {
  if (a === b || (a !== a && b !== b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false
    for (let i = 0; i < a.length; i++) if (!sameKey(a[i], b[i])) return false
    return true
  }
  if (Array.isArray(b)) return false
  if (types.isDate(a) || types.isDate(b)) {
    return types.isDate(a) && types.isDate(b) && Object.is(a.getTime(), b.getTime())
  }
  const bytesA = bytesOf(a)
  const bytesB = bytesOf(b)
  if (bytesA !== undefined || bytesB !== undefined) {
    return bytesA !== undefined && bytesB !== undefined && compareBytes(bytesA, bytesB) === 0
  }
  return sameEntries(a as Record<string, unknown>, b as Record<string, unknown>)
}

function sameEntries(a: Record<string, unknown>, b: Record<string, unknown>): boolean {
  const names = Object.keys(a)
  if (names.length !== Object.keys(b).length) return false
  return names.every((name) => Object.hasOwn(b, name) && sameKey(a[name], b[name]))
}

/** A text that two keys share exactly when `sameKey` holds, so that a JS Map can find structural keys. */
export function canonicalText(key: unknown): string {
  switch (typeof key) {
    case 'string':
      return `s${key.length}:${key}`
    case 'number':
      // String() gives '0' for -0, and a text that reads back to the same double for all others.
      return `n${key};`
    case 'bigint':
      return `i${key};`
    case 'boolean':
      return key ? 't' : 'f'
    case 'undefined':
      return 'u'
    case 'object':
      return key === null ? 'l' : canonicalObject(key)
    default:
      throw new InternalError(`a ${typeof key} as key; assertKey should have refused it`)
  }
}

function canonicalObject(key: object): string {
  if (Array.isArray(key)) {
    let text = `[${key.length}:`
    for (let i = 0; i < key.length; i++) text += canonicalText(key[i])
    return text
  }
  if (types.isDate(key)) return `d${key.getTime()};`
  const bytes = bytesOf(key)
  if (bytes !== undefined) {
    return `x${bytes.length}:${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')}`
  }
  const names = Object.keys(key).sort()
  let text = `{${names.length}:`
  for (const name of names) text += canonicalText(name) + canonicalText((key as Record<string, unknown>)[name])
  return text
}
