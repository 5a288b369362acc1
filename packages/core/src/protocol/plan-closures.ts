/** The functions of a stage, and how their bytes travel: large ones without what executors are sent as chunks. */

import { chunkedBytes } from '../closure/pack-closure.ts'
import type { Closure, ClosureCode } from '../closure/closure.ts'
import type { StagePlan } from './stage-plan.ts'

export function closuresOf(plan: StagePlan): Closure[] {
  const found: Closure[] = []
  mapClosures(plan, (closure) => {
    found.push(closure)
    return closure
  })
  return found
}

/** The plan itself where nothing is replaced. */
export function mapClosures(plan: StagePlan, replace: (closure: Closure) => Closure): StagePlan {
  const inside = <T extends object>(holder: T): T => {
    let copy: T | undefined
    for (const [key, part] of Object.entries(holder) as [keyof T, unknown][]) {
      const replaced = isClosure(part) ? replace(part) : holdsClosures(key) ? inside(part as object) : part
      if (replaced !== part) (copy ??= { ...holder })[key] = replaced as T[keyof T]
    }
    return copy ?? holder
  }
  const nodes = plan.nodes.map(inside)
  const output = inside(plan.output)
  return output === plan.output && nodes.every((node, i) => node === plan.nodes[i]) ? plan : { ...plan, nodes, output }
}

/** What is sent beside its chunks. */
export function withoutChunks<T extends ClosureCode>(code: T): T {
  if (code.chunks.length === 0) return code
  return { ...code, bytes: code.bytes.slice(chunkedBytes(code.chunks)) }
}

/** The whole code again; `chunk` finds what was sent under a hash. */
export function withChunks<T extends ClosureCode>(code: T, chunk: (hash: string) => Uint8Array): T {
  if (code.chunks.length === 0) return code
  const bytes = new Uint8Array(chunkedBytes(code.chunks) + code.bytes.length)
  let at = 0
  for (const { hash, bytes: length } of code.chunks) {
    bytes.set(chunk(hash), at)
    at += length
  }
  bytes.set(code.bytes, at)
  return { ...code, bytes }
}

function isClosure(part: unknown): part is Closure {
  return part !== null && typeof part === 'object' && 'hash' in part && 'perTask' in part
}

/** Parts of nodes and outputs that hold functions of their own. */
function holdsClosures(key: PropertyKey): boolean {
  return key === 'aggregator' || key === 'partitioner'
}
