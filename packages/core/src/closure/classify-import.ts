/** Whether an import of a script is found by name on executors, or is a file of the project that travels by value. */

import { existsSync, statSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, isAbsolute, join, relative, sep } from 'node:path'
import { UsageError } from '../base/errors.ts'
import { bundledModule, modeOfFile, modeOfPackage, shownPath } from './module-rules.ts'
import type { NamedModule } from './named-module.ts'
import { corePackage, fileOfUrl, isImported, packageOfFile, packageOfSpecifier, realPath } from './package-of.ts'

/** The module as executors find it, or undefined where it is a file of the project. */
export function classifyImport(specifier: string, scriptUrl: string): NamedModule | undefined {
  if (isBuiltin(specifier)) {
    return {
      specifier: specifier.startsWith('node:') ? specifier : `node:${specifier}`,
      version: null,
      file: null,
    }
  }
  const path = modulePath(specifier)
  if (path !== undefined) return classifyFile(path)
  const from = fileOfUrl(scriptUrl) ?? join(process.cwd(), 'script.js')
  if (specifier.startsWith('.')) return projectModule(resolveFile(join(dirname(from), specifier)))
  if (specifier.startsWith('#')) return undefined
  const mode = modeOfPackage(specifier)
  if (mode === 'bundle') return bundledModule(specifier) ?? notBundled(specifier)
  const found = packageOfSpecifier(specifier, from)
  return found && isImported(found) ? { specifier, version: found.version, file: null } : undefined
}

/** A file of the project that the `modules` option says something about; undefined where it travels by value. */
export function projectModule(file: string): NamedModule | undefined {
  const path = realPath(file)
  const mode = modeOfFile(path)
  if (mode === 'bundle') return bundledModule(path) ?? notBundled(shownPath(path))
  if (mode !== 'installed') return undefined
  const owner = packageOfFile(path)
  if (owner === undefined)
    throw new UsageError(
      `modules: ${shownPath(path)} is to be 'installed', but no package.json above it has a name that executors could find it by`,
    )
  const { name, version, root } = owner
  return { specifier: name, version, file: relative(root, path).split(sep).join('/') }
}

function notBundled(name: string): never {
  throw new UsageError(
    `modules: the bundle was made without '${name}'; name it when the context is created: modules: { '${name}': 'bundle' }`,
  )
}

/** What TypeScript and bundlers let people write: `./x.js` for `./x.ts`, no extension, or a folder. */
function resolveFile(path: string): string {
  if (isFile(path)) return path
  const bare = path.replace(/\.([cm]?)jsx?$/, '.$1ts')
  const endings = ['.ts', '.tsx', '.mts', '.cts', '.js', '.mjs', '.cjs']
  const candidates = [bare, `${bare}x`, ...endings.map((end) => path + end), ...endings.map((end) => join(path, `index${end}`))] // prettier-ignore
  return candidates.find(isFile) ?? path
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true
}

/** A file of an imported package, named so that another installation of the same package has it too. */
function classifyFile(file: string): NamedModule | undefined {
  const own = projectModule(file)
  if (own) return own
  const found = packageOfFile(file)
  if (found === undefined || !isImported(found)) return undefined
  const { name, version, root } = found
  if (modeOfPackage(name) === 'bundle') return bundledModule(realPath(file)) ?? bundledModule(name) ?? notBundled(name)
  const inside = relative(root, file).split(sep).join('/')
  if (name !== corePackage) return { specifier: name, version, file: inside }
  // Inside the core's own folder only its entry has a public name; the rest is source like any other.
  return /^(dist|lib|src)\/index\.[jt]s$/.test(inside) ? { specifier: name, version, file: null } : undefined
}

/** The file of a specifier that is a URL or an absolute path; vite writes root-relative ones and `/@fs/`. */
function modulePath(specifier: string): string | undefined {
  const plain = specifier.replace(/^\/@fs(?=\/)/, '')
  const path = fileOfUrl(plain)
  if (path === undefined || !isAbsolute(path)) return undefined
  return existsSync(path) ? path : join(process.cwd(), path)
}
