/** `npm run bench -- skew`: a join whose keys follow Zipf's law, beside the plain loop. */

import { coreCommand } from '../core-command.ts'

export const skewUsage = 'skew [--rounds 3] [--scale 1] ... as core'

export function skewCommand(args: string[]): Promise<number> {
  return coreCommand(['--case', 'skew', '--vs', 'plain', ...args])
}
