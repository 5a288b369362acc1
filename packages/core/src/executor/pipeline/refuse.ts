/** What generated loops call where a row or a result is not what it must be. */

import { asPair, iterable, sync } from '../row-checks.ts'

export function refusePair(row: unknown, sites: readonly string[], step: number): void {
  sync(row, sites[step]!)
  asPair(row, sites[step]!)
}

export function refusePromise(value: unknown, sites: readonly string[], step: number): void {
  sync(value, sites[step]!)
}

/** Results between two looks at whether the task was cancelled, or fills its heap: an iterator may have no end. */
const listedRows = 4096

/** The results of flatMap as an array. */
export function listed(value: unknown, sites: readonly string[], step: number, check: () => void): unknown[] {
  const list: unknown[] = []
  for (const result of iterable(value, sites[step]!)) if (list.push(result) % listedRows === 0) check()
  return list
}
