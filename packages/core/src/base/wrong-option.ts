/** What is wrong with options by their names alone. */

import { inspect } from 'node:util'
import { closest } from 'fastest-levenshtein'

/** To follow the name of the call, as in ``collect() has no option `sginal`; did you mean `signal`?``. */
export function wrongOption(options: unknown, known: readonly string[]): string | undefined {
  // A signal has no keys of its own, and would be taken for no options at all.
  if (typeof options !== 'object' || options === null || Array.isArray(options) || options instanceof AbortSignal)
    return `takes its options as an object, such as { ${known[0]} }, got ${inspect(options, { depth: 0 })}`
  const unknown = Object.keys(options).find((name) => !known.includes(name))
  if (unknown === undefined) return undefined
  return `has no option \`${unknown}\`; did you mean \`${closest(unknown.toLowerCase(), [...known])}\`?`
}
