/** packages/bench/history.jsonl: a line per run worth keeping, with date, commit, machine and figures. */

import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { currentCommit, currentLoad, describeMachine } from './machine.ts'

const file = join(import.meta.dirname, '../history.jsonl')

export function describeRun(suite: string, options: object, figures: unknown) {
  return {
    suite,
    date: new Date().toISOString(),
    commit: currentCommit(),
    machine: describeMachine(),
    load: currentLoad(),
    options,
    figures,
  }
}

export function keepInHistory(run: ReturnType<typeof describeRun>): void {
  appendFileSync(file, `${JSON.stringify(run)}\n`)
}
