/** Checks what users pass to a method before it works with it. */

import { inspect } from 'node:util'
import { UsageError } from '@gridify/core'
import { closest } from 'fastest-levenshtein'

/** @throws UsageError for an option that does not exist, which names the nearest that does. */
export function checkNames(call: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null)
    throw new UsageError(`${call} takes its options as an object, got ${inspect(options)}`)
  for (const name of Object.keys(options))
    if (!known.includes(name))
      throw new UsageError(
        `${call} has no option \`${name}\`; did you mean \`${closest(name.toLowerCase(), [...known])}\`?`,
      )
}

/** @throws UsageError unless it is a whole number of at least `least`. */
export function checkWhole(call: string, name: string, value: unknown, least: number): void {
  if (!Number.isSafeInteger(value) || (value as number) < least)
    throw new UsageError(`${call}: \`${name}\` must be a whole number of at least ${least}, got ${inspect(value)}`)
}
