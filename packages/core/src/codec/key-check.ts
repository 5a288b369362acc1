/** Refuses keys that cannot be compared by value, before they reach a hash table where they would silently differ. */
import { types } from 'node:util'
import { UsageError } from '../base/errors.ts'
import { bytesOf } from './bytes.ts'
import { describeValue, isPlainObject } from './kinds.ts'

/** Throws a UsageError that names the record (`what`) and the culprit when `key` holds anything but plain data. */
export function assertKey(key: unknown, what: string): void {
  if (typeof key === 'string' || typeof key === 'number') return
  const culprit = findRefused(key, '', [])
  if (culprit !== undefined)
    throw new UsageError(`${what}: ${culprit}; use numbers, strings, Dates, bytes, arrays or plain objects`)
}

/** Says what cannot be compared and where it is, or undefined when all of the key can. */
function findRefused(key: unknown, path: string, parents: readonly object[]): string | undefined {
  if (typeof key === 'function' || typeof key === 'symbol') return refusal(key, path)
  if (typeof key !== 'object' || key === null) return undefined
  if (parents.includes(key)) return `a key must not contain itself${at(path)}`
  if (Array.isArray(key)) {
    const inside = [...parents, key]
    for (let i = 0; i < key.length; i++) {
      const found = findRefused(key[i], `${path}[${i}]`, inside)
      if (found !== undefined) return found
    }
    return undefined
  }
  if (isPlainObject(key)) {
    const inside = [...parents, key]
    for (const [name, value] of Object.entries(key)) {
      const found = findRefused(value, `${path}.${name}`, inside)
      if (found !== undefined) return found
    }
    return undefined
  }
  return types.isDate(key) || bytesOf(key) !== undefined ? undefined : refusal(key, path)
}

function refusal(value: unknown, path: string): string {
  return `${describeValue(value)}${at(path)} cannot be compared by value, so it cannot be a key`
}

function at(path: string): string {
  return path === '' ? '' : ` (at key${path})`
}
