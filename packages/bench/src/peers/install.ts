/** `npm run bench -- install-peers`: puts the peers into the cache folder. */

import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder } from '../cache-folder.ts'
import { peers } from './index.ts'
import { pythonFolder } from './spark-peers.ts'

const nodePeers = ['@duckdb/node-api@1.5.6-r.1', 'skale@1.2.2']
/** numpy is what Spark's own k-means and regression examples in Python are written with. */
const pythonPeers = ['pyspark==4.*', 'numpy']

export function installPeers(): void {
  const nodeFolder = cacheFolder('peers/node')
  writeFileSync(join(nodeFolder, 'package.json'), '{ "private": true }\n')
  // Without scripts: one of skale's peers would build a parquet library from source, which no case uses.
  run('npm', ['install', '--prefix', nodeFolder, '--ignore-scripts', '--no-audit', '--no-fund', ...nodePeers])
  if (!existsSync(join(pythonFolder(), 'bin/pip'))) run('python3', ['-m', 'venv', pythonFolder()])
  run(join(pythonFolder(), 'bin/pip'), ['install', '--quiet', ...pythonPeers])
  for (const [name, peer] of Object.entries(peers)) console.log(`${name}: ${peer.missing() ?? 'ready'}`)
}

function run(file: string, args: readonly string[]): void {
  console.log(`${file} ${args.join(' ')}`)
  execFileSync(file, args, { stdio: 'inherit' })
}
