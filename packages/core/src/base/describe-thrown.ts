/** What was thrown, in words. User code throws anything: proxies, objects whose getters throw, errors without a text. */

import { inspect, types } from 'node:util'

const longest = 500

/** `RangeError: too far`, or `a thrown { code: 5 }`; never throws itself. */
export function describeThrown(thrown: unknown): string {
  if (isError(thrown)) {
    const [name, message] = [errorText(thrown, 'name'), errorText(thrown, 'message')]
    return message === '' ? name : `${name}: ${message}`
  }
  return `a thrown ${typeof thrown === 'string' ? thrown : described(thrown)}`
}

/** Also false for a proxy that lets nobody ask. */
export function isError(value: unknown): value is Error {
  try {
    return types.isNativeError(value) || value instanceof Error
  } catch {
    return false
  }
}

/** A property that should be a text, as a text. */
export function errorText(error: Error, property: 'name' | 'message' | 'stack'): string {
  try {
    const value: unknown = error[property]
    return typeof value === 'string' ? value : value === undefined ? '' : described(value)
  } catch (reason) {
    return `(${property} cannot be read: ${described(reason)})`
  }
}

function described(value: unknown): string {
  try {
    // Without `showProxy`, a proxy's target is shown, and none of its traps is called.
    const text = inspect(value, { depth: 2, breakLength: Infinity, maxArrayLength: 20, maxStringLength: 200 })
    return text.length > longest ? `${text.slice(0, longest)}...` : text
  } catch {
    return `${typeof value} that cannot be shown`
  }
}
