/**
 * Compiles a shipped function as `(function (env) { const {a, b} = env; return [source, setLate] })`. Constants are as
 * fast as in the original; `with` would be a hundred times slower. Stacks show the driver's file and line.
 */

import { Script } from 'node:vm'
import { splitName, splits, withFastSplits, type Splits } from './fast-split.ts'
import type { WireFunction } from './wire.ts'

const envName = '__gridify_env'
const lateName = '__gridify_late'

/** Returns the function and a setter for the names that were left open. */
export type FunctionFactory = (env: Record<string, unknown>) => readonly [unknown, (late: object) => void]

/** Names in `late` can be set only after the function exists: it and they refer to each other. */
export function compileFunction(wire: WireFunction, late: readonly string[]): FunctionFactory {
  const { form, strict, names, assigned, url, line, column } = wire
  const source = withFastSplits(wire.source)
  const open = new Set(late)
  const usesArguments = names.includes('arguments')
  const fixed = names.filter((name) => name !== 'arguments' && !open.has(name))
  const constants = fixed.filter((name) => !assigned.includes(name))
  const variables = fixed.filter((name) => assigned.includes(name))
  const declarations = [
    strict ? '"use strict";' : '',
    constants.length > 0 ? `const {${constants.join(',')}}=${envName};` : '',
    variables.length > 0 ? `let {${variables.join(',')}}=${envName};` : '',
    late.length > 0 ? `let ${late.join(',')};` : '',
  ].join('')
  // An arrow function's `arguments` are those of the function around it: give it one that was called with them.
  const [before, after] = usesArguments ? ['return(function(){', `}).apply(undefined,${envName}.arguments)`] : ['', '']
  const [left, right] = form === 'expression' ? ['(', ')'] : ['({', '})']
  const head = `(function(${envName},${splitName}){${declarations}${before}return[${left}`
  const setLate = late.length > 0 ? `({${late.join(',')}}=${lateName})` : ''
  const code = `${head}${source}${right},function(${lateName}){${setLate}}]${after}})`
  const script = new Script(code, {
    filename: url || 'gridify-closure',
    lineOffset: line,
    columnOffset: column - head.length,
  })
  const make = script.runInThisContext() as (env: object, split: Splits) => ReturnType<FunctionFactory>
  const factory: FunctionFactory = (env) => make(env, splits)
  if (form === 'expression') return factory
  return (env) => {
    const [holder, set] = factory(env)
    return [memberOf(holder as object, form), set]
  }
}

function memberOf(holder: object, form: 'method' | 'getter' | 'setter'): unknown {
  const descriptor = Object.getOwnPropertyDescriptor(holder, Reflect.ownKeys(holder)[0]!)
  return form === 'method' ? descriptor?.value : form === 'getter' ? descriptor?.get : descriptor?.set
}
