/** What result tasks make of numbers. */

import { addNumber, noMoments, type Moments } from '../base/moments.ts'
import type { Batches } from './operators.ts'
import { asNumber } from './row-checks.ts'

export function momentsOf(batches: Batches, what: string): Moments {
  const moments = noMoments()
  for (const batch of batches) for (const row of batch) addNumber(moments, asNumber(row, what))
  return moments
}

/** How many numbers lie in each bucket [bounds[i], bounds[i + 1]), the last one with its end; others count nowhere. */
export function histogramOf(batches: Batches, bounds: readonly number[]): number[] {
  const counts = bounds.slice(1).map(() => 0)
  const last = bounds.length - 1
  for (const batch of batches)
    for (const row of batch) {
      const value = asNumber(row, 'histogram()')
      if (!(value >= bounds[0]! && value <= bounds[last]!)) continue
      let low = 0
      let high = last - 1
      while (low < high) {
        const middle = (low + high + 1) >>> 1
        if (bounds[middle]! <= value) low = middle
        else high = middle - 1
      }
      counts[low]!++
    }
  return counts
}
