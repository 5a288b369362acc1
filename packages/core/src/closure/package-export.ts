/** Finds the name under which a package exports a function that was not imported by name: `const { chunk } = lodash`. */

import { createRequire, type Module } from 'node:module'
import { join, relative, sep } from 'node:path'
import { codePath, isSource } from '../base/package-files.ts'
import type { NamedModule } from './named-module.ts'
import { corePackage, type Package } from './package-of.ts'

export interface PackageExport extends NamedModule {
  readonly name: string
  readonly style: 'import' | 'require'
}

export function findPackageExport(fn: Function, file: string, owner: Package): PackageExport | undefined {
  const { name: specifier, version, root } = owner
  if (specifier === corePackage) {
    const name = exportName(fn, loadCore(file))
    return name === undefined ? undefined : { specifier, version, file: null, name, style: 'import' }
  }
  // Seen from the node_modules folder, whatever links led there; also silences the warning about require() of ESM.
  const require = createRequire(join(root.slice(0, -specifier.length), 'node_modules', 'from.js'))
  const entry = loadedEntry(require, specifier)
  const entryName = exportName(fn, entry)
  if (entryName !== undefined) return { specifier, version, file: null, name: entryName, style: 'require' }
  // The file is loaded, since it made the function: this reads its exports and runs nothing.
  const name = exportName(fn, loadFile(require, file))
  if (name === undefined) return undefined
  const inside = relative(root, file).split(sep).join('/')
  return { specifier, version, file: inside, name, style: 'require' }
}

export function exportName(fn: Function, exports: unknown): string | undefined {
  if (exports === fn) return '*'
  if (exports === null || (typeof exports !== 'object' && typeof exports !== 'function')) return undefined
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(exports))) {
    // Compilers export through getters; those of a loaded module only read a variable.
    const value: unknown = 'value' in descriptor ? descriptor.value : (descriptor.get?.call(exports) as unknown)
    if (value === fn) return name
  }
  return undefined
}

function loadedEntry(require: NodeJS.Require, specifier: string): unknown {
  try {
    const loaded: Module | undefined = require.cache[require.resolve(specifier)]
    return loaded?.exports
  } catch {
    return undefined
  }
}

function loadFile(require: NodeJS.Require, file: string): unknown {
  try {
    return require(file) as unknown
  } catch {
    return undefined
  }
}

function loadCore(file: string): unknown {
  // Only the copy that this module is part of, and only once it is compiled: Node cannot load our TypeScript.
  if (!file.startsWith(codePath) || isSource) return undefined
  return loadFile(createRequire(join(codePath, 'node_modules', 'from.js')), join(codePath, 'index.js'))
}
