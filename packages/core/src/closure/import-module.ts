/** Loads on the executor what a closure imports by name, from the folders that the executor was given. */

import { existsSync } from 'node:fs'
import { createRequire, isBuiltin } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ClosureError } from '../base/errors.ts'
import { codeFolder, isSource } from '../base/package-files.ts'
import { importBundled, isBundled } from './import-bundled.ts'
import { corePackage, packageName } from './package-of.ts'
import { findInstalled, resolveImport } from './resolve-package.ts'
import type { NamedModule } from './named-module.ts'
import type { WireImport } from './wire.ts'

const warned = new Set<string>()

/** The imported value itself: an export, or the module where its name is `*`. */
export async function importValue(
  wanted: WireImport,
  roots: readonly string[],
  bundlesFolder?: string,
): Promise<unknown> {
  const { specifier, name, style } = wanted
  const module = isBundled(specifier)
    ? await importBundled(wanted, { bundlesFolder, roots, asRequired: style !== 'import' })
    : await (style === 'import' ? importModule(wanted, roots) : requireModule(wanted, roots))
  if (name === '*') return style === 'interop' || style === 'interop-node' ? interop(module, style) : module
  const value = member(module, name)
  if (value !== undefined) return value
  if (isBundled(specifier)) throw new ClosureError(`the bundled module ${wanted.file} has no export '${name}', which ${wanted.usedBy} uses`) // prettier-ignore
  throw new ClosureError(`package '${specifier}' on this executor has no export '${name}', which ${wanted.usedBy} uses`)
}

/** `import(specifier)` inside a shipped function. */
export async function importDynamically(
  specifier: string | NamedModule,
  roots: readonly string[],
  bundlesFolder?: string,
): Promise<unknown> {
  if (typeof specifier === 'object' && isBundled(specifier.specifier))
    return importBundled(specifier, { bundlesFolder, roots, asRequired: false })
  if (typeof specifier === 'object') return importModule({ ...specifier, usedBy: 'a dynamic import' }, roots)
  const plain = String(specifier)
  if (/^[./]/.test(plain))
    throw new ClosureError(`a shipped function imports '${plain}', a file that executors do not have`)
  return importModule({ specifier: plain, version: null, file: null, usedBy: 'a dynamic import' }, roots)
}

type Wanted = Pick<WireImport, 'specifier' | 'version' | 'file' | 'usedBy'>

async function importModule(wanted: Wanted, roots: readonly string[]): Promise<unknown> {
  const { specifier, file } = wanted
  if (isBuiltin(specifier) || /^(data|file):/.test(specifier)) return import(specifier)
  if (specifier === corePackage) return import(coreEntry())
  for (const root of roots) {
    const found = findInstalled(specifier, root)
    if (found === undefined) continue
    compareVersions(wanted, found.version)
    const path = file === null ? resolveImport(specifier, root) : fileInside(found.root, file)
    if (path !== undefined) return import(pathToFileURL(path).href)
  }
  throw missing(wanted, roots)
}

async function requireModule(wanted: Wanted, roots: readonly string[]): Promise<unknown> {
  const { specifier, file } = wanted
  if (isBuiltin(specifier)) return process.getBuiltinModule(specifier)
  if (specifier === corePackage) return import(coreEntry())
  for (const root of roots) {
    const found = findInstalled(specifier, root)
    if (found === undefined) continue
    compareVersions(wanted, found.version)
    const require = createRequire(join(root, 'from.js'))
    let path: string
    try {
      path = file === null ? require.resolve(specifier) : fileInside(found.root, file)
    } catch {
      // A package that exports only `import` cannot be resolved by require, though it can be loaded.
      return importModule(wanted, roots)
    }
    try {
      return require(path) as unknown
    } catch (error) {
      if (!isEsmError(error)) throw error
      return import(pathToFileURL(path).href)
    }
  }
  throw missing(wanted, roots)
}

/** TypeScript may have been compiled where Node cannot run it. */
function fileInside(root: string, file: string): string {
  const path = join(root, file)
  const compiled = path.replace(/\.([cm]?)tsx?$/, '.$1js')
  const runs = existsSync(path) && (path === compiled || 'typescript' in process.features)
  return runs || !existsSync(compiled) ? path : compiled
}

/** The copy of the core that this executor runs on. */
function coreEntry(): string {
  return new URL(isSource ? 'index.ts' : 'index.js', codeFolder).href
}

function member(module: unknown, name: string): unknown {
  if (!isObject(module)) return undefined
  if (name in module) return Reflect.get(module, name)
  const fallback: unknown = Reflect.get(module, 'module.exports') ?? Reflect.get(module, 'default')
  if (isObject(fallback) && name in fallback) return Reflect.get(fallback, name)
  // `require('x').default` of esbuild's interop, seen from a module that has no such member
  return name === 'default' ? module : undefined
}

/** What compilers wrap around `require()` to make it look like an `import`. */
function interop(module: unknown, style: 'interop' | 'interop-node'): unknown {
  if (!isObject(module)) return { default: module }
  if (style === 'interop' && Reflect.get(module, '__esModule') === true) return module
  const wrapped: unknown = Object.create(null, Object.getOwnPropertyDescriptors(module))
  return Object.defineProperty(wrapped, 'default', {
    value: module,
    enumerable: true,
    configurable: true,
  })
}

function compareVersions({ specifier, version }: Wanted, found: string | undefined): void {
  const minor = (text: string): string => text.split('.').slice(0, 2).join('.')
  if (version === null || found === undefined || minor(version) === minor(found) || warned.has(specifier)) return
  warned.add(specifier)
  process.emitWarning(`the driver has package '${packageName(specifier)}' ${version}, this executor ${found}`)
}

function missing({ specifier, version, usedBy }: Wanted, roots: readonly string[]): ClosureError {
  const name = packageName(specifier)
  const where = roots.length > 0 ? `looked in ${roots.join(', ')}` : 'it has no folder to look in'
  return new ClosureError(
    `executor cannot find the npm package '${name}'${version === null ? '' : ` ${version}`}, which ${usedBy} uses; ` +
      `install it on the executor (${where}), or send it along: modules: { '${name}': 'bundle' }`,
  )
}

function isEsmError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^ERR_REQUIRE_(ESM|ASYNC_MODULE)$/.test(String(error.code))
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}
