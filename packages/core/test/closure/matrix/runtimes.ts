/** Every kind of driver process that functions are captured in, and how it is started on one version of Node. */

import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { buildSync, type BuildOptions } from 'esbuild'
import { fixtures, runNode, type Workspace } from '../workspace.ts'

export interface Runtime {
  readonly name: string
  /** Major version of Node from which on this runtime exists. */
  readonly since?: number
  /** Names in messages are not the user's own. */
  readonly renames?: boolean
  /** Has cases of its own instead of those that the others share. */
  readonly ownCases?: boolean
  /** Runs the case files in a process of the kind, which writes what it captured into `output`. */
  capture(workspace: Workspace, output: string, node: string): Promise<unknown>
}

const child = join(fixtures, 'capture-child.mjs')
const bundled = ['language.mjs', 'imports.mjs', 'esm-only.mjs', 'import-meta.mjs']
const modules = [...bundled, 'declared-later.mjs']
const typed = ['language.cjs', 'imports.cjs']
const commonJs = [...typed, 'commonjs.cjs']
const typeScript = ['language.ts', 'imports.ts', 'typescript.ts', 'decorators.ts']

export const runtimes: readonly Runtime[] = [
  files('ES modules', modules),
  files('CommonJS', commonJs),
  { ...files('TypeScript, types stripped by Node', inFolder('module', typeScript.slice(0, 2))), since: 22 },
  files('tsx, ES modules', inFolder('module', typeScript), ['--import', import.meta.resolve('tsx')]),
  files('tsx, CommonJS', inFolder('commonjs', typeScript), ['--import', import.meta.resolve('tsx')]),
  bundle('esbuild, ES module', { format: 'esm' }, [
    ...bundled,
    ...inFolder('module', ['typescript.ts', 'decorators.ts']),
  ]),
  bundle('esbuild, CommonJS', { format: 'cjs' }, bundled.slice(0, 2)),
  { ...bundle('esbuild, minified', { format: 'esm', minify: true }, bundled), renames: true },
  {
    ...bundle('esbuild, minified with names', { format: 'esm', minify: true, keepNames: true }, bundled),
    renames: true,
  },
  vitest('forks'),
  vitest('threads'),
  vitest('vmForks'),
  vitest('vmThreads'),
  files('a worker thread', modules, [], 'worker-child.mjs'),
  files('the REPL', typed, [], 'repl-child.cjs'),
  { ...files('a notebook (tslab)', inFolder('commonjs', ['notebook.ts']), [], 'notebook-child.cjs'), ownCases: true },
  files('under a debugger', modules, ['--inspect=0']),
  files('without `__proto__`', modules, ['--disable-proto=delete']),
]

function files(name: string, cases: readonly string[], options: readonly string[] = [], script?: string): Runtime {
  const main = script === undefined ? child : join(fixtures, script)
  return {
    name,
    capture: ({ driver }, output, node) =>
      runNode([...options, main, output, ...cases.map((file) => join(driver, file))], driver, node),
  }
}

function inFolder(folder: string, names: readonly string[]): string[] {
  return names.map((name) => `${folder}/${name}`)
}

/** All case files in one file, as a deployed service has them. */
function bundle(name: string, options: BuildOptions, cases: readonly string[]): Runtime {
  return {
    name,
    renames: true,
    capture: ({ driver }, output, node) => {
      const outfile = join(driver, `${name.replaceAll(/\W+/g, '-')}.${options.format === 'cjs' ? 'cjs' : 'mjs'}`)
      buildSync({
        stdin: { contents: cases.map((file) => `import './${file}'`).join('\n'), resolveDir: driver },
        outfile,
        bundle: true,
        platform: 'node',
        target: 'node20.19',
        packages: 'external',
        external: ['./other.js'],
        logLevel: 'error',
        ...options,
      })
      return runNode([child, output, outfile], driver, node)
    },
  }
}

function vitest(pool: string): Runtime {
  const cases = [...modules, 'module/typescript.ts']
  return {
    name: `vitest, ${pool}`,
    capture: ({ driver }, output, node) => {
      const file = `${pool}.test.mjs`
      writeFileSync(
        join(driver, file),
        `
        import { collectCases } from ${JSON.stringify(join(fixtures, 'collect-cases.mjs'))}
        const cases = collectCases()
        ${cases.map((each) => `await import('./${each}')`).join('\n')}
        test('captures', () => cases.finish(${JSON.stringify(output)}), 60_000)
        `,
      )
      const cli = join(createRequire(import.meta.url).resolve('vitest/package.json'), '../vitest.mjs')
      return runNode([cli, 'run', '--globals', `--pool=${pool}`, `--root=${driver}`, file], driver, node)
    },
  }
}
