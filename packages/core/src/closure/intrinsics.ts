/** The objects that every JavaScript process has, by the path that leads to them: `Math.max`, `Array.prototype`. */

import { runInNewContext } from 'node:vm'

interface Intrinsics {
  readonly paths: ReadonlyMap<unknown, string>
  readonly values: ReadonlyMap<string, unknown>
}

// Names that are there before a program's own, minus those that programs and test runners commonly add to globalThis.
const namesAtStart = new Set(Object.getOwnPropertyNames(globalThis))
const nodeGlobals = new Set(
  `global clearImmediate setImmediate clearInterval clearTimeout setInterval setTimeout queueMicrotask structuredClone
  atob btoa performance fetch navigator crypto process Buffer console`.split(/\s+/),
)
/** Of Node's own names, those that are there without loading anything; to look at another loads all of fetch, or of streams. */
const loadedAtStart = new Set(
  `global clearImmediate setImmediate clearInterval clearTimeout setInterval setTimeout queueMicrotask structuredClone
  URL URLSearchParams Event EventTarget`.split(/\s+/),
)

let built: Intrinsics | undefined

/** True for names that mean the same on any executor. A name that the program put on globalThis is not one. */
export function isStandardGlobal(name: string): boolean {
  if (nodeGlobals.has(name)) return true
  if (!namesAtStart.has(name)) return false
  const descriptor = Object.getOwnPropertyDescriptor(globalThis, name)
  // What V8 and Node define is not enumerable, but for the names listed above; an assignment makes an enumerable one.
  if (descriptor === undefined || !descriptor.enumerable || !('value' in descriptor)) return true
  // vitest's vm pools put the outer realm's Uint8Array and others over their own.
  const value: unknown = descriptor.value
  return typeof value === 'function' && value.name === name && isNative(value)
}

export function isNative(fn: Function): boolean {
  return /\{\s*\[native code\]\s*\}\s*$/.test(Function.prototype.toString.call(fn))
}

export function intrinsicPath(value: unknown): string | undefined {
  const path = intrinsics().paths.get(value)
  if (path !== undefined || typeof value !== 'function') return path
  // fetch, Blob and others are lazy getters on globalThis: look only at the one that this function names.
  const { name } = value
  return name !== '' && isStandardGlobal(name) && Reflect.get(globalThis, name) === value ? name : undefined
}

export function intrinsicAt(path: string): unknown {
  const { values } = intrinsics()
  return values.has(path) ? values.get(path) : Reflect.get(globalThis, path)
}

export const wellKnownSymbols: ReadonlyMap<symbol, string> = new Map(
  Object.getOwnPropertyNames(Symbol).flatMap((name) => {
    const value: unknown = Reflect.get(Symbol, name)
    return typeof value === 'symbol' ? [[value, name]] : []
  }),
)

function intrinsics(): Intrinsics {
  if (built) return built
  const paths = new Map<unknown, string>()
  const values = new Map<string, unknown>()
  const add = (path: string, value: unknown): void => {
    if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return
    if (!paths.has(value)) paths.set(value, path)
    values.set(path, value)
  }
  const addMembers = (owner: object, path: string): void => {
    for (const key of Object.getOwnPropertyNames(owner)) {
      // Descriptors only: running getters has side effects.
      const { value, get, set } = Object.getOwnPropertyDescriptor(owner, key)!
      if (typeof value === 'function' || key === 'prototype') add(`${path}.${key}`, value)
      if (get) add(`get ${path}.${key}`, get)
      if (set) add(`set ${path}.${key}`, set)
    }
  }
  add('globalThis', globalThis)
  const ofLanguage = new Set(runInNewContext('Object.getOwnPropertyNames(globalThis)') as string[])
  for (const [path, value] of hiddenIntrinsics()) {
    add(path, value)
    addMembers(value, path)
  }
  for (const name of namesAtStart) {
    if (!(ofLanguage.has(name) || loadedAtStart.has(name)) || !isStandardGlobal(name)) continue
    const value: unknown = Object.getOwnPropertyDescriptor(globalThis, name)?.value
    if (value === null || (typeof value !== 'object' && typeof value !== 'function')) continue
    if (value === globalThis) continue
    add(name, value)
    addMembers(value, name)
    if (typeof value !== 'function') continue
    const prototype: unknown = value.prototype
    if ((typeof prototype === 'object' && prototype !== null) || prototype === Function.prototype)
      addMembers(prototype, `${name}.prototype`)
  }
  for (const [path, value] of mainRealmIntrinsics(values)) if (!paths.has(value)) paths.set(value, path)
  add('process', process)
  add('Buffer', Buffer)
  addMembers(Buffer, 'Buffer')
  addMembers(Buffer.prototype, 'Buffer.prototype')
  built = { paths, values }
  return built
}

/** Intrinsics without a global name. */
function hiddenIntrinsics(): [string, object][] {
  const parent = (value: object): object => Object.getPrototypeOf(value) as object
  const generator = function* (): Generator<never> {}
  const asyncGenerator = async function* (): AsyncGenerator<never> {}
  return [
    ['%GeneratorFunction.prototype', parent(generator)],
    ['%Generator.prototype', parent(generator.prototype)],
    ['%AsyncFunction.prototype', parent(async () => {})],
    ['%AsyncGeneratorFunction.prototype', parent(asyncGenerator)],
    ['%AsyncGenerator.prototype', parent(asyncGenerator.prototype as object)],
    ['%TypedArray', parent(Uint8Array)],
    ['%TypedArray.prototype', parent(Uint8Array.prototype)],
    ['%ArrayIterator.prototype', parent([].values())],
    ['%StringIterator.prototype', parent(''[Symbol.iterator]())],
    ['%RegExpStringIterator.prototype', parent(''.matchAll(/a/g))],
  ]
}

/** In a vm context, Node's own modules hand out objects of the realm that Node runs in: these have its intrinsics. */
function mainRealmIntrinsics(ours: ReadonlyMap<string, unknown>): [string, unknown][] {
  const MainFunction = process.getBuiltinModule('node:path').join.constructor as FunctionConstructor
  if (MainFunction === Function) return []
  const main = MainFunction('return globalThis')() as typeof globalThis
  return [...ours.keys()].flatMap((path): [string, unknown][] => {
    if (!/^[A-Z]\w*(\.\w+)*$/.test(path)) return []
    const parts = path.split('.')
    const last = parts.pop()!
    let owner: unknown = main
    for (const part of parts) owner = dataProperty(owner, part)
    const value = dataProperty(owner, last)
    return typeof value === 'function' || (typeof value === 'object' && value !== null) ? [[path, value]] : []
  })
}

function dataProperty(owner: unknown, key: string): unknown {
  const isObject = typeof owner === 'function' || (typeof owner === 'object' && owner !== null)
  return isObject ? (Object.getOwnPropertyDescriptor(owner, key)?.value as unknown) : undefined
}
