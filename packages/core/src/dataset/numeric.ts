/** Actions on datasets of numbers. */

import { describeCallSite } from '../base/call-site.ts'
import { UsageError } from '../base/errors.ts'
import { mergeMoments, noMoments, type Moments } from '../base/moments.ts'
import { runValues, type Action } from './actions.ts'

/** What `stats()` says of a dataset of numbers. Where there are none, `mean` and all spreads are NaN. */
export interface Stats {
  /** How many numbers there are. */
  readonly count: number
  /** Their sum, 0 of none. */
  readonly sum: number
  /** Their sum divided by their count. */
  readonly mean: number
  /** The least of them, Infinity of none; NaN is larger than any number, so it is NaN where there is nothing else. */
  readonly min: number
  /** The largest of them, -Infinity of none; NaN where there is one. */
  readonly max: number
  /** Of the numbers themselves: squared distances divided by `count`. */
  readonly variance: number
  /** An estimate for what the numbers were drawn from: divided by `count - 1`. */
  readonly sampleVariance: number
  /** The square root of `variance`. */
  readonly stdev: number
  /** The square root of `sampleVariance`. */
  readonly sampleStdev: number
}

/** What `histogram()` counts. */
export interface Histogram {
  /** One more than there are buckets: bucket i is [bounds[i], bounds[i + 1]), the last one with its end. */
  readonly bounds: number[]
  /** How many numbers lie in each bucket. */
  readonly counts: number[]
}

async function moments(action: Action): Promise<Moments> {
  const parts = await runValues<Moments>(action, { kind: 'moments', what: describeCallSite(action.site) })
  return parts.reduce(mergeMoments, noMoments())
}

export async function stats(action: Action): Promise<Stats> {
  const { count, sum, mean, spread, min, max } = await moments(action)
  const variance = count === 0 ? NaN : spread / count
  const sampleVariance = count < 2 ? NaN : spread / (count - 1)
  return {
    count,
    sum,
    mean: count === 0 ? NaN : mean,
    min,
    max,
    variance,
    sampleVariance,
    stdev: Math.sqrt(variance),
    sampleStdev: Math.sqrt(sampleVariance),
  }
}

/** Buckets between given bounds, or so many of even width between the least and the largest number. */
export async function histogram(action: Action, buckets: number | readonly number[]): Promise<Histogram> {
  const bounds = typeof buckets === 'number' ? await evenBounds(action, buckets) : givenBounds(action, buckets)
  const parts = await runValues<number[]>(action, { kind: 'histogram', bounds })
  return { bounds, counts: bounds.slice(1).map((_, bucket) => parts.reduce((sum, part) => sum + part[bucket]!, 0)) }
}

function givenBounds({ site }: Action, bounds: readonly number[]): number[] {
  if (bounds.length < 2 || bounds.some((bound, i) => i > 0 && !(bound > bounds[i - 1]!)))
    throw new UsageError(
      `${describeCallSite(site)} needs at least two bounds, each larger than the one before, got [${bounds.join(', ')}]`,
    )
  return [...bounds]
}

async function evenBounds(action: Action, buckets: number): Promise<number[]> {
  const at = describeCallSite(action.site)
  if (!Number.isInteger(buckets) || buckets < 1)
    throw new UsageError(`${at} needs a whole number of buckets >= 1, or their bounds, got ${String(buckets)}`)
  const { count, min, max } = await moments(action)
  if (count === 0) throw new UsageError(`${at}: the dataset is empty; give the bounds of the buckets`)
  if (!Number.isFinite(min) || !Number.isFinite(max))
    throw new UsageError(`${at}: the numbers lie between ${min} and ${max}; give the bounds of the buckets`)
  // As in Spark: one bucket without width, since a width of our choosing would tell of numbers that are not there.
  if (min === max) return [min, max]
  // Divided first: the difference of two large numbers may be none.
  const width = max / buckets - min / buckets
  return Array.from({ length: buckets + 1 }, (_, i) => (i === buckets ? max : min + i * width))
}
