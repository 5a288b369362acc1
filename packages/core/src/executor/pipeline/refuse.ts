/** What generated loops call where a row or a result is not what it must be. */

import { asPair, iterable, sync } from '../row-checks.ts'

export function refusePair(row: unknown, sites: readonly string[], step: number): void {
  sync(row, sites[step]!)
  asPair(row, sites[step]!)
}

export function refusePromise(value: unknown, sites: readonly string[], step: number): void {
  sync(value, sites[step]!)
}

/** The results of flatMap as an array. */
export function listed(value: unknown, sites: readonly string[], step: number): unknown[] {
  return [...iterable(value, sites[step]!)]
}
