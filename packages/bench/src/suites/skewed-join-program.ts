/** The join of the skew suite: rows that name one of so many unique keys each, some far more often than others. */

import type { Context } from '@gridify/core'
import { zipfKey } from '../cases/skewed-join.ts'
import { mixedKey } from '../mixed-key.ts'

export type Spread = 'zipf' | 'even'

export interface SkewedJoin {
  readonly spread: Spread
  readonly rows: number
  readonly keys: number
  readonly partitions: number
}

/** How many joined rows have a sum of key and values that 3 does not divide. */
export function countJoined(context: Context, { spread, rows, keys, partitions }: SkewedJoin): Promise<number> {
  const events = context
    .range(0, rows, { partitions })
    .map((i) => [spread === 'zipf' ? zipfKey(i, keys) : mixedKey(i) % keys, i % 1000])
  const names = context.range(0, keys, { partitions }).map((key) => [key, (key * 7) % 1000])
  return events
    .join(names, partitions)
    .filter(([key, [value, name]]) => (key + value + name) % 3 !== 0)
    .count()
}

/** The same by a loop. */
export function expectedCount({ spread, rows, keys }: SkewedJoin): number {
  let count = 0
  for (let i = 0; i < rows; i++) {
    const key = spread === 'zipf' ? zipfKey(i, keys) : mixedKey(i) % keys
    if ((key + (i % 1000) + ((key * 7) % 1000)) % 3 !== 0) count++
  }
  return count
}
