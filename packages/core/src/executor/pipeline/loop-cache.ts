/** The loops of a slot: each lives as long as all functions that it calls, since these hold what they captured. */

import type { Loop } from './compile-loop.ts'

interface LoopNode {
  readonly loops: Map<string, Loop>
  /** By the next function. */
  readonly next: WeakMap<Function, LoopNode>
}

export class LoopCache {
  readonly #root = emptyNode()

  /** The loops of these functions in this order, by whatever else they are made of. */
  loopsOf(functions: readonly (Function | undefined)[]): Map<string, Loop> {
    let node = this.#root
    for (const called of functions) {
      if (!called) continue
      let next = node.next.get(called)
      if (!next) node.next.set(called, (next = emptyNode()))
      node = next
    }
    return node.loops
  }
}

function emptyNode(): LoopNode {
  return { loops: new Map(), next: new WeakMap() }
}
