/**
 * A value out of a closure with all that it reaches, numbered by itself: equal values make equal excerpts, whatever the
 * closures around them hold. That is how one class is one class, and one large value is sent once.
 */

import { moveNode } from './move-node.ts'
import { nodeIndex, type Shape, type Slot, type WireClosure, type WireNode } from './wire.ts'

export interface Excerpt {
  /** Where its nodes stand in the closure, the value itself first, each before what was first reached through it. */
  readonly ids: readonly number[]
  /** Nodes that it names and does not hold, by their place in the closure. */
  readonly outside: readonly number[]
  readonly nodes: readonly WireNode[]
  readonly shapes: readonly Shape[]
  readonly frozen: readonly number[]
  readonly sealed: readonly number[]
  readonly closed: readonly number[]
}

/**
 * In `nodes` and `shapes` a node inside is named by its place in the excerpt. With `holds`, only such nodes are taken in,
 * the k-th other is named by -2 - k, and the first name of each node inside is -1, which says `the next`: then a node more
 * in the middle changes no name behind it.
 */
export function excerptFrom(closure: WireClosure, root: number, holds?: (id: number) => boolean): Excerpt {
  const ids = [root]
  const outside: number[] = []
  const names = new Map([[root, 0]])
  const shapes: Shape[] = []
  const shapeNames = new Map<number, number>()
  const slot = (old: Slot): Slot => {
    const id = nodeIndex(old)
    if (id === undefined) return old
    const name = names.get(id)
    if (name !== undefined) return [name]
    if (holds?.(id) === false) {
      const next = -2 - outside.length
      names.set(id, next)
      outside.push(id)
      return [next]
    }
    const next = ids.length
    names.set(id, next)
    ids.push(id)
    return [holds ? -1 : next]
  }
  const shape = (id: number): number => {
    let name = shapeNames.get(id)
    if (name === undefined) {
      const keys = closure.shapes[id]!.map(slot) as (string | Slot)[]
      name = shapes.push(keys) - 1
      shapeNames.set(id, name)
    }
    return name
  }
  const nodes: WireNode[] = []
  for (const id of ids) nodes.push(moveNode(closure.nodes[id]!, { slot, shape }))
  const inside = (list: readonly number[]): number[] =>
    list.flatMap((id) => placeOf(names.get(id))).sort((a, b) => a - b)
  return {
    ids,
    outside,
    nodes,
    shapes,
    frozen: inside(closure.frozen),
    sealed: inside(closure.sealed),
    closed: inside(closure.closed),
  }
}

function placeOf(name: number | undefined): readonly number[] {
  return name === undefined || name < 0 ? [] : [name]
}
