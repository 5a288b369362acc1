/**
 * Builds the values of a closure from its nodes: containers first as empty shells, then what they hold, functions once
 * their captured values exist. Works depth-first on a stack of its own, so deep nesting is no danger.
 */

import { ClosureError, InternalError } from '../base/errors.ts'
import type { ShipReference } from './closure.ts'
import type { ClassPart, ClassTable } from './class-identity.ts'
import { compileFunction, type FunctionFactory } from './compile-function.ts'
import { fillShell, makeShell, makeView } from './fill-object.ts'
import { intrinsicAt } from './intrinsics.ts'
import { childNodes } from './node-children.ts'
import type { NamedModule } from './named-module.ts'
import { nodeIndex, type Slot, type Stub, type WireClass, type WireClosure, type WireFunction } from './wire.ts'

export interface BuildEnvironment {
  readonly resolveReference: (reference: ShipReference) => unknown
  /** Values of the import nodes, loaded before. */
  readonly imported: ReadonlyMap<number, unknown>
  readonly stub: (stub: Stub, modules?: Readonly<Record<string, NamedModule>>) => unknown
  /** Compiled functions, shared by all builds of one closure. */
  readonly factories: Map<string, FunctionFactory>
  /** Is told of each class that encoded values name, once it is built. */
  readonly onClass: (wire: WireClass, type: Function) => void
  /** The classes among the nodes. */
  readonly classes: readonly ClassPart[]
}

/** Where classes are found that other closures brought here before. */
export interface SharedClasses {
  readonly slot: ClassTable
  readonly task: ClassTable
}

interface Visit {
  readonly id: number
  readonly children: readonly number[]
  next: number
}

interface LateNames {
  readonly set: (late: object) => void
  readonly names: readonly string[]
  readonly slots: readonly Slot[]
}

export class ValueBuilder {
  private readonly closure: WireClosure
  private readonly environment: BuildEnvironment
  private readonly shared: SharedClasses
  private readonly values: unknown[] = []
  private readonly created: Uint8Array
  private readonly visited: Uint8Array
  private uncreated: number[] = []
  private unfilled: number[] = []
  private late: LateNames[] = []

  constructor(closure: WireClosure, environment: BuildEnvironment, shared: SharedClasses) {
    this.closure = closure
    this.environment = environment
    this.shared = shared
    this.created = new Uint8Array(closure.nodes.length)
    this.visited = new Uint8Array(closure.nodes.length)
  }

  build(): unknown {
    const { root, frozen, sealed, closed } = this.closure
    const fresh = this.environment.classes.filter((part) => !this.takeShared(part))
    const rootId = nodeIndex(root)
    if (rootId !== undefined && this.visited[rootId] === 0) this.visitFrom(rootId)
    this.settle()
    while (this.uncreated.length > 0) this.createForced()
    if (this.unfilled.length > 0) throw new InternalError('a closure has values that cannot be built')
    for (const id of frozen) Object.freeze(this.values[id])
    for (const id of sealed) Object.seal(this.values[id])
    for (const id of closed) Object.preventExtensions(this.values[id])
    for (const part of fresh) this.tableOf(part).add(part.hash, part.ids.map((id) => this.values[id])) // prettier-ignore
    for (const wire of this.closure.classes) {
      const type = this.values[wire.node]
      if (typeof type === 'function') this.environment.onClass(wire, type)
    }
    return this.read(root)
  }

  private tableOf({ perTask }: ClassPart): ClassTable {
    return perTask ? this.shared.task : this.shared.slot
  }

  /** Puts a class that exists here already, with all that it reaches, in the place of its nodes. */
  private takeShared(part: ClassPart): boolean {
    const values = this.tableOf(part).find(part.hash)
    if (values === undefined) return false
    for (const [i, id] of part.ids.entries()) {
      // what two classes share is that of the first
      if (this.created[id] === 1) continue
      this.put(id, values[i])
      this.visited[id] = 1
    }
    return true
  }

  /** The value of a slot whose node exists already. */
  readonly read = (slot: Slot): unknown => {
    if (!Array.isArray(slot)) return slot
    const [tag, content] = slot as readonly [number | string, unknown?]
    switch (tag) {
      case 'undefined':
        return undefined
      case '-0':
        return -0
      case 'bigint':
        return BigInt(content as string)
      case 'utf16':
        return Buffer.from(content as Uint8Array).toString('utf16le')
      default:
        return this.values[tag as number]
    }
  }

  private readonly isCreated = (slot: Slot): boolean => {
    const id = nodeIndex(slot)
    return id === undefined || this.created[id] === 1
  }

  private visitFrom(root: number): void {
    const stack: Visit[] = [this.open(root)]
    while (stack.length > 0) {
      const visit = stack.at(-1)!
      const child = visit.children[visit.next++]
      if (child !== undefined) {
        if (this.visited[child] === 0) stack.push(this.open(child))
        continue
      }
      stack.pop()
      this.close(visit.id)
    }
  }

  private open(id: number): Visit {
    this.visited[id] = 1
    const node = this.closure.nodes[id]!
    const shell = makeShell(node, this.read)
    if (shell !== undefined) this.put(id, shell)
    return { id, children: childNodes(node, this.closure.shapes), next: 0 }
  }

  private close(id: number): void {
    if (this.created[id] === 0) {
      if (this.isReady(id)) this.create(id)
      else this.uncreated.push(id)
    } else if (!this.fill(id)) {
      this.unfilled.push(id)
    }
  }

