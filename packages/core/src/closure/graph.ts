/** Collects everything that is reachable from a function as wire nodes, breadth first, so depth needs no stack. */

import { types } from 'node:util'
import { InternalError } from '../base/errors.ts'
import { isClass } from '../codec/classes.ts'
import { builtinValue } from './builtin-values.ts'
import { shipSymbol, type ShipReference } from './closure.ts'
import { describeFunction } from './describe-function.ts'
import { describeObject } from './describe-object.ts'
import { intrinsicPath, wellKnownSymbols } from './intrinsics.ts'
import { isReference } from './is-reference.ts'
import { largeBytes } from './pack-closure.ts'
import { shareBuffers } from './share-buffers.ts'
import { Refusal, Trail, type Step } from './trail.ts'
import {
  packedBytes,
  type PropertySlot,
  type Shape,
  type Slot,
  type WireClosure,
  type WireImport,
  type WireNode,
} from './wire.ts'

/** A captured variable, for `explainClosure`. */
export interface CapturedVariable {
  readonly trail: Trail
  readonly value: unknown
  readonly slot: Slot
}

const encoder = new TextEncoder()

export class Graph {
  readonly variables: CapturedVariable[] = []
  readonly imports: WireImport[] = []
  readonly references = new Map<string, ShipReference>()
  readonly warnings = new Set<string>()
  /** Some function assigns to a variable from outside it. */
  assignsOutside = false
  readonly nodes: WireNode[] = []
  readonly shapes: Shape[] = []
  readonly frozen: number[] = []
  readonly sealed: number[] = []
  readonly closed: number[] = []
  private readonly shapeIds = new Map<string, number>()
  private readonly seen = new Map<unknown, Slot>()
  private readonly values: unknown[] = []
  private readonly trails: Trail[] = []
  private readonly done = new Set<number>()

  /** Describes the function at `root` and all that it reaches. */
  describe(fn: Function, root: Trail): WireClosure {
    const slot = this.enqueue(fn, root)
    for (let id = 0; id < this.values.length; id++) {
      if (!this.done.has(id)) this.nodes[id] = this.describeSafely(id)
    }
    shareBuffers(this.values, this.nodes, (node, view) =>
      this.add(node, new Trail(this.trails[view], 'part', 'buffer')),
    )
    return {
      root: slot,
      nodes: this.nodes,
      shapes: this.shapes,
      frozen: this.frozen,
      sealed: this.sealed,
      closed: this.closed,
      classes: [],
    }
  }

  /** The classes of the program among the nodes. */
  classes(): { type: Function; node: number }[] {
    return this.values.flatMap((value, node) =>
      typeof value === 'function' && ['function', 'import'].includes(this.nodes[node]![0]) && isClass(value)
        ? [{ type: value, node }]
        : [],
    )
  }

  /** The slot of a value found at `step key` of `parent`; objects are put in line to be described. */
  slot(value: unknown, parent: Trail, step: Step, key: PropertyKey): Slot {
    switch (typeof value) {
      case 'number':
        return Object.is(value, -0) ? ['-0'] : value
      case 'string':
        if (!isWellFormed(value)) return ['utf16', new Uint8Array(Buffer.from(value, 'utf16le'))]
        return value.length < largeBytes ? value : (this.seen.get(value) ?? this.addText(value, parent, step, key))
      case 'boolean':
        return value
      case 'undefined':
        return ['undefined']
      case 'bigint':
        return ['bigint', String(value)]
      default:
        if (value === null) return null
        return this.seen.get(value) ?? this.enqueue(value, new Trail(parent, step, key))
    }
  }

  /** Adds a node that is described already. */
  add(node: WireNode, trail: Trail): Slot {
    const id = this.values.push(undefined) - 1
    this.trails.push(trail)
    this.done.add(id)
    this.nodes[id] = node
    return [id]
  }

  private addText(text: string, parent: Trail, step: Step, key: PropertyKey): Slot {
    const slot = this.add(['text', text], new Trail(parent, step, key))
    this.seen.set(text, slot)
    return slot
  }

  /** Adds a named import; later meetings of the same value become the same import. */
  addImport(found: WireImport, value: unknown, trail: Trail): Slot {
    const slot = this.add(this.importNode(found), trail)
    if (isReference(value) && !this.seen.has(value)) this.seen.set(value, slot)
    return slot
  }

  importNode(found: WireImport): WireNode {
    this.imports.push(found)
    return ['import', found]
  }

  /** Own properties except those in `skipped`; getters are taken as functions, never called. */
  properties(
    object: object,
    trail: Trail,
    skipped: (key: PropertyKey) => boolean = () => false,
  ): [shape: number, values: PropertySlot[]] {
    const keys: (string | Slot)[] = []
    const values: PropertySlot[] = []
    const ignored = Object.isFrozen(object) ? 5 : Object.isSealed(object) ? 4 : 0
    for (const key of Reflect.ownKeys(object)) {
      if (skipped(key)) continue
      const descriptor = Object.getOwnPropertyDescriptor(object, key)!
      // Keys that msgpack would change are slots, as symbols are.
      keys.push(typeof key === 'string' && isWellFormed(key) ? key : this.slot(key, trail, 'property', key))
      values.push(this.propertySlot(descriptor, key, trail, ignored))
    }
    return [this.shapeId(keys), values]
  }

