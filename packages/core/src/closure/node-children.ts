/** Which other nodes a wire node names. */

import { assertNever } from '../base/errors.ts'
import type { Extras, PropertySlot, Shape, Slot, WireNode } from './wire.ts'

/**
 * Indices of the nodes that a node needs, in order. With `fill` only those that its contents and properties need: a
 * function's captured values are part of its creation instead.
 */
export function childNodes(node: WireNode, shapes: readonly Shape[], phase: 'all' | 'fill' = 'all'): number[] {
  const ids: number[] = []
  const add = (slot: Slot): void => {
    if (Array.isArray(slot) && typeof slot[0] === 'number') ids.push(slot[0])
  }
  const addProperties = (shape: number, values: readonly PropertySlot[]): void => {
    shapes[shape]!.forEach(add)
    for (const value of values) {
      if (!Array.isArray(value)) continue
      if (value[0] === 'property') add(value[1] as Slot)
      else if (value[0] === 'accessor') [value[1], value[2]].forEach((slot) => add(slot as Slot))
      else add(value as Slot)
    }
  }
  const addExtras = (extras: Extras | null): void => {
    if (extras === null) return
    add(extras[0])
    addProperties(extras[1], extras[2])
  }
  switch (node[0]) {
    case 'intrinsic':
    case 'import':
    case 'reference':
    case 'symbol':
    case 'stub':
    case 'made':
    case 'text':
      break
    case 'function': {
      const { values, own, prototype, replacedPrototype } = node[1]
      if (phase === 'all') {
        values.forEach(add)
        add(replacedPrototype)
      }
      if (own) addProperties(own[0], own[1])
      addExtras(prototype)
      break
    }
    case 'bound':
      if (phase === 'all') [node[1], node[2], ...node[3]].forEach(add)
      break
    case 'withEnv':
      if (phase === 'all') [node[1], node[2]].forEach(add)
      break
    case 'prototype':
      if (phase === 'all') add(node[1])
      break
    case 'object':
      add(node[1])
      addProperties(node[2], node[3])
      break
    case 'array':
    case 'map':
    case 'set':
      node[1].forEach(add)
      addExtras(node[2])
      break
    case 'error':
    case 'boxed':
      add(node[1])
      addExtras(node[2])
      break
    case 'numbers':
    case 'sparse':
    case 'date':
      addExtras(node[2])
      break
    case 'bytes':
      addExtras(node[3])
      break
    case 'view':
      if (phase === 'all') add(node[2])
      addExtras(node[5])
      break
    case 'regexp':
      addExtras(node[4])
      break
    default:
      assertNever(node, 'wire node')
  }
  return ids
}
