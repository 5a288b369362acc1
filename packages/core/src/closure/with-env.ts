/** The explicit form of a closure, for runtimes without an inspector: the environment is named, not found. */

import { callSite, describeCallSite } from '../base/call-site.ts'
import { ClosureError, UsageError } from '../base/errors.ts'
import { analyseFunction } from './analyse-function.ts'
import { isStandardGlobal } from './intrinsics.ts'

interface RecordedEnv {
  readonly factory: Function
  readonly env: object
}

const recorded = new WeakMap<Function, RecordedEnv>()
const sites = new WeakMap<Function, string>()

/**
 * Returns `factory(env)` and remembers how it was made, so that executors can make it again from `env` alone: for
 * runtimes without an inspector, where captured variables cannot be read.
 * @throws ClosureError where the factory uses more than `env` and globals; UsageError where it returns no function.
 * @example
 * const factor = 3
 * const scale = withEnv({ factor }, ({ factor }) => (n: number) => n * factor)
 * await context.range(1, 4).map(scale).collect() // [3, 6, 9]
 */
export function withEnv<E extends object, F extends Function>(env: E, factory: (env: E) => F): F {
  const site = callSite('withEnv')
  const { outside, isArrow } = analyseFunction(Function.prototype.toString.call(factory))
  for (const [name, use] of outside.names) {
    if (isStandardGlobal(name) || use.typeofOnly) continue
    throw new ClosureError(
      `${describeCallSite(site)}: the factory uses \`${name}\` from outside; put it into the environment: withEnv({ ${name} }, ({ ${name} }) => ...)`,
    )
  }
  if ((outside.usesThis && isArrow) || outside.usesImportMeta || outside.callsEval) {
    throw new ClosureError(
      `${describeCallSite(site)}: the factory may use only its environment and globals, not this, import.meta or eval`,
    )
  }
  const fn = factory(env)
  if (typeof fn !== 'function') {
    throw new UsageError(`${describeCallSite(site)}: the factory must return a function, not ${typeof fn}`)
  }
  recorded.set(fn, { factory, env })
  sites.set(factory, site.location)
  return fn
}

export function recordedEnv(fn: Function): RecordedEnv | undefined {
  return recorded.get(fn)
}

/** The `withEnv` call of a factory, as `file:line:column`. */
export function factorySite(fn: Function): string | undefined {
  return sites.get(fn)
}
