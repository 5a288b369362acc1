/** Whether an import of a script is found by name on executors, or is a file of the project that travels by value. */

import { existsSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { isAbsolute, join, relative, sep } from 'node:path'
import type { NamedModule } from './wire.ts'
import { corePackage, fileOfUrl, isImported, packageOfFile, packageOfSpecifier } from './package-of.ts'

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
  if (/^[.#]/.test(specifier)) return undefined
  const from = fileOfUrl(scriptUrl) ?? join(process.cwd(), 'script.js')
  const found = packageOfSpecifier(specifier, from)
  return found && isImported(found) ? { specifier, version: found.version, file: null } : undefined
}

/** A file of an imported package, named so that another installation of the same package has it too. */
function classifyFile(file: string): NamedModule | undefined {
  const found = packageOfFile(file)
  if (found === undefined || !isImported(found)) return undefined
  const { name, version, root } = found
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
