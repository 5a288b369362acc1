/** Peers that are a Node process: gridify itself, the plain loop, DuckDB and skale. */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cacheFolder } from '../cache-folder.ts'
import type { Command } from '../measure/run-process.ts'
import type { CaseRequest, Peer } from './peer.ts'

export function gridify(master: string): Peer {
  return {
    name: `gridify ${master}`,
    missing: () => undefined,
    has: () => true,
    command: (request) => entry('gridify', request, [master]),
    jobsPerProcess: 1,
  }
}

export const plain: Peer = {
  name: 'plain',
  missing: () => undefined,
  has: () => true,
  command: (request) => entry('plain', request),
  jobsPerProcess: 1,
}

export const duckdb: Peer = {
  name: 'duckdb',
  missing: () => missingPackage('@duckdb/node-api'),
  has: (sized) => sized.duckdb !== undefined,
  command: (request) => entry('duckdb', request),
  jobsPerProcess: 1,
}

export const skale: Peer = {
  name: 'skale',
  missing: () => missingPackage('skale'),
  has: (sized) => sized.skale !== undefined,
  command: (request) => ({ ...entry('skale', request), env: { SKALE_WORKERS: '2' } }),
  jobsPerProcess: 1,
}

/** The command of a compiled entry file, for other suites too. */
export function entryCommand(name: string, args: readonly string[], nodeOptions: readonly string[] = []): Command {
  const file = fileURLToPath(new URL(`../entries/${name}.js`, import.meta.url))
  return { file: process.execPath, args: [...nodeOptions, file, ...args] }
}

function entry(name: string, { id, scale }: CaseRequest, rest: readonly string[] = []): Command {
  return entryCommand(name, [id, `${scale}`, ...rest])
}

function missingPackage(name: string): string | undefined {
  return existsSync(join(cacheFolder('peers/node'), 'node_modules', name, 'package.json'))
    ? undefined
    : `${name} is not installed; \`npm run bench -- install-peers\` does it`
}
