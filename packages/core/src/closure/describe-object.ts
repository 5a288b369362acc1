/** Wire nodes of objects: plain ones, instances of classes, and each built-in kind; refuses what cannot leave a process. */

import { ValueMap } from '../codec/value-map.ts'
import { types } from 'node:util'
import { analyseFunction } from './analyse-function.ts'
import { driverClasses } from '../codec/classes.ts'
import { builtinValue } from './builtin-values.ts'
import { scriptUrlOf } from './function-script.ts'
import type { Graph } from './graph.ts'
import { hasOnlyIndices } from './index-keys.ts'
import { intrinsicPath, isNative } from './intrinsics.ts'
import { Refusal, type Trail } from './trail.ts'
import type { Extras, Prototype, Slot, WireNode } from './wire.ts'

const numericMinimum = 32

export function describeObject(graph: Graph, object: object, trail: Trail): WireNode {
  if (Array.isArray(object) && Object.getPrototypeOf(object) === Array.prototype)
    return describeArray(graph, object, trail)
  const prototype: unknown = Object.getPrototypeOf(object)
  if (prototype === Object.prototype && !types.isArgumentsObject(object) && !types.isModuleNamespaceObject(object)) {
    return ['object', 0, ...graph.properties(object, trail)]
  }
  const registered = describeRegistered(graph, object, trail)
  if (registered) return registered
  if (Array.isArray(object)) return describeArray(graph, object, trail)
  refuseByKind(object, trail)
  return describeBuiltinKind(graph, object, trail) ?? describeInstance(graph, object, trail)
}

/** What the class's own `encode` makes, and the function that makes an instance of it again. */
function describeRegistered(graph: Graph, object: object, trail: Trail): WireNode | undefined {
  const prototype = Object.getPrototypeOf(object) as { constructor?: unknown } | null
  const type = prototype?.constructor
  if (typeof type !== 'function' || type.prototype !== prototype) return undefined
  const form = driverClasses.knows(type)?.form
  if (!form) return undefined
  const decode = graph.slot(form.decode, trail, 'part', 'decode')
  return ['withEnv', decode, graph.slot(form.encode(object as never), trail, 'part', 'encoded')]
}

function describeArray(graph: Graph, array: readonly unknown[], trail: Trail): WireNode {
  const { length } = array
  const hasExtras = Object.getPrototypeOf(array) !== Array.prototype || !hasOnlyIndices(array, length)
  const rest = hasExtras
    ? extras(graph, array, trail, Array.prototype, (key) => key === 'length' || isIndex(key))
    : null
  const numbers = length >= numericMinimum ? asNumbers(array) : undefined
  if (numbers) return ['numbers', new Uint8Array(numbers.buffer), rest]
  if (hasHoles(array))
    return ['sparse', length, extras(graph, array, trail, Array.prototype, (key) => key === 'length')]
  const items: Slot[] = []
  for (let i = 0; i < length; i++) items.push(graph.slot(array[i], trail, 'index', i))
  return ['array', items, rest]
}

function hasHoles(array: readonly unknown[]): boolean {
  for (let i = 0; i < array.length; i++) if (array[i] === undefined && !Object.hasOwn(array, i)) return true
  return false
}

/** A long array of nothing but numbers is sent as bytes: `Float64Array.from` would take ten times as long. */
function asNumbers(array: readonly unknown[]): Float64Array<ArrayBuffer> | undefined {
  // Asked first: an array of four thousand million holes has no numbers, and no room for any.
  for (let i = 0; i < array.length; i++) if (typeof array[i] !== 'number') return undefined
  const numbers = new Float64Array(array.length)
  for (let i = 0; i < array.length; i++) numbers[i] = array[i] as number
  return numbers
}

function describeBuiltinKind(graph: Graph, object: object, trail: Trail): WireNode | undefined {
  const rest = (expected: object, skipped?: (key: PropertyKey) => boolean): Extras | null =>
    extras(graph, object, trail, expected, skipped)
  if (types.isModuleNamespaceObject(object)) return describeNamespace(graph, object, trail)
  if (types.isArgumentsObject(object)) {
    return ['array', Array.from(object as ArrayLike<unknown>, (item, i) => graph.slot(item, trail, 'index', i)), null]
  }
  if (types.isMap(object)) {
    const entries: Slot[] = []
    // the built-in iterators and readers: a subclass may have put its own over them
    for (const [key, value] of Map.prototype.entries.call(object)) {
      const label = typeof key === 'string' ? JSON.stringify(key) : typeof key === 'number' ? key : '...'
      entries.push(graph.slot(key, trail, 'key', ''), graph.slot(value, trail, 'entry', label))
    }
    return ['map', entries, rest(Map.prototype)]
  }
  if (types.isSet(object)) {
    const items = Array.from(Set.prototype.values.call(object), (item) => graph.slot(item, trail, 'member', ''))
    return ['set', items, rest(Set.prototype)]
  }
  if (types.isDate(object)) return ['date', Date.prototype.getTime.call(object), rest(Date.prototype)]
  if (types.isRegExp(object)) {
    const { source, flags, lastIndex } = object
    return ['regexp', source, flags, lastIndex, rest(RegExp.prototype, (key) => key === 'lastIndex')]
  }
  if (types.isNativeError(object)) {
    // `stack` is an accessor in newer V8 versions, so it is read as the text that it gives
    const stack = graph.slot(object.stack, trail, 'property', 'stack')
    return ['error', stack, rest(Error.prototype, (key) => key === 'stack')]
  }
  if (types.isAnyArrayBuffer(object)) {
    return ['bytes', 'ArrayBuffer', new Uint8Array((object as ArrayBuffer).slice(0)), rest(ArrayBuffer.prototype)]
  }
  if (ArrayBuffer.isView(object)) return describeView(object, rest)
  if (types.isBoxedPrimitive(object)) {
    const value = boxedValue(object)
    const isString = typeof value === 'string'
    const expected = Object.getPrototypeOf(Object(value)) as object
    return [
      'boxed',
      graph.slot(value, trail, 'part', 'value'),
      rest(expected, (key) => isString && (key === 'length' || isIndex(key))),
    ]
  }
  return describeByArguments(object)
}

