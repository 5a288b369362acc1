/** Shows what would leave the process with a function: for a review of secrets, and of what is too large. */

import { callSite } from '../base/call-site.ts'
import { capturedBytes, captureGraph } from './capture.ts'

export interface ExplainedCapture {
  /** `cfg`, or for a helper's own captures `helper (function helper at util.ts:3:8) -> table`. */
  readonly path: string
  readonly kind: string
  /** With all that is first reached through it. */
  readonly bytes: number
}

export interface ExplainedImport {
  readonly specifier: string
  readonly version: string | null
  readonly name: string
}

export interface ExplainedClosure {
  readonly name: string
  readonly location: string
  readonly bytes: number
  readonly captures: readonly ExplainedCapture[]
  readonly imports: readonly ExplainedImport[]
  readonly warnings: readonly string[]
}

/** @throws ClosureError where the function cannot be sent. */
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