  shapeId(keys: Shape): number {
    const name = keys.every((key) => typeof key === 'string') ? JSON.stringify(keys) : undefined
    let id = name === undefined ? undefined : this.shapeIds.get(name)
    if (id === undefined) {
      id = this.shapes.push(keys) - 1
      if (name !== undefined) this.shapeIds.set(name, id)
    }
    return id
  }

  /** Sums packed sizes up the trails: each value weighs on the first way that led to it. */
  measureTrails(): void {
    for (let id = this.nodes.length - 1; id >= 0; id--) {
      const trail = this.trails[id]!
      trail.bytes += packedBytes(this.nodes[id]!)
      if (trail.parent) trail.parent.bytes += trail.bytes
    }
  }

  /** Where a node was first reached. */
  trailOf(id: number): Trail {
    return this.trails[id]!
  }

  private enqueue(value: unknown, trail: Trail): Slot {
    const slot: Slot = [this.values.push(value) - 1]
    this.trails.push(trail)
    this.seen.set(value, slot)
    return slot
  }

  /** Reading a captured value may run code of the program, such as a Proxy in its prototype chain, which may throw. */
  private describeSafely(id: number): WireNode {
    const trail = this.trails[id]!
    try {
      return this.describeValue(id, this.values[id], trail)
    } catch (error) {
      if (error instanceof Refusal || error instanceof InternalError) throw error
      throw new Refusal(
        trail,
        `cannot be read (${error instanceof Error ? error.message : String(error)}); send plain data instead`,
        error,
      )
    }
  }

  private describeValue(id: number, value: unknown, trail: Trail): WireNode {
    if (typeof value === 'symbol') return describeSymbol(value)
    if (!isReference(value)) throw new TypeError(`no node for ${typeof value}`)
    if (types.isProxy(value)) throw new Refusal(trail, 'is a Proxy; send the object behind it')
    const path = intrinsicPath(value)
    if (path !== undefined) return ['intrinsic', path]
    const constructor = constructorOfPrototype(value)
    if (constructor) return ['prototype', this.slot(constructor, trail, 'part', 'constructor')]
    const reference = this.referenceOf(value, trail)
    if (reference) return ['reference', reference.kind, reference.id]
    if (typeof value === 'function') {
      const node = describeFunction(this, value, trail)
      if (node[0] === 'function') this.noteIntegrity(id, value)
      return node
    }
    const builtin = builtinValue(value)
    if (builtin)
      return this.importNode({
        ...builtin,
        version: null,
        file: null,
        style: 'require',
        usedBy: String(trail),
      })
    this.noteIntegrity(id, value)
    return describeObject(this, value, trail)
  }

  private referenceOf(value: object, trail: Trail): ShipReference | undefined {
    const ship: unknown = Reflect.get(value, shipSymbol)
    if (typeof ship !== 'function') return undefined
    let reference: ShipReference
    try {
      reference = ship.call(value) as ShipReference
    } catch (error) {
      throw new Refusal(trail, error instanceof Error ? error.message : String(error))
    }
    const { kind, id } = reference
    this.references.set(`${kind} ${id}`, { kind, id })
    return { kind, id }
  }

  private propertySlot(descriptor: PropertyDescriptor, key: PropertyKey, trail: Trail, ignored: number): PropertySlot {
    const { get, set, enumerable, configurable } = descriptor
    const shared = (enumerable ? 0 : 2) | (configurable ? 0 : 4)
    if (get || set) {
      const getter = this.slot(get, trail, 'getter', key)
      return ['accessor', getter, this.slot(set, trail, 'setter', key), shared & ~ignored]
    }
    const flags = (shared | (descriptor.writable ? 0 : 1)) & ~ignored
    const value = this.slot(descriptor.value, trail, 'property', key)
    return flags === 0 ? value : ['property', value, flags]
  }

  private noteIntegrity(id: number, object: object): void {
    if (Object.isExtensible(object)) return
    if (Object.isFrozen(object)) this.frozen.push(id)
    else if (Object.isSealed(object)) this.sealed.push(id)
    else this.closed.push(id)
  }
}

/** The bytes of a value that is written in place. */
export function inlineBytes(slot: Slot): number {
  return typeof slot === 'string' ? encoder.encode(slot).length : packedBytes(slot)
}

function describeSymbol(symbol: symbol): WireNode {
  const known = wellKnownSymbols.get(symbol)
  if (known !== undefined) return ['symbol', 'known', known]
  const registered = Symbol.keyFor(symbol)
  return registered !== undefined
    ? ['symbol', 'registered', registered]
    : ['symbol', 'local', symbol.description ?? null]
}

function constructorOfPrototype(value: object): Function | undefined {
  const constructor: unknown = Object.getOwnPropertyDescriptor(value, 'constructor')?.value
  return typeof constructor === 'function' && constructor.prototype === value ? constructor : undefined
}

function isWellFormed(text: string): boolean {
  return (text as string & { isWellFormed(): boolean }).isWellFormed() // in Node 20, not in lib.es2023
}
