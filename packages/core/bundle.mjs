/** Bundles the entry files of the package into `lib`, with what several of them need in chunks that they share. */

import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'

const folder = import.meta.dirname
const outdir = join(folder, 'lib')
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
  platform: 'node',
  format: 'esm',
  target: 'node20.19',
  sourcemap: true,
  sourcesContent: false,
  logLevel: 'warning',
})
