/** What two results of a program must have in common: all that Spark promises of them, and no more. */
import { textOf } from './encoded-values.ts'
import { functions } from './functions.ts'

const rowsOf = (value: unknown) => value as unknown[]
const multiset = (rows: unknown) => rowsOf(rows).map(textOf).sort()
const pairs = (rows: unknown) => rows as [unknown, unknown][]

const comparisons: Record<string, (result: unknown) => unknown> = {
  exact: textOf,
  multiset,
  groups: (rows) =>
    pairs(rows)
      .map(([key, group]) => `${textOf(key)}: ${multiset(group).join(' ')}`)
      .sort(),
  cogroups: (rows) =>
    pairs(rows)
      .map(([key, groups]) => `${textOf(key)}: ${rowsOf(groups).map(multiset).join(' | ')}`)
      .sort(),
  partitions: (partitions) => rowsOf(partitions).map(multiset),
  // Which partition a hash chooses is an implementation's own; that it is one for each key is not.
  placed: (partitions) => ({
    count: rowsOf(partitions).length,
    rows: multiset(rowsOf(partitions).flat()),
    keys: multiset(rowsOf(partitions).flatMap((rows) => [...new Set(pairs(rows).map(([key]) => textOf(key)))])),
  }),
}

/** The part of a result that has to be equal, by the name that the fixtures give it. */
export function comparable(result: unknown, compare: string): unknown {
  const [, key] = /^sorted by (\w+)$/.exec(compare) ?? []
  if (key) return { keys: rowsOf(result).map((row) => textOf(functions[key]!(row))), rows: multiset(result) }
  return comparisons[compare]!(result)
}

/** Numbers whose last digits depend on the order of additions: those of `expected` that `result` comes close to, else its own. */
export function nearest(result: unknown, expected: unknown): unknown {
  if (Array.isArray(result) && Array.isArray(expected)) return result.map((part, i) => nearest(part, expected[i]))
  if (typeof result !== 'number' || typeof expected !== 'number') return result
  return Math.abs(result - expected) <= 1e-9 * Math.max(1, Math.abs(expected)) ? expected : result
}
