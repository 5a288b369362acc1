/** Takes rows apart: what each of them has at some places, in one loop that is made for these places. */

import { compileFunction } from 'node:vm'

type Places = (Float64Array | unknown[])[]
type Take = (rows: readonly unknown[], places: Places) => boolean

/** By the places and what the first row has there, so that each loop meets one shape; begun anew when there are too many. */
const loops = new Map<string, Take>()
const maxLoops = 500

/**
 * One list for each of the keys, or a Float64Array where the first row has a number; undefined where a later row has none
 * there.
 */
export function takePlaces(rows: readonly unknown[], keys: readonly (string | number)[]): Places | undefined {
  const first = rows[0] as Record<string | number, unknown>
  const isNumber = keys.map((key) => typeof first[key] === 'number')
  const shape = JSON.stringify([keys, isNumber])
  let take = loops.get(shape)
  if (!take) {
    if (loops.size >= maxLoops) loops.clear()
    loops.set(shape, (take = compileTake(keys, isNumber)))
  }
  const places = isNumber.map((number) => (number ? new Float64Array(rows.length) : []))
  return take(rows, places) ? places : undefined
}

function compileTake(keys: readonly (string | number)[], isNumber: readonly boolean[]): Take {
  const steps = keys.map((key, k) =>
    isNumber[k]
      ? `const value${k} = row[${JSON.stringify(key)}]
    if (typeof value${k} !== 'number') return false
    place${k}[i] = value${k}`
      : `place${k}.push(row[${JSON.stringify(key)}])`,
  )
  // The number keeps V8 from taking two loops of equal text for one.
  const code = `'use strict' // places ${loops.size}
return function takePlaces(rows, places) {
  const [${keys.map((_, k) => `place${k}`).join(', ')}] = places
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]
    ${steps.join('\n    ')}
  }
  return true
}`
  return compileFunction(code, [], { filename: 'gridify-places' })() as Take
}
