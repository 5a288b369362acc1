/** The text of a row where rows are written as lines. */

import { inspect } from 'node:util'
import { valueError } from '../base/value-error.ts'
import { plainRow } from '../codec/group.ts'

/** `String(row)`, refused where it says `[object Object]` for what the row holds; `instead` is the cure. */
export function rowText(row: unknown, instead: string): string {
  if (typeof row !== 'object' || row === null) return String(row)
  const plain = plainRow(row)
  let text: string
  try {
    text = String(plain)
  } catch (cause) {
    // One without a prototype has no text at all.
    if (holdsTextless(plain)) throw textless(plain, instead)
    throw cause
  }
  // A text of the user's may hold this too.
  if (text.includes('[object ') && holdsTextless(plain)) throw textless(plain, instead)
  return text
}

function textless(row: unknown, instead: string): Error {
  const shown = inspect(row, { depth: 2, breakLength: Infinity, maxArrayLength: 10, maxStringLength: 60 }).slice(0, 200)
  return valueError(`the row ${shown} has no text of its own for what is in it; ${instead}`)
}

/** An object whose text is only `[object Object]` or the like, or a list with one in it. */
function holdsTextless(value: unknown, around = new Set<unknown>()): boolean {
  if (typeof value !== 'object' || value === null || around.has(value)) return false
  around.add(value)
  if (Array.isArray(value)) return value.some((part) => holdsTextless(part, around))
  const of = (name: PropertyKey) => (value as Readonly<Record<PropertyKey, unknown>>)[name]
  const ownText = of('toString')
  if (typeof of(Symbol.toPrimitive) === 'function') return false
  return typeof ownText !== 'function' || Reflect.apply(ownText, value, []) === Object.prototype.toString.call(value)
}
