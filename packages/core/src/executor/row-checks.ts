/** What functions and rows must be, said at the user's line where they are not. */

import { UsageError } from '../base/errors.ts'
import { promisedError } from '../base/promised-error.ts'
import type { Pair } from '../shuffle/merging.ts'

export function sync(value: unknown, site: string): unknown {
  if (value instanceof Promise) {
    value.catch(() => {})
    throw promisedError(site, 'returned a promise')
  }
  return value
}

export function iterable(value: unknown, site: string): Iterable<unknown> {
  sync(value, site)
  if (value !== null && value !== undefined && typeof (value as Iterable<unknown>)[Symbol.iterator] === 'function')
    return value as Iterable<unknown>
  throw new UsageError(
    `${site}: the function must return an iterable such as an array, got ${value === null ? 'null' : typeof value}`,
  )
}

export function asPair(row: unknown, site: string): Pair {
  if (Array.isArray(row) && row.length === 2) return row as unknown as Pair
  throw new UsageError(`${site} needs rows [key, value], got ${describeRow(row)}`)
}

export function* pairsOf(batches: Iterable<unknown[]>, site: string): Generator<Pair> {
  for (const batch of batches) for (const row of batch) yield asPair(row, site)
}

export function asNumber(row: unknown, what: string): number {
  if (typeof row === 'number') return row
  throw new UsageError(`${what} needs rows that are numbers, got ${describeRow(row)}`)
}

export function describeRow(row: unknown): string {
  try {
    return (JSON.stringify(row) ?? String(row)).slice(0, 120)
  } catch {
    return String(row)
  }
}
