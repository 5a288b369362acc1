/** Other versions of Node, from the npm packages that hold its binaries, in a cache folder that no commit sees. */

import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export const majors = [20, 22, 24, 26]

/** The binary of the newest release of a major version; installed on first use, about 180 MB each. */
export function installNode(major: number, cache: string): string {
  const platform = process.platform === 'win32' ? 'win' : process.platform
  const folder = join(cache, `node-${major}`)
  const binary = join(folder, 'node_modules', 'node-bin', 'bin', platform === 'win' ? 'node.exe' : 'node')
  if (existsSync(binary)) return binary
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{"private":true}')
  const spec = `node-bin@npm:node-${platform}-${process.arch}@${major}`
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', spec], {
    cwd: folder,
    stdio: 'inherit',
  })
  return binary
}
