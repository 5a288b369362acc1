/** Packages that only some formats need: loading them at the start would cost every slot a tenth of a second. */

import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

export function csvParser(): typeof import('csv-parse') {
  return require('csv-parse') as typeof import('csv-parse')
}

export function csvSyncParser(): typeof import('csv-parse/sync') {
  return require('csv-parse/sync') as typeof import('csv-parse/sync')
}

export function csvWriter(): typeof import('csv-stringify/sync') {
  return require('csv-stringify/sync') as typeof import('csv-stringify/sync')
}

export function deflater(): typeof import('minizlib') {
  return require('minizlib') as typeof import('minizlib')
}