function boxedValue(object: object): unknown {
  if (types.isNumberObject(object)) return Number.prototype.valueOf.call(object)
  if (types.isStringObject(object)) return String.prototype.valueOf.call(object)
  if (types.isBooleanObject(object)) return Boolean.prototype.valueOf.call(object)
  if (types.isBigIntObject(object)) return BigInt.prototype.valueOf.call(object)
  return Symbol.prototype.valueOf.call(object)
}

/** Objects whose state lies inside the engine but can be asked for: they are made again from equal arguments. */
function describeByArguments(object: object): WireNode | undefined {
  switch (Object.getPrototypeOf(object)) {
    case URL.prototype:
    case URLSearchParams.prototype:
      return ['made', object instanceof URL ? 'URL' : 'URLSearchParams', [(object as URL | URLSearchParams).toString()]]
    case TextEncoder.prototype:
      return ['made', 'TextEncoder', []]
    case TextDecoder.prototype: {
      const { encoding, fatal, ignoreBOM } = object as InstanceType<typeof TextDecoder>
      return ['made', 'TextDecoder', [encoding, { fatal, ignoreBOM }]]
    }
    case Intl.Collator.prototype:
      return ['made', 'Intl.Collator', resolved(object as Intl.Collator)]
    case Intl.NumberFormat.prototype:
      return ['made', 'Intl.NumberFormat', resolved(object as Intl.NumberFormat)]
  }
  return undefined
}

function resolved(format: Intl.Collator | Intl.NumberFormat): readonly unknown[] {
  const { locale, ...options } = format.resolvedOptions()
  return [locale, options]
}

function describeView(
  view: ArrayBufferView,
  rest: (expected: object, skipped: (key: PropertyKey) => boolean) => Extras | null,
): WireNode {
  const type = Buffer.isBuffer(view) ? 'Buffer' : types.isTypedArray(view) ? view[Symbol.toStringTag] : 'DataView'
  const bytes = new Uint8Array(view.buffer as ArrayBuffer, view.byteOffset, view.byteLength)
  // Only the view's own bytes: the buffer behind a small Buffer is a pool that may hold anything.
  const expected = Reflect.get(Reflect.get(globalThis, type) as object, 'prototype') as object
  return ['bytes', type, bytes, rest(expected, isIndex)]
}

function describeNamespace(graph: Graph, namespace: object, trail: Trail): WireNode {
  const fallback: unknown = Reflect.get(namespace, 'default')
  const builtin = builtinValue(fallback)
  if (builtin?.name === '*') {
    const { specifier } = builtin
    return graph.importNode({
      specifier,
      name: '*',
      version: null,
      file: null,
      style: 'import',
      usedBy: String(trail),
    })
  }
  return namespaceNode(graph, namespace, Object.keys(namespace), trail)
}

/** A plain object with some members of a module; their values are read now. */
export function namespaceNode(graph: Graph, namespace: object, members: Iterable<string>, trail: Trail): WireNode {
  const keys: string[] = []
  const values: Slot[] = []
  for (const key of members) {
    if (!(key in namespace)) continue
    let value: unknown
    try {
      value = Reflect.get(namespace, key)
    } catch (error) {
      throw new Refusal(trail, `has a member \`${key}\` that cannot be read: ${String(error)}`)
    }
    keys.push(key)
    values.push(graph.slot(value, trail, 'property', key))
  }
  return ['object', null, graph.shapeId(keys), values]
}

function describeInstance(graph: Graph, object: object, trail: Trail): WireNode {
  refuseByPrototypes(object, trail)
  return ['object', prototypeSlot(graph, object, trail, Object.prototype), ...graph.properties(object, trail)]
}

