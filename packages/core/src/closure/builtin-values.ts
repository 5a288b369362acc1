/** Values of Node's built-in modules by identity: `const read = fs.readFileSync` ships as a name. */

import { builtinModules } from 'node:module'

export interface BuiltinValue {
  readonly specifier: string
  readonly name: string
}

const values = new Map<unknown, BuiltinValue>()
const read = new Set<string>()
const skipped = /^_|\/_|^(sys|punycode|inspector|wasi|trace_events|sqlite|test|sea|node:)/

/** Looks only at modules that this process has loaded, since nothing else can have been captured. */
export function builtinValue(value: unknown): BuiltinValue | undefined {
  readLoadedModules()
  return values.get(value)
}

let loadedCount = -1

function readLoadedModules(): void {
  const list: unknown = Reflect.get(process, 'moduleLoadList')
  const loaded = Array.isArray(list) ? (list as string[]) : []
  // The list only grows, so its length tells whether there is something new.
  if (loaded.length === loadedCount) return
  loadedCount = loaded.length
  for (const name of builtinModules) {
    if (read.has(name) || skipped.test(name)) continue
    // `process` is there from the start and is not listed
    if (loadedCount > 0 && name !== 'process' && !loaded.includes(`NativeModule ${name}`)) continue
    read.add(name)
    readModule(name)
  }
}

function readModule(name: string): void {
  const specifier = `node:${name}`
  const module: unknown = process.getBuiltinModule(specifier)
  if (module === null || (typeof module !== 'object' && typeof module !== 'function')) return
  if (!values.has(module)) values.set(module, { specifier, name: '*' })
  for (const [key, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(module))) {
    const value: unknown = descriptor.value
    if (value === null || (typeof value !== 'function' && typeof value !== 'object')) continue
    if (!values.has(value)) values.set(value, { specifier, name: key })
  }
}
