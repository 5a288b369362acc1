/** Finds the file of `import 'name/sub'` as seen from a folder. Node offers that only for the importing module itself. */

import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { packageName } from './package-of.ts'

export interface InstalledPackage {
  readonly root: string
  readonly version: string | undefined
  readonly exports: unknown
}

const conditions = new Set(['node', 'import', 'module-sync', 'default'])

/** The package that a specifier names: that of `folder` itself, or one in the node_modules folders above it. */
export function findInstalled(specifier: string, folder: string): InstalledPackage | undefined {
  const wanted = packageName(specifier)
  const own = readPackage(folder)
  if (own?.name === wanted) return { root: folder, ...own }
  for (const modules of createRequire(join(folder, 'from.js')).resolve.paths(wanted) ?? []) {
    const root = join(modules, wanted)
    const found = readPackage(root)
    if (found) return { root, ...found }
  }
  return undefined
}

function readPackage(
  root: string,
): { name: string | undefined; version: string | undefined; exports: unknown } | undefined {
  const file = join(root, 'package.json')
  if (!existsSync(file)) return undefined
  const { name, version, exports } = JSON.parse(readFileSync(file, 'utf8')) as {
    name?: string
    version?: string
    exports?: unknown
  }
  return { name, version, exports }
}

/** The file that an ES module in `folder` would get for a specifier. */
export function resolveImport(specifier: string, folder: string): string | undefined {
  const found = findInstalled(specifier, folder)
  if (found === undefined) return undefined
  if (found.exports !== undefined && found.exports !== null) {
    const target = exportTarget(found.exports, `.${specifier.slice(packageName(specifier).length)}`)
    if (target !== undefined) return join(found.root, target)
  }
  try {
    return createRequire(join(folder, 'from.js')).resolve(specifier)
  } catch {
    return undefined
  }
}

function exportTarget(exports: unknown, subpath: string): string | undefined {
  if (!hasSubpaths(exports)) return subpath === '.' ? conditionTarget(exports, '') : undefined
  if (Object.hasOwn(exports, subpath)) return conditionTarget(exports[subpath], '')
  const patterns = Object.keys(exports).filter((key) => key.includes('*'))
  // the most specific pattern wins, as in Node
  for (const pattern of patterns.sort((a, b) => b.indexOf('*') - a.indexOf('*'))) {
    const [before = '', after = ''] = pattern.split('*')
    if (!subpath.startsWith(before) || !subpath.endsWith(after) || subpath.length < pattern.length) continue
    return conditionTarget(exports[pattern], subpath.slice(before.length, subpath.length - after.length))
  }
  return undefined
}

function conditionTarget(target: unknown, match: string): string | undefined {
  if (typeof target === 'string') return target.replaceAll('*', match)
  const choices: [string, unknown][] = Array.isArray(target)
    ? target.map((each): [string, unknown] => ['default', each])
    : typeof target === 'object' && target !== null
      ? Object.entries(target)
      : []
  for (const [condition, choice] of choices) {
    if (!conditions.has(condition)) continue
    const found = conditionTarget(choice, match)
    if (found !== undefined) return found
  }
  return undefined
}

function hasSubpaths(exports: unknown): exports is Record<string, unknown> {
  return (
    typeof exports === 'object' &&
    exports !== null &&
    !Array.isArray(exports) &&
    Object.keys(exports).some((key) => key.startsWith('.'))
  )
}
