/** Writes a wire node anew with every name of another node, and of a shape, replaced: the one list of where those stand. */

import { assertNever } from '../base/errors.ts'
import type { Extras, PropertySlot, Slot, WireNode } from './wire.ts'

export interface Move {
  /** Is given primitives and tagged ones too. */
  slot(slot: Slot): Slot
  shape(id: number): number
}

/** Names are met in the order of the node's parts, an object's shape before its values: the same for equal nodes. */
export function moveNode(node: WireNode, { slot, shape }: Move): WireNode {
  const property = (value: PropertySlot): PropertySlot => {
    if (!Array.isArray(value)) return value
    // By index: taking an array apart by a pattern goes through its iterator.
    if (value[0] === 'property') return ['property', slot(value[1] as Slot), value[2] as number]
    if (value[0] === 'accessor') return ['accessor', slot(value[1] as Slot), slot(value[2] as Slot), value[3] as number]
    return slot(value as Slot)
  }
  const properties = (id: number, values: readonly PropertySlot[]): [number, PropertySlot[]] => [
    shape(id),
    values.map(property),
  ]
  const extras = (all: Extras | null): Extras | null => all && [slot(all[0]), ...properties(all[1], all[2])]
  switch (node[0]) {
    case 'intrinsic':
    case 'import':
    case 'reference':
    case 'symbol':
    case 'stub':
    case 'made':
    case 'text':
      return node
    case 'function': {
      const { values, own, prototype, replacedPrototype } = node[1]
      return [
        'function',
        {
          ...node[1],
          values: values.map(slot),
          own: own && properties(own[0], own[1]),
          prototype: extras(prototype),
          replacedPrototype: slot(replacedPrototype),
        },
      ]
    }
    case 'bound':
      return ['bound', slot(node[1]), slot(node[2]), node[3].map(slot)]
    case 'withEnv':
      return ['withEnv', slot(node[1]), slot(node[2])]
    case 'prototype':
      return ['prototype', slot(node[1])]
    case 'object':
      return ['object', slot(node[1]), ...properties(node[2], node[3])]
    case 'array':
      return ['array', node[1].map(slot), extras(node[2])]
    case 'map':
      return ['map', node[1].map(slot), extras(node[2])]
    case 'set':
      return ['set', node[1].map(slot), extras(node[2])]
    case 'error':
      return ['error', slot(node[1]), extras(node[2])]
    case 'boxed':
      return ['boxed', slot(node[1]), extras(node[2])]
    case 'numbers':
      return ['numbers', node[1], extras(node[2])]
    case 'sparse':
      return ['sparse', node[1], extras(node[2])]
    case 'date':
      return ['date', node[1], extras(node[2])]
    case 'bytes':
      return ['bytes', node[1], node[2], extras(node[3])]
    case 'view':
      return ['view', node[1], slot(node[2]), node[3], node[4], extras(node[5])]
    case 'regexp':
      return ['regexp', node[1], node[2], node[3], extras(node[4])]
    default:
      return assertNever(node, 'wire node')
  }
}
