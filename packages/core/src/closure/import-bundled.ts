/** Imports a module of a bundle on the executor, from the folder that its session has written the files to. */

import { mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { ClosureError } from '../base/errors.ts'
import { codeFolder } from '../base/package-files.ts'
import { corePackage } from './package-of.ts'
import { findInstalled } from './resolve-package.ts'
import type { NamedModule } from './named-module.ts'

/** The file beside a bundle's own that lists the packages which it imports. */
export const packagesFile = 'packages.json'

const parts = /^bundle(-cjs)?:([0-9a-f]{32})$/
const linked = new Set<string>()
const namespaces = new WeakMap<object, object>()

export function isBundled(specifier: string): boolean {
  return parts.test(specifier)
}

/** The module's namespace; with `asRequired` what `require()` would give. */
export async function importBundled(
  { specifier, file }: NamedModule,
  { bundlesFolder, roots, asRequired }: { bundlesFolder: string | undefined; roots: readonly string[]; asRequired: boolean }, // prettier-ignore
): Promise<unknown> {
  const [, commonJs, hash] = parts.exec(specifier)!
  if (bundlesFolder === undefined) throw new ClosureError(`module ${file} of a bundle is needed where no bundles are`)
  const folder = join(bundlesFolder, hash!)
  linkPackages(folder, roots)
  let module: object
  try {
    module = (await import(pathToFileURL(join(folder, file!)).href)) as object
  } catch (cause) {
    const name = missingPackage(cause)
    if (name === undefined) throw cause
    throw new ClosureError(
      `the bundled module ${file} imports the package '${name}', which executor cannot find (looked in ${roots.join(', ')}); ` +
        `install it there, or send it along: modules: { '${name}': 'bundle' }`,
      { cause },
    )
  }
  if (commonJs === undefined) return module
  const exported: unknown = Reflect.get(module, 'default')
  if (asRequired || exported === null || (typeof exported !== 'object' && typeof exported !== 'function'))
    return asRequired ? exported : module
  // What Node's own import of a CommonJS module shows: its members beside the default.
  let namespace = namespaces.get(module)
  if (!namespace) {
    const members = Object.getOwnPropertyDescriptors(exported)
    namespace = Object.defineProperty(Object.create(null, members) as object, 'default', { value: exported })
    namespaces.set(module, namespace)
  }
  return namespace
}

/** The bundle's files look for packages beside them, where links lead to those that the executor has. */
function linkPackages(folder: string, roots: readonly string[]): void {
  if (linked.has(folder)) return
  linked.add(folder)
  const names = JSON.parse(readFileSync(join(folder, packagesFile), 'utf8')) as string[]
  for (const name of names) {
    const target =
      name === corePackage
        ? dirname(fileURLToPath(codeFolder))
        : roots.map((root) => findInstalled(name, root)?.root).find((root) => root !== undefined)
    if (target === undefined) continue
    const link = join(folder, 'node_modules', name)
    mkdirSync(dirname(link), { recursive: true })
    try {
      symlinkSync(target, link, 'junction')
    } catch (error) {
      // Another slot was faster.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
}

function missingPackage(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  if (!/^(ERR_MODULE_NOT_FOUND|MODULE_NOT_FOUND)$/.test(String(error.code))) return undefined
  return /(?:package|module) '([^'./][^']*)'/.exec(error.message)?.[1]
}
