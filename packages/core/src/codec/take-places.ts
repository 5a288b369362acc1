/** Takes rows apart: what each of them has at some places, in one loop that is made for these places. */

import { compileFunction } from 'node:vm'

type Places = (Float64Array | unknown[])[]
type Take = (rows: readonly unknown[], places: Places) => boolean

/** By the places and what the first row has there, so that each loop meets one shape; begun anew when there are too many. */
const loops = new Map<string, Take>()
const maxLoops = 500

/**
 * One list for each of the `cells`, such as `[0]` or `["name"]`, or a Float64Array where the first row has a number; undefined
 * where a later row has none there.
 */
export function takePlaces(rows: readonly unknown[], cells: readonly string[]): Places | undefined {
  const first = rows[0] as Record<string, unknown>
  const isNumber = cells.map((cell) => typeof first[JSON.parse(cell)[0] as string] === 'number')
  const key = cells.map((cell, c) => (isNumber[c] ? `+${cell}` : cell)).join()
  let take = loops.get(key)
  if (!take) {
    if (loops.size >= maxLoops) loops.clear()
    loops.set(key, (take = compileTake(cells, isNumber)))
  }
  const places = isNumber.map((number) => (number ? new Float64Array(rows.length) : []))
  return take(rows, places) ? places : undefined
}

function compileTake(cells: readonly string[], isNumber: readonly boolean[]): Take {
  const steps = cells.map((cell, c) =>
    isNumber[c]
      ? `const value${c} = row${cell}
    if (typeof value${c} !== 'number') return false
    place${c}[i] = value${c}`
      : `place${c}.push(row${cell})`,
  )
  // The number keeps V8 from taking two loops of equal text for one.
  const code = `'use strict' // places ${loops.size}
return function takePlaces(rows, places) {
  const [${cells.map((_, c) => `place${c}`).join(', ')}] = places
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]
    ${steps.join('\n    ')}
  }
  return true
}`
  return compileFunction(code, [], { filename: 'gridify-places' })() as Take
}
