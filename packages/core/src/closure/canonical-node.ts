/** A wire node without what differs between closures that hold the same value: indices, and who captured an import. */

import type { Extras, PropertySlot, Shape, Slot, WireNode } from './wire.ts'

/** Plain data that is equal for equal nodes; `order` gives each node reachable from the class its place there. */
export function canonicalNode(
  node: WireNode,
  shapes: readonly Shape[],
  order: ReadonlyMap<number, number>,
): readonly unknown[] {
  const moved = (slot: Slot): unknown =>
    Array.isArray(slot) && typeof slot[0] === 'number' ? [order.get(slot[0])] : slot
  const property = (value: PropertySlot): unknown => {
    if (!Array.isArray(value)) return value
    if (value[0] === 'property') return ['property', moved(value[1] as Slot), value[2]]
    if (value[0] === 'accessor') return ['accessor', moved(value[1] as Slot), moved(value[2] as Slot), value[3]]
    return moved(value as Slot)
  }
  const properties = (shape: number, values: readonly PropertySlot[]): unknown => [
    shapes[shape]!.map(moved),
    values.map(property),
  ]
  const extras = (all: Extras | null): unknown => all && [moved(all[0]), properties(all[1], all[2])]
  switch (node[0]) {
    case 'import':
      return ['import', { ...node[1], usedBy: '' }]
    case 'function': {
      const { values, own, prototype, replacedPrototype } = node[1]
      return [
        'function',
        {
          ...node[1],
          values: values.map(moved),
          own: own && properties(own[0], own[1]),
          prototype: extras(prototype),
          replacedPrototype: moved(replacedPrototype),
        },
      ]
    }
    case 'bound':
      return ['bound', moved(node[1]), moved(node[2]), node[3].map(moved)]
    case 'withEnv':
      return ['withEnv', moved(node[1]), moved(node[2])]
    case 'prototype':
      return ['prototype', moved(node[1])]
    case 'object':
      return ['object', moved(node[1]), properties(node[2], node[3])]
    case 'array':
    case 'map':
    case 'set':
      return [node[0], node[1].map(moved), extras(node[2])]
    case 'error':
    case 'boxed':
      return [node[0], moved(node[1]), extras(node[2])]
    case 'numbers':
    case 'sparse':
    case 'date':
      return [node[0], node[1], extras(node[2])]
    case 'bytes':
      return ['bytes', node[1], node[2], extras(node[3])]
    case 'view':
      return ['view', node[1], moved(node[2]), node[3], node[4], extras(node[5])]
    case 'regexp':
      return ['regexp', node[1], node[2], node[3], extras(node[4])]
    default:
      return node
  }
}
