/** Makes the empty form of each container and fills it, once all that it holds exists. */

import { intrinsicAt } from './intrinsics.ts'
import { nodeIndex, type Extras, type PropertySlot, type Shape, type Slot, type WireNode } from './wire.ts'

type Read = (slot: Slot) => unknown

/** The container before its contents; undefined for nodes that need other values to exist first. */
export function makeShell(node: WireNode, read: Read): object | undefined {
  switch (node[0]) {
    case 'object':
      return {}
    case 'array':
      return []
    case 'numbers':
      return Array.from(new Float64Array(copyOf(node[1])))
    case 'sparse':
      // oxlint-disable-next-line unicorn/no-new-array -- a length with nothing in it but holes
      return new Array<unknown>(node[1])
    case 'map':
      return new Map()
    case 'set':
      return new Set()
    case 'date':
      return new Date(node[1])
    case 'regexp': {
      const regexp = new RegExp(node[1], node[2])
      regexp.lastIndex = node[3]
      return regexp
    }
    case 'error':
      return new Error()
    case 'bytes':
      return makeView(node[1], copyOf(node[2]))
    case 'boxed':
      // a boxed symbol waits for its symbol's node; all other contents are in place
      return nodeIndex(node[1]) === undefined ? (Object(read(node[1])) as object) : undefined
    case 'made':
      return Reflect.construct(intrinsicAt(node[1]) as Function, node[2]) as object
    default:
      return undefined
  }
}

export function fillShell(shell: unknown, node: WireNode, shapes: readonly Shape[], read: Read): void {
  switch (node[0]) {
    case 'object': {
      const object = shell as Record<PropertyKey, unknown>
      fillPlain(object, shapes[node[2]]!, node[3], read)
      if (node[1] !== 0) Object.setPrototypeOf(object, read(node[1]) as object | null)
      return
    }
    case 'array': {
      const array = shell as unknown[]
      for (const item of node[1]) array.push(read(item))
      return fillExtras(array, node[2], shapes, read)
    }
    case 'map': {
      const map = shell as Map<unknown, unknown>
      for (let i = 0; i < node[1].length; i += 2) map.set(read(node[1][i]!), read(node[1][i + 1]!))
      return fillExtras(map, node[2], shapes, read)
    }
    case 'set': {
      const set = shell as Set<unknown>
      for (const item of node[1]) set.add(read(item))
      return fillExtras(set, node[2], shapes, read)
    }
    case 'error': {
      const error = shell as Error
      Object.defineProperty(error, 'stack', {
        value: read(node[1]),
        writable: true,
        configurable: true,
      })
      return fillExtras(error, node[2], shapes, read)
    }
    case 'numbers':
    case 'sparse':
    case 'date':
    case 'boxed':
      return fillExtras(shell as object, node[2], shapes, read)
    case 'bytes':
      return fillExtras(shell as object, node[3], shapes, read)
    case 'view':
      return fillExtras(shell as object, node[5], shapes, read)
    case 'regexp':
      return fillExtras(shell as object, node[4], shapes, read)
    case 'function': {
      const { own, prototype } = node[1]
      const fn = shell as Function
      if (own) defineAll(fn, shapes[own[0]]!, own[1], read)
      if (prototype) fillExtras(fn.prototype as object, prototype, shapes, read)
    }
  }
}

function fillExtras(object: object, extras: Extras | null, shapes: readonly Shape[], read: Read): void {
  if (extras === null) return
  const [prototype, shape, values] = extras
  if (prototype !== 0) Object.setPrototypeOf(object, read(prototype) as object | null)
  defineAll(object, shapes[shape]!, values, read)
}

/** Assignment is several times faster than a definition, and safe before the prototype with its setters is there. */
function fillPlain(
  object: Record<PropertyKey, unknown>,
  shape: Shape,
  values: readonly PropertySlot[],
  read: Read,
): void {
  for (let i = 0; i < shape.length; i++) {
    const key = shape[i]!
    const value = values[i]!
    if (typeof key === 'string' && key !== '__proto__' && !isDescribed(value)) object[key] = read(value)
    else define(object, key, value, read)
  }
}

function defineAll(object: object, shape: Shape, values: readonly PropertySlot[], read: Read): void {
  for (let i = 0; i < shape.length; i++) define(object, shape[i]!, values[i]!, read)
}

function define(object: object, key: string | Slot, value: PropertySlot, read: Read): void {
  const name = (typeof key === 'string' ? key : read(key)) as PropertyKey
  if (!isDescribed(value)) {
    Object.defineProperty(object, name, {
      value: read(value),
      writable: true,
      enumerable: true,
      configurable: true,
    })
    return
  }
  const flags = value[0] === 'property' ? value[2] : value[3]
  const enumerable = (flags & 2) === 0
  const configurable = (flags & 4) === 0
  if (value[0] === 'property') {
    Object.defineProperty(object, name, {
      value: read(value[1]),
      writable: (flags & 1) === 0,
      enumerable,
      configurable,
    })
  } else {
    const accessor = { get: read(value[1]), set: read(value[2]), enumerable, configurable }
    Object.defineProperty(object, name, accessor as PropertyDescriptor) // an absent half is undefined, which is allowed
  }
}

function isDescribed(
  value: PropertySlot,
): value is Extract<PropertySlot, readonly ['property' | 'accessor', ...unknown[]]> {
  return Array.isArray(value) && (value[0] === 'property' || value[0] === 'accessor')
}

/** A buffer of its own: the bytes arrive as a view of the message. */
function copyOf(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer
}

export function makeView(type: string, buffer: ArrayBuffer, offset = 0, byteLength = buffer.byteLength): object {
  if (type === 'ArrayBuffer') return buffer
  if (type === 'Buffer') return Buffer.from(buffer, offset, byteLength)
  const View = Reflect.get(globalThis, type) as (new (
    buffer: ArrayBuffer,
    offset: number,
    length: number,
  ) => object) & {
    readonly BYTES_PER_ELEMENT?: number
  }
  return new View(buffer, offset, byteLength / (View.BYTES_PER_ELEMENT ?? 1))
}
