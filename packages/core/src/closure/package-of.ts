/** The npm package that a file or a bare specifier belongs to, and how its functions travel. */

import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, isAbsolute, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { modeOfPackage } from './module-rules.ts'

export const corePackage = '@gridify/core'

export interface Package {
  readonly name: string
  readonly version: string | null
  /** Its folder, with symbolic links resolved. */
  readonly root: string
  /** `"gridify": { "ship": ... }` of its package.json. */
  readonly ship: 'value' | 'installed' | undefined
  /** True for what a package manager put into node_modules, false for folders of the project linked from there. */
  readonly isInstalled: boolean
}

const byFolder = new Map<string, Package | undefined>()

/** By name on the executor, or by value with its source. */
export function isImported(found: Package): boolean {
  if (found.name === corePackage) return true
  const mode = modeOfPackage(found.name)
  if (mode !== undefined) return mode !== 'value'
  return found.ship === undefined ? found.isInstalled : found.ship === 'installed'
}

/** The package whose package.json is nearest above a file, after symbolic links. */
export function packageOfFile(file: string): Package | undefined {
  return packageAbove(dirname(realPath(file)))
}

/** The package that `specifier` means in `file`; undefined for aliases and for what is not installed. */
export function packageOfSpecifier(specifier: string, file: string): Package | undefined {
  const name = packageName(specifier)
  const own = packageOfFile(file)
  if (own?.name === name) return own
  for (const folder of createRequire(file).resolve.paths(name) ?? []) {
    const root = join(folder, name)
    if (existsSync(join(root, 'package.json'))) return packageAbove(realPath(root))
  }
  return undefined
}

/** `@scope/name` or `name` of a specifier such as `@scope/name/sub/path`. */
export function packageName(specifier: string): string {
  const parts = specifier.split('/')
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/')
}

/** The file of a script's URL, or undefined for evaluated code and built-in modules. */
export function fileOfUrl(url: string): string | undefined {
  const bare = url.replace(/[?#].*$/, '')
  if (bare.startsWith('file:')) return fileURLToPath(bare)
  return isAbsolute(bare) ? bare : undefined
}

export function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

function packageAbove(folder: string): Package | undefined {
  if (byFolder.has(folder)) return byFolder.get(folder)
  const parent = dirname(folder)
  const found = readPackage(folder) ?? (parent === folder ? undefined : packageAbove(parent))
  byFolder.set(folder, found)
  return found
}

function readPackage(root: string): Package | undefined {
  let json: { name?: unknown; version?: unknown; gridify?: { ship?: unknown } }
  try {
    json = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as typeof json
  } catch {
    return undefined
  }
  // `{"type": "module"}` alone marks a folder's module kind, not a package.
  if (typeof json.name !== 'string') return undefined
  const ship = json.gridify?.ship
  return {
    name: json.name,
    version: typeof json.version === 'string' ? json.version : null,
    root,
    ship: ship === 'value' || ship === 'installed' ? ship : undefined,
    isInstalled: root.includes(`${sep}node_modules${sep}`),
  }
}
