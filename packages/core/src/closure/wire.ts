/**
 * The wire form of a closure: a flat list of nodes that name each other by index, so that neither cycles nor deep
 * nesting need recursion. Packed without msgpackr's records, whose bytes (and so the hash) would depend on history.
 */

import { Packr } from 'msgpackr'
import type { NamedModule } from './named-module.ts'

/** A value in place: a primitive, or `[index]` of a node, or a tagged primitive that msgpack would change. */
export type Slot =
  | null
  | boolean
  | number
  | string
  | readonly [node: number]
  | readonly ['undefined']
  | readonly ['-0']
  | readonly ['bigint', digits: string]
  | readonly ['utf16', codeUnits: Uint8Array]

/** The property keys of one or more objects; a symbol key is a slot. */
export type Shape = readonly (string | Slot)[]

/** `Object.prototype` and other defaults are 0, no prototype is null. */
export type Prototype = Slot

/** What an array, Map, Date, ... has beyond its contents: own properties, and the prototype of a subclass. */
export type Extras = readonly [prototype: Prototype, shape: number, values: readonly PropertySlot[]]

/** Flags name what is off: 1 not writable, 2 not enumerable, 4 not configurable. */
export type PropertySlot =
  | Slot
  | readonly ['property', value: Slot, flags: number]
  | readonly ['accessor', get: Slot, set: Slot, flags: number]

export type ImportStyle = 'import' | 'require' | 'interop' | 'interop-node'

/** A module's export that the executor finds by name. */
export interface WireImport extends NamedModule {
  /** `*` is the module itself. */
  readonly name: string
  readonly style: ImportStyle
  /** What captured it, for the error where the executor lacks the package. */
  readonly usedBy: string
}

export type FunctionForm = 'expression' | 'method' | 'getter' | 'setter'

export interface WireFunction {
  readonly source: string
  readonly form: FunctionForm
  readonly isClass: boolean
  readonly strict: boolean
  readonly name: string
  /** Where the source starts on the driver; line and column from 0. */
  readonly url: string
  readonly line: number
  readonly column: number
  readonly names: readonly string[]
  readonly values: readonly Slot[]
  /** Names that the function assigns to. */
  readonly assigned: readonly string[]
  /** Names that a class needs while it is evaluated: `extends`, computed keys, static initialisers. */
  readonly evaluated: readonly string[]
  readonly own: readonly [shape: number, values: readonly PropertySlot[]] | null
  /** Changes to `prototype`: methods put there later, another parent. */
  readonly prototype: Extras | null
  /** A `prototype` that was replaced as a whole. */
  readonly replacedPrototype: Slot
}

export type Stub = 'coverage' | 'require' | 'import'

export type WireNode =
  | readonly ['intrinsic', path: string]
  | readonly ['import', WireImport]
  | readonly ['reference', kind: string, id: number]
  | readonly ['symbol', kind: 'known' | 'registered' | 'local', description: string | null]
  /** For `import`: the modules behind specifiers that a tool has rewritten. */
  | readonly ['stub', Stub, modules?: Readonly<Record<string, NamedModule>>]
  | readonly ['function', WireFunction]
  | readonly ['bound', target: Slot, self: Slot, bound: readonly Slot[]]
  | readonly ['withEnv', factory: Slot, env: Slot]
  | readonly ['prototype', constructor: Slot]
  | readonly ['object', Prototype, shape: number, values: readonly PropertySlot[]]
  | readonly ['array', items: readonly Slot[], Extras | null]
  | readonly ['numbers', bytes: Uint8Array, Extras | null]
  | readonly ['sparse', length: number, Extras | null]
  | readonly ['map', keysAndValues: readonly Slot[], Extras | null]
  | readonly ['set', items: readonly Slot[], Extras | null]
  | readonly ['date', time: number, Extras | null]
  | readonly ['regexp', source: string, flags: string, lastIndex: number, Extras | null]
  | readonly ['error', stack: Slot, Extras | null]
  | readonly ['bytes', type: string, bytes: Uint8Array, Extras | null]
  /** A string that is too long to stand in place. */
  | readonly ['text', string]
  /** On a buffer that other views see too. */
  | readonly ['view', type: string, buffer: Slot, offset: number, byteLength: number, Extras | null]
  | readonly ['boxed', value: Slot, Extras | null]
  | readonly ['made', constructor: string, args: readonly unknown[]]

/** A class among the nodes, as encoded values call it. */
export interface WireClass {
  readonly node: number
  readonly key: string
  /** Why the own properties of an instance are not all of it. */
  readonly unreadable: string | null
}

export interface WireClosure {
  readonly classes: readonly WireClass[]
  readonly root: Slot
  readonly nodes: readonly WireNode[]
  readonly shapes: readonly Shape[]
  /** Nodes to freeze, seal or close to new properties once all is filled. */
  readonly frozen: readonly number[]
  readonly sealed: readonly number[]
  readonly closed: readonly number[]
}

const packr = new Packr({ useRecords: false, variableMapSize: true })

/** Equal bytes for equal data; a view of a larger buffer, so who keeps them copies them. */
export function pack(data: readonly unknown[]): Uint8Array {
  return packr.pack(data)
}

export function unpack(bytes: Uint8Array): unknown {
  return packr.unpack(bytes)
}

/** The packed size of one node or slot by itself. */
export function packedBytes(part: WireNode | Slot): number {
  // A copy of many megabytes only to measure it takes long.
  if (Array.isArray(part)) {
    const bytes: unknown = part[0] === 'bytes' ? part[2] : part[1]
    if (bytes instanceof Uint8Array && part.at(-1) === null) return bytes.length + 16
  }
  return packr.pack(part).length
}

export function nodeIndex(slot: PropertySlot | undefined): number | undefined {
  return Array.isArray(slot) && typeof slot[0] === 'number' ? slot[0] : undefined
}
