/** Rebuilds captured functions on an executor. Running them is the point: only an authenticated driver may send them. */

import { createRequire } from 'node:module'
import { join } from 'node:path'
import { ValueBuilder, type BuildEnvironment } from './build-values.ts'
import { classParts, ClassTable } from './class-identity.ts'
import type { ShipReference } from './closure.ts'
import type { FunctionFactory } from './compile-function.ts'
import { importDynamically, importValue } from './import-module.ts'
import { unpackClosure } from './pack-closure.ts'
import type { NamedModule } from './named-module.ts'
import type { Stub, WireClass } from './wire.ts'

export interface RebuildEnvironment {
  /** The executor's own broadcast or accumulator. */
  resolveReference(reference: ShipReference): unknown
  /** Folders whose node_modules hold the npm packages, first match wins. */
  readonly importRoots: readonly string[]
  /** Where bundles of modules lie. */
  readonly bundlesFolder?: string
  /** Shared by all closures of a slot, so that each class is one class there. */
  readonly classes?: ClassTable
  /** Is told of the classes whose instances values may hold, when they are built and when they are announced. */
  readonly onClass?: (wire: WireClass, type: Function) => void
}

/**
 * Makes a fresh copy of the function and of the values that it captured. Closures that one task runs are given the same
 * table, for classes that live as long as the task.
 */
export interface ClosureFactory {
  (taskClasses?: ClassTable): Function
  readonly hasClasses: boolean
  /** Makes the classes of the last copy those that instances come back as. */
  announce(): void
}

/**
 * Loads what the closure imports, then returns a factory of copies; modules and classes are shared by them.
 * @throws ClosureError where this executor lacks a package.
 */
export async function rebuildClosure(bytes: Uint8Array, environment: RebuildEnvironment): Promise<ClosureFactory> {
  const closure = unpackClosure(bytes)
  const imported = new Map<number, unknown>()
  for (const [id, node] of closure.nodes.entries()) {
    if (node[0] === 'import')
      imported.set(id, await importValue(node[1], environment.importRoots, environment.bundlesFolder))
  }
  const last = new Map<WireClass, Function>()
  const announce = () => last.forEach((type, wire) => environment.onClass?.(wire, type))
  const build: BuildEnvironment = {
    resolveReference: (reference) => environment.resolveReference(reference),
    imported,
    stub: (stub, modules) => makeStub(stub, environment, modules),
    factories: new Map<string, FunctionFactory>(),
    classes: classParts(closure),
    onClass(wire, type) {
      last.set(wire, type)
      environment.onClass?.(wire, type)
    },
  }
  const { classes: slot = new ClassTable() } = environment
  const make = (task = new ClassTable()) => new ValueBuilder(closure, build, { slot, task }).build() as Function
  return Object.assign(make, { hasClasses: closure.classes.length > 0, announce })
}

function makeStub(
  stub: Stub,
  { importRoots: roots, bundlesFolder }: RebuildEnvironment,
  modules: Readonly<Record<string, NamedModule>> | undefined,
): unknown {
  switch (stub) {
    case 'require':
      return createRequire(join(roots[0] ?? process.cwd(), 'from.js'))
    case 'import':
      return (specifier: string) => importDynamically(modules?.[specifier] ?? specifier, roots, bundlesFolder)
    case 'coverage':
      return () => countNothing
  }
}

/** Stands for a coverage tool's counters, however deep they are indexed. */
const countNothing: object = new Proxy(() => {}, {
  get: (_target, key) => (key === Symbol.toPrimitive ? () => 0 : countNothing),
  set: () => true,
})
