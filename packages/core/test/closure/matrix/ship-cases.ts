/** Captures the cases in a driver of one kind and runs them in a plain process that knows only the executor's folder. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fixtures, runNode, type Workspace } from '../workspace.ts'
import type { Runtime } from './runtimes.ts'

export interface ShippedCase {
  readonly name: string
  readonly expected: string
  /** What the rebuilt function gave, or the error. */
  readonly actual: string
}

export interface RefusedCase {
  readonly name: string
  /** The end of the message, from the path on; `at file:line:column` left out. */
  readonly expected: string
  readonly actual: string
}

export interface Outcome {
  readonly shipped: readonly ShippedCase[]
  readonly refused: readonly RefusedCase[]
}

interface Captured {
  readonly cases: readonly { readonly name: string; readonly expected: string; readonly error?: string }[]
  readonly refusals: readonly { readonly name: string; readonly text: string; readonly error: string }[]
}

let count = 0

export async function shipCases(workspace: Workspace, runtime: Runtime, node = process.execPath): Promise<Outcome> {
  const captured = join(workspace.driver, `captured-${++count}.json`)
  const rebuilt = `${captured}.rebuilt`
  await runtime.capture(workspace, captured, node)
  await runNode([join(fixtures, 'rebuild-child.mjs'), captured, rebuilt], workspace.executor, node)
  const { cases, refusals } = JSON.parse(readFileSync(captured, 'utf8')) as Captured
  const results = JSON.parse(readFileSync(rebuilt, 'utf8')) as string[]
  const shown = runtime.renames ? withoutNames : (text: string) => text
  return {
    shipped: cases.map(({ name, expected, error }, i) => ({ name, expected, actual: error ?? results[i]! })),
    refused: refusals.map(({ name, text, error }) => ({
      name,
      expected: shown(text),
      actual: shown(withoutPlaces(error)),
    })),
  }
}

const start = 'map() at job.js:1:1 cannot send its function to executors: '

/** A message that does not name the call is left whole, and so fails the comparison. */
function withoutPlaces(error: string): string {
  const place = / at (?:\/[^()\n]*|REPL1|evalmachine\.<anonymous>|evaluated code|[\w-]+\.\w+):\d+:\d+\)/g
  if (!error.startsWith(start)) return error
  return error.slice(start.length).replaceAll(place, ')')
}

/** Bundlers and minifiers rename variables, functions and classes; `_` is in the place of each. */
function withoutNames(text: string): string {
  return text
    .replaceAll(/\((?:anonymous )?(function|class)( \S+)?\)/g, '($1 _)')
    .replaceAll(/`[\w$]+`/g, '`_`')
    .replaceAll(/of class \S+?, /g, 'of class _, ')
    .replaceAll(/#\w+/g, '#_')
}
