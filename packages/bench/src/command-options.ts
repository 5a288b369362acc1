/** What the commands share: reading numbers, and where a suite's figures go. */

import { writeFileSync } from 'node:fs'
import { describeRun, keepInHistory } from './history.ts'

/** For `parseArgs`. */
export const outputOptions = {
  json: { type: 'string' },
  keep: { type: 'boolean', default: false },
} as const

export function publish(
  suite: string,
  options: object,
  figures: unknown,
  to: { readonly json?: string | undefined; readonly keep: boolean },
  inHistory: unknown = figures,
): void {
  const run = describeRun(suite, options, figures)
  if (to.json) writeFileSync(to.json, `${JSON.stringify(run, null, 2)}\n`)
  if (to.keep) keepInHistory({ ...run, figures: inHistory })
}

export function list(text: string): string[] {
  return text.split(',').filter((part) => part !== '')
}

export function positive(name: string, text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new Error(`--${name} needs a number above 0, got '${text}'`)
  return value
}
