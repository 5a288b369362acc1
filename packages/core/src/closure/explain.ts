/** Shows what would leave the process with a function: for a review of secrets, and of what is too large. */

import { callSite } from '../base/call-site.ts'
import { capturedBytes, captureGraph } from './capture.ts'

/** A captured variable, as `explainClosure` shows it. */
export interface ExplainedCapture {
  /** `cfg`, or for a helper's own captures `helper (function helper at util.ts:3:8) -> table`. */
  readonly path: string
  /** What it is: `number`, `object`, `function`, `class`, or the name of its class. */
  readonly kind: string
  /** With all that is first reached through it. */
  readonly bytes: number
}

/** What executors import for a function, in place of what the driver has. */
export interface ExplainedImport {
  /** The package or module, such as `node:path`. */
  readonly specifier: string
  /** The version that the driver has; null for modules of Node. */
  readonly version: string | null
  /** What is taken out of it. */
  readonly name: string
}

/** What would leave the process with a function. */
export interface ExplainedClosure {
  /** The function's own, or ''. */
  readonly name: string
  /** Where it stands, as `file:line:column`. */
  readonly location: string
  /** All that is sent: source, captured values, and those of what they use in turn. */
  readonly bytes: number
  /** What it captures, and what helpers capture that it uses. */
  readonly captures: readonly ExplainedCapture[]
  /** What executors must have installed. */
  readonly imports: readonly ExplainedImport[]
  /** What may surprise, such as an assignment to a captured variable. */
  readonly warnings: readonly string[]
}

/**
 * Shows what would leave the process with a function: for a review of secrets, and of what is too large. Sends nothing.
 * @throws ClosureError where the function cannot be sent.
 * @example
 * const config = { factor: 3, password: 'hunter2' }
 * const { captures } = explainClosure((n: number) => n * config.factor)
 * captures.map(({ path, kind }) => [path, kind]) // [['`config`', 'object']]
 */
export function explainClosure(fn: Function): ExplainedClosure {
  const { closure, graph } = captureGraph(fn, callSite('explainClosure'))
  graph.measureTrails()
  const captures = graph.variables.map(({ trail, value, slot }) => ({
    path: String(trail).replace(/^\([^)]*\) -> /, ''),
    kind: kindOf(value),
    bytes: capturedBytes(graph, trail, slot),
  }))
  const imports = graph.imports.map(({ specifier, file, version, name }) => ({
    specifier: file === null ? specifier : `${specifier}/${file}`,
    version,
    name,
  }))
  const { name, location, bytes, warnings } = closure
  return { name, location, bytes: bytes.length, captures, imports, warnings }
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value === 'function')
    return /^class\b/.test(Function.prototype.toString.call(value)) ? 'class' : 'function'
  if (typeof value !== 'object') return typeof value
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === null || prototype === Object.prototype) return 'object'
  const constructor: unknown = Object.getOwnPropertyDescriptor(prototype as object, 'constructor')?.value
  return typeof constructor === 'function' && constructor.name ? constructor.name : 'object'
}
