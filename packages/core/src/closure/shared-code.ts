/**
 * Closures whose functions read the same get these from the same compiled factories, whatever they captured: V8 then goes on
 * with what it has learnt of them, where a program sends the same function with new values in each iteration.
 */

import type { FunctionFactory } from './compile-function.ts'
import type { WireClosure } from './wire.ts'

export interface SharedCode {
  /** Names the code within this thread. */
  readonly id: number
  /** By the number of the function's node, and the names that are set late. */
  readonly factories: Map<string, FunctionFactory>
}

const codes = new Map<string, SharedCode>()
const codeOfFunction = new WeakMap<Function, SharedCode>()
let made = 0
let units = 0
/** Code is small, but a driver may send any number of different functions: begun anew when there are too many. */
const maxCodes = 1000
const maxUnits = 8 * 2 ** 20

/** All functions of the closure decide, not one: a function that calls what it captured is fast while it captures the same code. */
export function codeOf({ nodes }: WireClosure): SharedCode {
  const functions = nodes.flatMap((node, id) => {
    if (node[0] !== 'function') return []
    const { source, form, strict, names, assigned, url, line, column } = node[1]
    return [[id, source, form, strict, names, assigned, url, line, column]]
  })
  const key = JSON.stringify(functions)
  let code = codes.get(key)
  if (!code) {
    units += key.length
    if (codes.size >= maxCodes || units > maxUnits) {
      codes.clear()
      units = key.length
    }
    codes.set(key, (code = { id: ++made, factories: new Map() }))
  }
  return code
}

export function noteCode(root: Function, code: SharedCode): void {
  codeOfFunction.set(root, code)
}

/** Equal for functions that came out of closures of equal code. */
export function codeIdOf(root: Function): number | undefined {
  return codeOfFunction.get(root)?.id
}
