/** A dataset whose last row throws, after others were written. */

import type { Context, Dataset } from '@gridify/core'

export function failingAtThree(context: Context): Dataset<number> {
  return context.range(0, 4, { partitions: 2 }).map((n) => {
    if (n === 3) throw new Error('three')
    return n
  })
}
