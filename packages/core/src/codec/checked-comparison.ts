/** An order of the user's, refused where it gives no number: `(a, b) => a > b` would sort wrongly without a word. */

import { UsageError } from '../base/errors.ts'
import { promisedError } from '../base/promised-error.ts'
import { describeValue } from './kinds.ts'

export function checkedComparison(compare: Function, site: string): (a: unknown, b: unknown) => number {
  return (a, b) => {
    const result: unknown = compare(a, b)
    if (typeof result === 'number' && !Number.isNaN(result)) return result
    if (result instanceof Promise) {
      result.catch(() => {})
      throw promisedError(site, 'returned a promise')
    }
    throw new UsageError(
      `${site}: \`compare\` must return a number (below 0, 0 or above 0), got ${Number.isNaN(result) ? 'NaN' : describeValue(result)}`,
    )
  }
}
