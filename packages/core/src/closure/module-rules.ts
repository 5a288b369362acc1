/**
 * How the functions and values of modules travel, where the program says so. One decision for the process: classes and
 * registered forms are captured without a context, and must travel as the functions around them do.
 */

import { join, relative, sep } from 'node:path'
import type { NamedModule } from './named-module.ts'

export type ModuleMode = 'value' | 'installed' | 'bundle'

/** Files that executors are sent, each once, and import under the bundle's hash. */
export interface ModuleBundle {
  readonly hash: string
  readonly files: readonly { readonly name: string; readonly bytes: Uint8Array }[]
  /** Packages that the files import and executors must have. */
  readonly packages: readonly string[]
}

/** A module that a bundle was made for. */
export interface BundleEntry {
  /** Its name in the bundle. */
  readonly file: string
  readonly isCommonJs: boolean
}

interface Rule {
  readonly isPath: boolean
  readonly matches: RegExp
  readonly mode: ModuleMode
}

export interface ModuleRules {
  readonly rules: readonly Rule[]
  readonly bundle: ModuleBundle | undefined
  /** By specifier, and by the path of the file. */
  readonly entries: ReadonlyMap<string, BundleEntry>
  /** Of the bundle's files, by name: source maps, in JSON, for stacks that executors send. */
  readonly maps: ReadonlyMap<string, string>
}

let current: ModuleRules = { rules: [], bundle: undefined, entries: new Map(), maps: new Map() }

/** What executors must be sent by now; earlier ones stay, since rows may hold instances of their classes. */
export const moduleBundles = new Map<string, ModuleBundle>()

const sourceMaps = new Map<string, string>()

export function useModuleRules(rules: ModuleRules): void {
  current = rules
  const { bundle, maps } = rules
  if (!bundle) return
  moduleBundles.set(bundle.hash, bundle)
  for (const [name, map] of maps) sourceMaps.set(`${bundle.hash}/${name}`, map)
}

/** The source map, in JSON, of a script that an executor has imported from a bundle. */
export function bundledSourceMap(url: string): string | undefined {
  const name = /\/bundles\/([0-9a-f]{32}\/[\w.-]+)$/.exec(url)?.[1]
  return name === undefined ? undefined : sourceMaps.get(name)
}

/** The first rule that matches decides. Paths start with a dot or a slash and name a file, a folder or a pattern with `*` and `**`. */
export function parseRule(key: string, mode: ModuleMode, folder: string): Rule {
  const isPath = /^[./]/.test(key)
  const pattern = isPath ? (key.startsWith('.') ? join(folder, key) : key).replace(/[/\\]$/, '') : key
  const source = pattern
    .split(/(\*\*?)/)
    .map((part) => (part === '**' ? '.*' : part === '*' ? '[^/\\\\]*' : part.replace(/[$()+.?[\\\]^{|}]/g, '\\$&')))
    .join('')
  return { isPath, mode, matches: new RegExp(`^${source}${isPath ? '([/\\\\].*)?' : '(/.*)?'}$`) }
}

/** For a package's name or a specifier inside of it. */
export function modeOfPackage(specifier: string): ModuleMode | undefined {
  return current.rules.find(({ isPath, matches }) => !isPath && matches.test(specifier))?.mode
}

/** For a file of the project; what lies in node_modules belongs to a package. */
export function modeOfFile(file: string): ModuleMode | undefined {
  if (current.rules.length === 0 || file.includes(`${sep}node_modules${sep}`)) return undefined
  return current.rules.find(({ isPath, matches }) => isPath && matches.test(file))?.mode
}

/** The module as executors find it in the bundle; `key` is a specifier or a path. */
export function bundledModule(key: string): NamedModule | undefined {
  const entry = current.entries.get(key)
  if (!entry || !current.bundle) return undefined
  return {
    specifier: `bundle${entry.isCommonJs ? '-cjs' : ''}:${current.bundle.hash}`,
    version: null,
    file: entry.file,
  }
}

/** The path of a file as messages show it. */
export function shownPath(file: string): string {
  const short = relative(process.cwd(), file)
  return short.startsWith('..') ? file : short
}
