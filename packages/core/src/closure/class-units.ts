/** The classes inside a closure: their names in encoded values, and each as a closure of its own. */

import { driverClasses, type KnownClass } from '../codec/classes.ts'
import type { ShippedClass } from './closure.ts'
import { refuseByPrototypes } from './describe-object.ts'
import { Graph, hashOf } from './graph.ts'
import { Refusal, Trail } from './trail.ts'
import { packClosure, type WireClass } from './wire.ts'

/**
 * What executors must know by now, the last of each name: they build all of it before a task. Kept for the life of the
 * process, since cached and shuffled rows may hold an instance of any class that some function used.
 */
export const shippedClasses = new Map<string, ShippedClass>()

/** Names the classes of a graph and has them shipped; one inside another comes with it. */
export function classesOf(graph: Graph): WireClass[] {
  const found = graph.classes()
  const inside = new Set<Function>()
  for (const { type } of found) {
    if (inside.has(type)) continue
    const { key, form } = knownClass(type)
    const own = new Graph()
    const wire = own.describe(type, new Trail(undefined, 'root', ''))
    for (const member of own.classes()) inside.add(member.type)
    if (form) continue
    const bytes = packClosure({ ...wire, classes: named(own) })
    shippedClasses.set(key, { key, hash: hashOf(bytes), bytes, registered: false })
  }
  return named(graph)
}

function named(graph: Graph): WireClass[] {
  return graph.classes().map(({ type, node }) => {
    const { key, unreadable } = knownClass(type)
    return { node, key, unreadable: unreadable ?? null }
  })
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
