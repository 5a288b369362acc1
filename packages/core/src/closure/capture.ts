/** Captures a function with everything it uses, at the call that was given it, so that later changes do not matter. */

import { describeCallSite, type CallSite } from '../base/call-site.ts'
import { ClosureError, UsageError } from '../base/errors.ts'
import { classesOf } from './class-units.ts'
import type { Closure } from './closure.ts'
import { Graph, inlineBytes } from './graph.ts'
import { packClosure } from './pack-closure.ts'
import { Refusal, Trail } from './trail.ts'
import { nodeIndex } from './wire.ts'

const warnBytes = 1 << 20
const defaultLimitBytes = 64 << 20

/**
 * Takes a snapshot of a function and of the values that it captured. Costs about 0.1 ms for each function in it.
 * @throws ClosureError that names the call, the path to what cannot be sent, and the cure.
 */
export function captureClosure(fn: Function, site: CallSite, options: { limitBytes?: number } = {}): Closure {
  const { closure, graph } = captureGraph(fn, site)
  const { limitBytes = defaultLimitBytes } = options
  const { length } = closure.bytes
  if (length > limitBytes)
    throw new ClosureError(
      `${describeCallSite(site)} cannot send its function to executors: it has ${formatBytes(length)}, ` +
        `the limit is ${formatBytes(limitBytes)}${largestCapture(graph)}; use context.broadcast(value)`,
    )
  if (length <= warnBytes) return closure
  const warning = `sends ${formatBytes(length)} to every executor${largestCapture(graph)}; use context.broadcast(value)`
  return { ...closure, warnings: [...closure.warnings, warning] }
}

/** The closure and the graph that it was packed from, for `explainClosure`. */
export function captureGraph(fn: Function, site: CallSite): { closure: Closure; graph: Graph } {
  if (typeof fn !== 'function') {
    throw new UsageError(`${describeCallSite(site)} needs a function, not ${fn === null ? 'null' : typeof fn}`)
  }
  const graph = new Graph()
  const root = new Trail(undefined, 'root', '')
  try {
    const wire = graph.describe(fn, root)
    const closure: Closure = {
      ...packClosure({ ...wire, classes: classesOf(graph, wire) }),
      name: fn.name,
      location: root.location,
      references: [...graph.references.values()],
      perTask: graph.assignsOutside,
      warnings: [...graph.warnings],
    }
    return { closure, graph }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    const path = String(error.trail) || `function ${fn.name}`.trimEnd()
    throw new ClosureError(
      `${describeCallSite(site)} cannot send its function to executors: ${path} ${error.message}`,
      { cause: error.cause },
    )
  }
}

function largestCapture(graph: Graph): string {
  graph.measureTrails()
  let largest: { trail: Trail; bytes: number } | undefined
  for (const { trail, slot } of graph.variables) {
    const bytes = capturedBytes(graph, trail, slot)
    if (largest === undefined || bytes > largest.bytes) largest = { trail, bytes }
  }
  return largest ? `, most of it in ${String(largest.trail)} (${formatBytes(largest.bytes)})` : ''
}

/** What a variable weighs: in place, or with all first reached through it. */
export function capturedBytes(graph: Graph, trail: Trail, slot: Parameters<typeof inlineBytes>[0]): number {
  const id = nodeIndex(slot)
  if (id === undefined) return inlineBytes(slot)
  const own = graph.trailOf(id)
  return own.parent === trail.parent && own.key === trail.key ? own.bytes : 0
}

function formatBytes(bytes: number): string {
  return bytes < 1 << 20 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / (1 << 20)).toFixed(1)} MiB`
}
