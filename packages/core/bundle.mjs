/**
 * Bundles the entry files of the package into `lib`, with what several of them need in chunks that they share. Packages
 * stay outside but zod: of its hundred modules, which every thread would load one by one, a twentieth is used.
 */

import { copyFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const folder = import.meta.dirname
const outdir = join(folder, 'lib')
const zod = fileURLToPath(import.meta.resolve('zod/mini'))
rmSync(outdir, { recursive: true, force: true })
await build({
  absWorkingDir: folder,
  entryPoints: {
    index: 'src/index.ts',
    executor: 'src/cli/executor.ts',
    'session-main': 'src/executor/session-main.ts',
    'session-thread': 'src/executor/session-thread.ts',
    'slot-thread': 'src/executor/slot-thread.ts',
  },
  outdir,
  bundle: true,
  splitting: true,
  packages: 'external',
  plugins: [
    { name: 'zod inside', setup: (build) => build.onResolve({ filter: /^zod\/mini$/ }, () => ({ path: zod })) },
  ],
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  sourcemap: true,
  sourcesContent: false,
  logLevel: 'warning',
})
copyFileSync(join(dirname(zod), '..', 'LICENSE'), join(outdir, 'LICENSE-zod.txt'))
