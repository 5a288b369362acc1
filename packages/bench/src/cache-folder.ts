/** Where generated data, installed peers and compiled Spark programs rest; git ignores it, and it may be deleted. */

import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root =
  process.env['GRIDIFY_BENCH_CACHE'] ?? join(import.meta.dirname, '../../../node_modules/.cache/gridify-bench')

export function cacheFolder(...path: string[]): string {
  const folder = resolve(root, ...path)
  mkdirSync(folder, { recursive: true })
  return folder
}
