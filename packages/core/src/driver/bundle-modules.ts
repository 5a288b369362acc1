/** Reads the `modules` option: which modules executors have installed, and which are bundled by esbuild and sent. */

import { readdirSync, realpathSync, statSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { join, relative, resolve, sep } from 'node:path'
import type { Metafile, Plugin } from 'esbuild'
import { UsageError } from '../base/errors.ts'
import { parseRule, shownPath, type BundleEntry, type ModuleMode, type ModuleRules } from '../closure/module-rules.ts'
import { hashOf } from '../closure/pack-closure.ts'
import { corePackage, packageName } from '../closure/package-of.ts'
import { importOptional } from '../files/optional-package.ts'

const program = /\.[cm]?[jt]sx?$/
/** CommonJS modules inside an ES module find what Node gives them. */
const banner = [
  "import { createRequire as __gridifyRequire } from 'node:module';",
  "import { fileURLToPath as __gridifyPath } from 'node:url';",
  'const require = __gridifyRequire(import.meta.url);',
  'const __filename = __gridifyPath(import.meta.url);',
  "const __dirname = __gridifyPath(new URL('.', import.meta.url));",
].join('')

/** @throws UsageError for a rule that matches nothing, a bundle that holds the program itself, and where esbuild is missing or finds a fault. */
export async function readModuleRules(modules: Readonly<Record<string, ModuleMode>>): Promise<ModuleRules> {
  const folder = process.cwd()
  const rules = Object.entries(modules).map(([key, mode]) => ({ key, ...parseRule(key, mode, folder) }))
  const bundled = rules.filter(({ mode }) => mode === 'bundle')
  if (bundled.length === 0) return { rules, bundle: undefined, entries: new Map(), maps: new Map() }
  const modeOf = (isPath: boolean, name: string) =>
    rules.find((rule) => rule.isPath === isPath && rule.matches.test(name))?.mode
  const inputs = new Map<string, string>()
  for (const { key, isPath, matches } of bundled) {
    const found = isPath ? filesOf(key, folder, matches) : [key]
    for (const input of found) if (modeOf(isPath, input) === 'bundle') inputs.set(entryName(input, folder), input)
    if (found.length === 0 || (!isPath && key.includes('*')))
      throw new UsageError(
        `createContext(): modules: { '${key}': 'bundle' } ${isPath ? 'matches no file' : 'names no package: list each package by its name'}`,
      )
  }
  return { rules, ...(await build(inputs, folder, (specifier) => modeOf(false, specifier) === 'bundle')) }
}

async function build(
  inputs: ReadonlyMap<string, string>,
  folder: string,
  isBundled: (specifier: string) => boolean,
): Promise<Omit<ModuleRules, 'rules'>> {
  const esbuild = await importOptional<typeof import('esbuild')>('esbuild', "createContext(): modules in mode 'bundle'")
  const packages = new Set<string>()
  const result = await esbuild
    .build({
      absWorkingDir: folder,
      entryPoints: [...inputs].map(([out, input]) => ({ in: input, out })),
      outdir: 'bundle',
      entryNames: '[dir]/[name]',
      chunkNames: 'shared-[hash]',
      bundle: true,
      splitting: true,
      write: false,
      metafile: true,
      platform: 'node',
      format: 'esm',
      target: 'node20.19',
      keepNames: true,
      sourcemap: 'external',
      sourcesContent: false,
      logLevel: 'silent',
      banner: { js: banner },
      plugins: [externals(packages, new Set(inputs.values()), isBundled)],
    })
    .catch((cause: unknown) => {
      throw new UsageError(`createContext(): modules in mode 'bundle' cannot be bundled: ${(cause as Error).message}`, {
        cause,
      })
    })
  refuseProgram(result.metafile, folder)
  const outdir = join(folder, 'bundle')
  const outputs = result.outputFiles
    .map(({ path, contents }) => ({ name: relative(outdir, path), bytes: contents }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  const files = outputs.filter(({ name }) => !name.endsWith('.map'))
  const maps = new Map<string, string>()
  for (const { name, bytes } of outputs)
    if (name.endsWith('.map')) maps.set(name.slice(0, -'.map'.length), withWholePaths(bytes, outdir))
  const hash = hashOf(Buffer.concat(files.flatMap(({ name, bytes }) => [Buffer.from(`${name} ${bytes.length}\n`), bytes]))) // prettier-ignore
  const entries = new Map<string, BundleEntry>()
  for (const [path, { entryPoint }] of Object.entries(result.metafile.outputs)) {
    if (entryPoint === undefined) continue
    const file = relative('bundle', path)
    const entry = { file, isCommonJs: result.metafile.inputs[entryPoint]?.format === 'cjs' }
    entries.set(realPath(resolve(folder, entryPoint)), entry)
    const input = inputs.get(file.replace(/\.js$/, ''))
    if (input !== undefined) entries.set(input, entry)
  }
  return { bundle: { hash, files, packages: [...packages].sort() }, entries, maps }
}

function withWholePaths(map: Uint8Array, outdir: string): string {
  const parsed = JSON.parse(Buffer.from(map).toString()) as { sources: string[] }
  return JSON.stringify({ ...parsed, sources: parsed.sources.map((source) => resolve(outdir, source)) })
}

/** Packages stay outside, but for those that are to be bundled, with what they need in turn. */
function externals(
  packages: Set<string>,
  entries: ReadonlySet<string>,
  isBundled: (specifier: string) => boolean,
): Plugin {
  const builtin = new Set(builtinModules)
  return {
    name: 'gridify-packages',
    setup(build) {
      build.onResolve({ filter: /^[^./]/ }, ({ path, importer, kind, pluginData }) => {
        if (pluginData === 'inside' || /^[A-Za-z]:[\\/]/.test(path)) return undefined
        if (path.startsWith('node:') || builtin.has(path)) return { path, external: true }
        // Aliases of the project's own package.json are files of the project.
        if (path.startsWith('#')) return undefined
        const isEntry = kind === 'entry-point' && entries.has(path)
        const isInside = importer.includes(`${sep}node_modules${sep}`) && packageName(path) !== corePackage
        if (isEntry || isInside || isBundled(path)) return undefined
        packages.add(packageName(path))
        return { path, external: true }
      })
    },
  }
}

/** Executors would run the program a second time. */
function refuseProgram({ inputs }: Metafile, folder: string): void {
  const [, main] = process.argv
  if (main === undefined) return
  const program = realPath(main)
  for (const input of Object.keys(inputs))
    if (realPath(resolve(folder, input)) === program)
      throw new UsageError(
        `createContext(): modules in mode 'bundle' would take in ${shownPath(program)}, the program itself, which executors must not run; ` +
          'let no bundled module import it',
      )
}

function filesOf(key: string, folder: string, matches: RegExp): string[] {
  const [, main] = process.argv
  const plain = resolve(folder, key)
  if (!key.includes('*') && statSync(plain, { throwIfNoEntry: false })?.isFile()) return [realPath(plain)]
  const [start = ''] = plain.split('*')
  const top = key.includes('*') ? start.slice(0, start.lastIndexOf(sep) + 1) : plain
  if (!statSync(top, { throwIfNoEntry: false })?.isDirectory()) return []
  return readdirSync(top, { recursive: true, encoding: 'utf8' })
    .map((name) => join(top, name))
    .filter((path) => program.test(path) && !/\.d\.[cm]?ts$/.test(path) && !path.includes(`${sep}node_modules${sep}`))
    .filter((path) => matches.test(path))
    .map(realPath)
    .filter((path) => main === undefined || path !== realPath(main))
    .sort()
}

function entryName(input: string, folder: string): string {
  return (resolve(folder, input) === input ? relative(folder, input).replace(program, '') : input).replace(/[^\w.-]+/g, '__') // prettier-ignore
}

function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}
