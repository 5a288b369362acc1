/** Takes rows of one shape apart: what each of them has at its places, in one loop that is made for that shape. */

import { compileFunction } from 'node:vm'
import { BoundedCache } from '../base/bounded-cache.ts'
import { hasNamedProperties } from './graph-writer.ts'
import { listOf } from './list-of.ts'
import { isWellFormed } from './text.ts'

/** The names of a plain object's properties in their order, or how many places a tuple has. */
export type RecordShape = readonly string[] | number

type Places = (Float64Array | unknown[])[]
type Take = (rows: readonly unknown[], count: number, places: Places) => boolean

/** An array of more places is a vector rather than a record; the value formats suit it. */
const maxWidth = 64

/** By the shape and what the first row has there, so that each loop meets one shape. */
const loops = new BoundedCache<Take>(500)
let compiled = 0

/** The shape of a plain array or object whose places say all about it. */
export function shapeOf(row: unknown): RecordShape | undefined {
  if (typeof row !== 'object' || row === null) return undefined
  if (Array.isArray(row))
    return row.length > 0 && row.length <= maxWidth && !hasNamedProperties(row) ? row.length : undefined
  if (Object.getPrototypeOf(row) !== Object.prototype) return undefined
  const names = Object.keys(row)
  return names.length > 0 && names.length <= maxWidth && names.every(isPlainName) ? names : undefined
}

/** Names that mean something to the language, or that are put in an order of their own, are left to the value formats. */
function isPlainName(name: string): boolean {
  return name !== '__proto__' && name !== 'constructor' && name !== 'toJSON' && !/^\d/.test(name) && isWellFormed(name)
}

/**
 * For each place of the first `count` rows one list, or a Float64Array where the first row has a number; undefined where a
 * row is of another shape, or has no number there.
 */
export function takePlaces(rows: readonly unknown[], shape: RecordShape, count = rows.length): Places | undefined {
  const first = rows[0] as Record<string | number, unknown>
  const keys = typeof shape === 'number' ? Array.from({ length: shape }, (_, place) => place) : shape
  const isNumber = keys.map((key) => typeof first[key] === 'number')
  const take = loops.getOrMake(JSON.stringify([shape, isNumber]), () => compileTake(shape, keys, isNumber))
  const places = isNumber.map((number) => (number ? new Float64Array(count) : listOf<unknown>(count)))
  return take(rows, count, places) ? places : undefined
}

/**
 * A plain array of that length and no regular expression match; `constructor` is the cheapest way to ask. To look for other
 * named properties takes longer than all the rest, so only one array in sixteen is asked.
 */
const tupleCheck = (width: number) =>
  `if (!Array.isArray(row) || row.length !== ${width} || row.constructor !== Array || row.index !== undefined) return false
    if ((i & 15) === 15 && Object.keys(row).length > ${width}) return false`

/** Objects made in one place have one shape, so asking for their names in order is one comparison each. */
const objectCheck = `if (typeof row !== 'object' || row === null || Object.getPrototypeOf(row) !== Object.prototype) return false
    let place = 0
    for (const name in row) if (name !== names[place++]) return false
    if (place !== names.length) return false`

function compileTake(shape: RecordShape, keys: readonly (string | number)[], isNumber: readonly boolean[]): Take {
  const steps = keys.map((key, k) =>
    isNumber[k]
      ? `const value${k} = row[${JSON.stringify(key)}]
    if (typeof value${k} !== 'number') return false
    place${k}[i] = value${k}`
      : `place${k}[i] = row[${JSON.stringify(key)}]`,
  )
  // The number keeps V8 from taking two loops of equal text for one.
  const code = `'use strict' // places ${++compiled}
return function takePlaces(rows, count, places) {
  const [${keys.map((_, k) => `place${k}`).join(', ')}] = places
  for (let i = 0; i < count; i++) {
    const row = rows[i]
    ${typeof shape === 'number' ? tupleCheck(shape) : objectCheck}
    ${steps.join('\n    ')}
  }
  return true
}`
  return compileFunction(code, ['names'], { filename: 'gridify-places' })(shape) as Take
}
