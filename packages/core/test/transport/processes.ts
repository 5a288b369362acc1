/** What the tests ask of processes that are not their children. */

import { readFileSync } from 'node:fs'

/** A process that has ended but that nobody has asked about is gone too. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return process.platform !== 'linux' || !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
