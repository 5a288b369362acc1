/** What a value takes at the least when it is encoded, part by part; for those that a rough estimate finds very large. */

import { types } from 'node:util'

/** V8 keeps longer arrays as dictionaries, which are listed by what they hold. */
const longestDense = 2 ** 25

/** Ends once it is more than `enough`. */
export function leastBytes(root: unknown, enough: number): number {
  const seen = new Set<object>()
  const waiting: unknown[] = [root]
  let bytes = 0
  while (waiting.length > 0 && bytes <= enough) {
    const value = waiting.pop()
    bytes += typeof value === 'string' ? value.length : 1
    if (typeof value !== 'object' || value === null || seen.has(value)) continue
    seen.add(value)
    if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) bytes += value.byteLength
    else if (Array.isArray(value) && value.length <= longestDense)
      for (let i = 0; i < value.length; i++) {
        const part: unknown = value[i]
        if (typeof part === 'string' || (typeof part === 'object' && part !== null)) waiting.push(part)
        else if (part !== undefined) bytes += Number.isInteger(part) ? 1 : 8
      }
    else if (value instanceof Map) for (const entry of value) waiting.push(...entry)
    else if (value instanceof Set) for (const member of value) waiting.push(member)
    else for (const name of Object.keys(value)) waiting.push((value as Record<string, unknown>)[name])
  }
  return bytes
}