/** @throws Refusal where some class above keeps state that its properties do not show. */
export function refuseByPrototypes(object: object, trail: Trail): void {
  for (
    let above: unknown = object;
    above !== null && above !== Object.prototype;
    above = Object.getPrototypeOf(above)
  ) {
    const constructor: unknown = Object.getOwnPropertyDescriptor(above as object, 'constructor')?.value
    if (typeof constructor === 'function' && constructor.prototype === above) refuseByClass(constructor, trail)
  }
}

function refuseByClass(constructor: Function, trail: Trail): void {
  const { name } = constructor
  const source = Function.prototype.toString.call(constructor)
  const global = intrinsicPath(constructor)
  const builtin = builtinValue(constructor)
  // Objects made by Object.create(Error.prototype) and event emitters are ordinary inside.
  if (global !== undefined && !/^(Object|Array|(\w*)Error)$/.test(global)) throw processBound(trail, name)
  if (builtin) {
    if (name !== 'EventEmitter') throw processBound(trail, `${name} of ${builtin.specifier}`)
    return
  }
  if (global !== undefined) return
  if (isNative(constructor)) throw processBound(trail, name || 'native object')
  if (scriptUrlOf(constructor)?.startsWith('node:')) throw processBound(trail, `${name} of Node itself`)
  if (!source.startsWith('class')) return
  if (analyseFunction(source).hasPrivateState) {
    throw new Refusal(
      trail,
      `is an instance of class ${name}, whose private (#) fields cannot be read; send its data and make the instance inside the function`,
    )
  }
}

function processBound(trail: Trail, what: string): Refusal {
  return new Refusal(
    trail,
    `is ${/^[AEIOU]/i.test(what) ? 'an' : 'a'} ${what}, which lives in one process; make it inside the function`,
  )
}

function refuseByKind(object: object, trail: Trail): void {
  if (types.isPromise(object)) throw new Refusal(trail, 'is a Promise; await it on the driver first')
  if (object instanceof ValueMap)
    throw new Refusal(
      trail,
      'is a map whose keys compare by value; send it with context.broadcast(map) and use its value',
    )
  if (types.isWeakMap(object) || types.isWeakSet(object) || object instanceof WeakRef) {
    const kind = types.isWeakMap(object) ? 'WeakMap' : types.isWeakSet(object) ? 'WeakSet' : 'WeakRef'
    throw new Refusal(trail, `is a ${kind}, whose contents cannot be listed; use a Map, a Set or a plain reference`)
  }
  if (types.isSharedArrayBuffer(object) || (ArrayBuffer.isView(object) && types.isSharedArrayBuffer(object.buffer))) {
    const what = ArrayBuffer.isView(object) ? 'is a view of a SharedArrayBuffer' : 'is a SharedArrayBuffer'
    throw new Refusal(trail, `${what}, which cannot leave the process; copy it into a plain ArrayBuffer`)
  }
  const buffer = ArrayBuffer.isView(object) ? object.buffer : object
  if (types.isArrayBuffer(buffer) && isDetached(buffer)) {
    throw new Refusal(trail, 'has no bytes any more: its ArrayBuffer was transferred; capture it before, or a copy')
  }
  if (types.isArrayBuffer(object) && Reflect.get(object, 'resizable') === true) {
    throw new Refusal(trail, 'is a resizable ArrayBuffer; send a copy of fixed size (buffer.slice())')
  }
  if (types.isGeneratorObject(object)) {
    throw new Refusal(trail, 'is a running generator; call the generator function inside the function')
  }
  const prototypePath = intrinsicPath(Object.getPrototypeOf(object)) ?? ''
  if (types.isMapIterator(object) || types.isSetIterator(object) || /^%\w*Iterator\.prototype$/.test(prototypePath)) {
    throw new Refusal(trail, 'is a running iterator; send the collection or an array')
  }
  if (types.isExternal(object)) throw processBound(trail, 'native handle')
}

function isDetached(buffer: ArrayBuffer): boolean {
  if (buffer.byteLength > 0) return false
  try {
    new Uint8Array(buffer)
    return false
  } catch {
    return true
  }
}

/** Prototype and own properties beyond an object's contents; null where there are none. */
function extras(
  graph: Graph,
  object: object,
  trail: Trail,
  expected: object,
  skipped?: (key: PropertyKey) => boolean,
): Extras | null {
  const prototype = prototypeSlot(graph, object, trail, expected)
  const [shape, values] =
    types.isTypedArray(object) && hasOnlyIndices(object, object.length)
      ? [graph.shapeId([]), []]
      : graph.properties(object, trail, skipped)
  if (prototype === 0 && values.length === 0) return null
  return [prototype, shape, values]
}

function prototypeSlot(graph: Graph, object: object, trail: Trail, expected: object): Prototype {
  const prototype: unknown = Object.getPrototypeOf(object)
  if (prototype === expected) return 0
  return prototype === null ? null : graph.slot(prototype, trail, 'part', 'prototype')
}

function isIndex(key: PropertyKey): boolean {
  return typeof key === 'string' && /^\d+$/.test(key)
}
