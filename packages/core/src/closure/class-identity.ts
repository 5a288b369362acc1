/**
 * One class is one class in a slot, whichever closures brought it: what `map` constructs is `instanceof` what `filter`
 * captured. Two closures mean the same class if all that is reachable from it is equal, static values included.
 */

import { excerptFrom } from './excerpt.ts'
import { hashOf } from './pack-closure.ts'
import { pack, type WireClosure, type WireNode } from './wire.ts'

export interface ClassPart {
  readonly hash: string
  /** The nodes reachable from the class, itself first, in an order that depends on nothing else. */
  readonly ids: readonly number[]
  /** Something in it assigns to a captured variable, so it lives for one task, as such functions do. */
  readonly perTask: boolean
}

/** Classes that were built, by what they consist of. They are held weakly: only who uses a class can tell it from another. */
export class ClassTable {
  readonly #classes = new Map<string, WeakRef<object>>()
  readonly #values = new WeakMap<object, readonly unknown[]>()
  #sweepAt = 256

  find(hash: string): readonly unknown[] | undefined {
    const found = this.#classes.get(hash)?.deref()
    return found && this.#values.get(found)
  }

  /** `values` are those of the class's nodes, the class itself first. */
  add(hash: string, values: readonly unknown[]): void {
    const made = values[0] as object
    this.#classes.set(hash, new WeakRef(made))
    this.#values.set(made, values)
    if (this.#classes.size < this.#sweepAt) return
    for (const [each, reference] of this.#classes) if (!reference.deref()) this.#classes.delete(each)
    this.#sweepAt = Math.max(256, 2 * this.#classes.size)
  }
}

export function classParts(closure: WireClosure): ClassPart[] {
  const { nodes } = closure
  const constructors = new Set<number>()
  for (const [id, node] of nodes.entries()) {
    if (isConstructor(node)) constructors.add(id)
    if (node[0] === 'prototype' && Array.isArray(node[1])) constructors.add(node[1][0] as number)
  }
  return [...constructors].filter((id) => nodes[id]![0] === 'function').map((id) => partFrom(closure, id))
}

function isConstructor(node: WireNode): boolean {
  if (node[0] !== 'function') return false
  const { isClass, prototype, replacedPrototype } = node[1]
  return isClass || prototype !== null || replacedPrototype !== null
}

function partFrom(closure: WireClosure, root: number): ClassPart {
  const { ids, nodes, shapes, frozen, sealed, closed } = excerptFrom(closure, root)
  // Who captured an import differs from closure to closure.
  const alike = nodes.map((node) => (node[0] === 'import' ? ['import', { ...node[1], usedBy: '' }] : node))
  const perTask = nodes.some((node) => node[0] === 'function' && node[1].assigned.length > 0)
  return { hash: hashOf(pack([alike, shapes, frozen, sealed, closed])), ids, perTask }
}
