/** The classes inside a closure: their names in encoded values, and each as a closure of its own. */

import { driverClasses, type KnownClass } from '../codec/classes.ts'
import type { ShippedClass } from './closure.ts'
import { refuseByPrototypes } from './describe-object.ts'
import { excerptFrom } from './excerpt.ts'
import type { Graph } from './graph.ts'
import { packClosure } from './pack-closure.ts'
import { Refusal, Trail } from './trail.ts'
import type { WireClass, WireClosure, WireNode } from './wire.ts'

/**
 * What executors must know by now, the last of each name: they build all of it before a task. Kept for the life of the
 * process, since cached and shuffled rows may hold an instance of any class that some function used.
 */
export const shippedClasses = new Map<string, ShippedClass>()

/** Names the classes of a graph, which `closure` came of, and has them shipped; one inside another comes with it. */
export function classesOf(graph: Graph, closure: WireClosure): WireClass[] {
  const classes = graph
    .classes()
    .map(({ type, node }) => ({ node, place: graph.trailOf(node).place, ...knownClass(type) }))
  const inside = new Set<number>()
  for (const { node, place, key, form } of classes) {
    if (inside.has(node)) continue
    const excerpt = excerptFrom(closure, node)
    for (const id of excerpt.ids) if (id !== node) inside.add(id)
    if (form) continue
    const own = classes.flatMap((each) => {
      const at = excerpt.ids.indexOf(each.node)
      return at < 0 ? [] : [{ node: at, key: each.key, unreadable: each.unreadable ?? null }]
    })
    // Not the way to the class, which differs from closure to closure.
    const nodes = excerpt.nodes.map((each): WireNode => (each[0] === 'import' ? ['import', { ...each[1], usedBy: place }] : each)) // prettier-ignore
    const code = packClosure({ ...excerpt, nodes, root: [0], classes: own })
    shippedClasses.set(key, { key, ...code, registered: false })
  }
  return classes.map(({ node, key, unreadable }) => ({ node, key, unreadable: unreadable ?? null }))
}

let serial = 0

/** The class as encoded values call it: a name and a number, the same in all closures. */
function knownClass(type: Function): KnownClass {
  const known = driverClasses.knows(type)
  if (known) return known
  const made: KnownClass = { key: `${type.name || 'class'}#${++serial}`, type, unreadable: unreadable(type) }
  driverClasses.add(made)
  return made
}

function unreadable(type: Function): string | undefined {
  try {
    refuseByPrototypes({ __proto__: type.prototype as object }, new Trail(undefined, 'root', ''))
    return undefined
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return /private/.test(error.message) ? 'has private (#) fields, which cannot be read' : error.message.split(';')[0]
  }
}
