/** `npm run bench -- COMMAND`. */

import { coreCommand, coreUsage } from './core-command.ts'
import { installPeers } from './peers/install.ts'

const commands: Readonly<Record<string, (args: string[]) => number | Promise<number>>> = {
  core: coreCommand,
  'install-peers': () => {
    installPeers()
    return 0
  },
}

const [name = '', ...args] = process.argv.slice(2)
const command = commands[name]
if (!command) {
  console.error(`npm run bench -- ${Object.keys(commands).join(' | ')}\n\n${coreUsage}`)
  process.exitCode = 2
} else {
  try {
    process.exitCode = await command(args)
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 2
  }
}