  /** Creates and fills what was waiting for something that exists by now. */
  private settle(): void {
    let progress = true
    while (progress) {
      progress = false
      const uncreated = this.uncreated
      this.uncreated = []
      for (const id of uncreated) {
        if (this.isReady(id)) {
          this.create(id)
          progress = true
        } else {
          this.uncreated.push(id)
        }
      }
      const unfilled = this.unfilled
      this.unfilled = unfilled.filter((id) => !this.fill(id))
      if (this.unfilled.length < unfilled.length) progress = true
      this.late = this.late.filter((late) => !this.bindLate(late))
    }
  }

  /** In a circle of classes that need each other while they are evaluated, somebody must be first, as on the driver. */
  private createForced(): void {
    const first = this.uncreated.findIndex((id) => this.closure.nodes[id]![0] === 'function')
    if (first < 0) throw new InternalError('a closure has values that need each other to exist first')
    this.create(this.uncreated.splice(first, 1)[0]!)
    this.settle()
  }

  /** True once the values exist that a node cannot be created without. */
  private isReady(id: number): boolean {
    const node = this.closure.nodes[id]!
    switch (node[0]) {
      case 'function': {
        const { names, values, evaluated, replacedPrototype } = node[1]
        return (
          evaluated.every((name) => this.isCreated(values[names.indexOf(name)]!)) && this.isCreated(replacedPrototype)
        )
      }
      case 'bound':
        return this.isCreated(node[1]) && this.isCreated(node[2]) && node[3].every(this.isCreated)
      case 'withEnv':
        return this.isCreated(node[1]) && this.isCreated(node[2])
      case 'view':
        return this.isCreated(node[2])
      case 'boxed':
      case 'prototype':
        return this.isCreated(node[1])
      default:
        return true
    }
  }

  private create(id: number): void {
    const node = this.closure.nodes[id]!
    switch (node[0]) {
      case 'intrinsic':
        this.put(id, intrinsicAt(node[1]))
        return
      case 'import':
        this.put(id, this.environment.imported.get(id))
        return
      case 'reference':
        this.put(id, this.environment.resolveReference({ kind: node[1], id: node[2] }))
        return
      case 'text':
        this.put(id, node[1])
        return
      case 'symbol':
        this.put(id, makeSymbol(node[1], node[2]))
        return
      case 'stub':
        this.put(id, this.environment.stub(node[1], node[2]))
        return
      case 'bound': {
        const target = this.read(node[1]) as Function
        this.put(id, Function.prototype.bind.call(target, this.read(node[2]), ...node[3].map(this.read)))
        return
      }
      case 'withEnv':
        this.settle()
        this.put(id, (this.read(node[1]) as (env: unknown) => unknown)(this.read(node[2])))
        return
      case 'prototype':
        this.put(id, (this.read(node[1]) as Function).prototype)
        return
      case 'view':
        this.put(id, makeView(node[1], this.read(node[2]) as ArrayBuffer, node[3], node[4]))
        if (!this.fill(id)) this.unfilled.push(id)
        return
      case 'boxed':
        this.put(id, Object(this.read(node[1])))
        if (!this.fill(id)) this.unfilled.push(id)
        return
      case 'function':
        this.createFunction(id, node[1])
        return
      default:
        throw new InternalError(`node '${node[0]}' has no shell`)
    }
  }

  private createFunction(id: number, wire: WireFunction): void {
    // Static initialisers run now and may use anything that exists.
    if (wire.evaluated.length > 0) this.settle()
    const env: Record<string, unknown> = {}
    const lateNames: string[] = []
    const lateSlots: Slot[] = []
    for (const [i, name] of wire.names.entries()) {
      const slot = wire.values[i]!
      if (this.isCreated(slot)) {
        env[name] = this.read(slot)
      } else {
        lateNames.push(name)
        lateSlots.push(slot)
      }
    }
    const [made, set] = this.factory(id, wire, lateNames)(env)
    if (typeof made !== 'function')
      throw new ClosureError(`the source of ${wire.name || 'a function'} gave no function`)
    if (made.name !== wire.name && !wire.isClass)
      Object.defineProperty(made, 'name', { value: wire.name, configurable: true })
    if (wire.isClass && wire.name !== '' && made.name === '')
      Object.defineProperty(made, 'name', { value: wire.name, configurable: true })
    if (wire.replacedPrototype !== null) made.prototype = this.read(wire.replacedPrototype)
    this.put(id, made)
    if (lateNames.length > 0) this.late.push({ set, names: lateNames, slots: lateSlots })
    if (!this.fill(id)) this.unfilled.push(id)
  }

  private factory(id: number, wire: WireFunction, lateNames: readonly string[]): FunctionFactory {
    const key = `${id} ${lateNames.join(' ')}`
    let factory = this.environment.factories.get(key)
    if (factory === undefined) {
      factory = compileFunction(wire, lateNames)
      this.environment.factories.set(key, factory)
    }
    return factory
  }

  /** False where a child is still missing; order of keys matters, so nothing is filled by halves. */
  private fill(id: number): boolean {
    const node = this.closure.nodes[id]!
    const isReady = childNodes(node, this.closure.shapes, 'fill').every((child) => this.created[child] === 1)
    if (isReady) fillShell(this.values[id], node, this.closure.shapes, this.read)
    return isReady
  }

  private bindLate({ set, names, slots }: LateNames): boolean {
    if (!slots.every(this.isCreated)) return false
    set(Object.fromEntries(names.map((name, i) => [name, this.read(slots[i]!)])))
    return true
  }

  private put(id: number, value: unknown): void {
    this.values[id] = value
    this.created[id] = 1
  }
}

function makeSymbol(kind: 'known' | 'registered' | 'local', description: string | null): symbol {
  if (kind === 'registered') return Symbol.for(description ?? '')
  return kind === 'known' ? (Reflect.get(Symbol, description ?? '') as symbol) : Symbol(description ?? undefined)
}
