/** `npm run bench -- COMMAND`. */

import { coreCommand, coreUsage } from './core-command.ts'
import { installPeers } from './peers/install.ts'
import { growthCommand, growthUsage } from './suites/growth.ts'
import { memoryCommand, memoryUsage } from './suites/memory.ts'
import { overheadCommand, overheadUsage } from './suites/overhead.ts'
import { retrainCommand, retrainUsage } from './suites/retrain.ts'
import { serializationCommand, serializationUsage } from './suites/serialization.ts'
import { skewCommand, skewUsage } from './suites/skew.ts'

const commands: Readonly<Record<string, (args: string[]) => number | Promise<number>>> = {
  core: coreCommand,
  overhead: overheadCommand,
  growth: growthCommand,
  retrain: retrainCommand,
  memory: memoryCommand,
  skew: skewCommand,
  serialization: serializationCommand,
  'install-peers': () => {
    installPeers()
    return 0
  },
}

const usages = [
  coreUsage,
  overheadUsage,
  growthUsage,
  retrainUsage,
  memoryUsage,
  skewUsage,
  serializationUsage,
  'install-peers',
]
const [name = '', ...args] = process.argv.slice(2)
const command = commands[name]
if (!command) {
  console.error(['npm run bench -- COMMAND', ...usages].join('\n  '))
  process.exitCode = 2
} else {
  try {
    process.exitCode = await command(args)
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 2
  }
}
