/** How keys are spread over partitions, as plain data: equal partitioners are equal data. */

import { inspect } from 'node:util'
import { UsageError } from '../base/errors.ts'
import type { Closure } from '../closure/closure.ts'
import { hashKey } from '../codec/key.ts'
import { compareValues } from '../codec/order.ts'
import { decodeValue } from '../codec/value.ts'

/** How keys are spread over partitions, as plain data; equal partitioners are equal data. */
export type Partitioner = HashPartitioner | IndexPartitioner | RangePartitioner | CustomPartitioner

/** Keys go where their hash says. */
export interface HashPartitioner {
  /** Tells it from the other partitioners. */
  readonly kind: 'hash'
  /** How many partitions there are. */
  readonly partitions: number
}

/** The key is the partition's number. */
export interface IndexPartitioner {
  /** Tells it from the other partitioners. */
  readonly kind: 'index'
  /** How many partitions there are. */
  readonly partitions: number
}

/** Keys up to and with `bounds[i]` go to partition i; `bounds` has one entry less than there are partitions. */
export interface RangePartitioner {
  /** Tells it from the other partitioners. */
  readonly kind: 'range'
  /** How many partitions there are. */
  readonly partitions: number
  /** Whether partition 0 has the smallest keys, or the largest. */
  readonly ascending: boolean
  /** The largest key of each partition but the last, ascending. */
  readonly bounds: readonly unknown[]
}

/** A function of yours tells the partition of a key. */
export interface CustomPartitioner {
  /** Tells it from the other partitioners. */
  readonly kind: 'custom'
  /** How many partitions there are. */
  readonly partitions: number
  /** Partitioners of one identity place keys alike. */
  readonly identity: string
  /** @internal */
  readonly closure: Closure
}

/** The functions of custom partitioners, for the driver; executors rebuild them from the closure. */
export const customFunctions = new WeakMap<CustomPartitioner, (key: never) => number>()

/**
 * Spreads keys by their hash over `partitions` partitions: the partitioner of all pair operations that are given none.
 * @throws UsageError where `partitions` is no whole number >= 1.
 * @example
 * const placed = context.parallelize([['a', 1], ['b', 2]]).partitionBy(hashPartitioner(4))
 * await placed.partitionCount() // 4
 */
export function hashPartitioner(partitions: number): HashPartitioner {
  return Object.freeze({ kind: 'hash', partitions: checkPartitions(partitions, 'hashPartitioner()') })
}

/**
 * Sends the integer key k to partition k. A task fails with a UsageError where a key is none of 0 to `partitions` - 1.
 * @throws UsageError where `partitions` is no whole number >= 1.
 * @example
 * const placed = context.parallelize([[1, 'b'], [0, 'a']]).partitionBy(indexPartitioner(2))
 * await placed.values().glom().collect() // [['a'], ['b']]
 */
export function indexPartitioner(partitions: number): IndexPartitioner {
  return Object.freeze({ kind: 'index', partitions: checkPartitions(partitions, 'indexPartitioner()') })
}

/**
 * Cuts the order of values at `bounds`: keys up to and with `bounds[i]` go to partition i, larger ones to the last, or
 * the other way round where not `ascending`. `sortByKey` finds such bounds by itself.
 * @throws UsageError where a bound is not larger than the one before.
 * @example
 * const placed = context.parallelize([[15, 'b'], [3, 'a']]).partitionBy(rangePartitioner([10]))
 * await placed.values().glom().collect() // [['a'], ['b']]
 */
export function rangePartitioner(
  bounds: readonly unknown[],
  options: { readonly ascending?: boolean } = {},
): RangePartitioner {
  if (!Array.isArray(bounds))
    throw new UsageError(`rangePartitioner() takes a list of bounds, got ${inspect(bounds, { depth: 0 })}`)
  for (let i = 1; i < bounds.length; i++)
    if (compareValues(bounds[i - 1], bounds[i]) >= 0)
      throw new UsageError(
        `rangePartitioner() needs bounds that grow: ${String(bounds[i])} comes after ${String(bounds[i - 1])}`,
      )
  const { ascending = true } = options
  return Object.freeze({ kind: 'range', partitions: bounds.length + 1, ascending, bounds: Object.freeze([...bounds]) })
}

/** The driver plans and remembers each of them. */
const mostPartitions = 1_000_000

export function checkPartitions(partitions: number, what: string): number {
  if (!Number.isInteger(partitions) || partitions < 1)
    throw new UsageError(`${what} needs a whole number of partitions >= 1, got ${String(partitions)}`)
  if (partitions > mostPartitions)
    throw new UsageError(
      `${what} takes at most ${mostPartitions} partitions, got ${partitions}: each is a task of its own`,
    )
  return partitions
}

/** What a caller passed as a partitioner. Anything else would place no key anywhere, and give an empty result. */
export function checkPartitioner(value: unknown, what: string): Partitioner {
  const { kind, partitions } = (typeof value === 'object' && value !== null ? value : {}) as Partial<Partitioner>
  const isKnown = kind === 'hash' || kind === 'index' || kind === 'range' || kind === 'custom'
  if (!isKnown)
    throw new UsageError(
      `${what} takes a number of partitions or a partitioner (hashPartitioner(n) and the like), got ${inspect(value, { depth: 0 })}`,
    )
  checkPartitions(partitions!, what)
  return value as Partitioner
}

/** @throws UsageError where two custom partitioners claim one identity with different functions. */
export function samePartitioner(a: Partitioner | undefined, b: Partitioner | undefined): boolean {
  if (a === b) return a !== undefined
  if (!a || !b || a.partitions !== b.partitions) return false
  if (a.kind === 'range' && b.kind === 'range')
    return a.ascending === b.ascending && compareValues(a.bounds, b.bounds) === 0
  if (a.kind !== 'custom' || b.kind !== 'custom') return a.kind === b.kind
  if (a.identity !== b.identity) return false
  if (a.closure.hash === b.closure.hash) return true
  throw new UsageError(
    `two custom partitioners have the identity '${a.identity}', but their functions or captured values differ ` +
      `(${a.closure.location} and ${b.closure.location}); make the partitioner once, or give them different identities`,
  )
}

/** As plans and errors print it. */
export function describePartitioner(partitioner: { kind: string; partitions: number; identity?: string }): string {
  const { kind, partitions, identity } = partitioner
  return `${identity === undefined ? kind.replace('sampled-', '') : `custom '${identity}'`} into ${partitions}`
}

/** The partitions [from, to) that may hold keys from `low` to `high`, both encoded; undefined where keys are not in ranges. */
export function rangeOfPartitions(
  partitioner: Partitioner | undefined,
  low: Uint8Array,
  high: Uint8Array,
): [number, number] | undefined {
  if (partitioner?.kind !== 'range') return undefined
  const lowKey = decodeValue(low)
  const highKey = decodeValue(high)
  if (compareValues(lowKey, highKey) > 0) return [0, 0]
  const ends = [lowKey, highKey].map(partitionOf(partitioner))
  return [Math.min(...ends), Math.max(...ends) + 1]
}

/** Makes the function that tells a key's partition; executors say how to rebuild a custom one. */
export function partitionOf(
  partitioner: Partitioner,
  functionOf?: (closure: Closure) => (...args: unknown[]) => unknown,
): (key: unknown) => number {
  const n = partitioner.partitions
  switch (partitioner.kind) {
    case 'hash':
      return n === 1 ? (key) => (hashKey(key), 0) : (key) => (((hashKey(key) >>> 8) * n) / 0x1000000) | 0
    case 'index':
      return (key) => {
        if (!Number.isInteger(key) || (key as number) < 0 || (key as number) >= n)
          throw new UsageError(`an indexPartitioner(${n}) needs keys from 0 to ${n - 1}, got ${String(key)}`)
        return key as number
      }
    case 'range': {
      const { bounds, ascending } = partitioner
      return (key) => {
        let low = 0
        let high = bounds.length
        while (low < high) {
          const middle = (low + high) >>> 1
          if (compareValues(key, bounds[middle]) <= 0) high = middle
          else low = middle + 1
        }
        return ascending ? low : n - 1 - low
      }
    }
    case 'custom': {
      const fn = (functionOf?.(partitioner.closure) ?? customFunctions.get(partitioner)) as (key: unknown) => unknown
      return (key) => {
        const partition = fn(key)
        if (Number.isInteger(partition) && (partition as number) >= 0 && (partition as number) < n)
          return partition as number
        throw new UsageError(
          `the custom partitioner '${partitioner.identity}' must return a whole number from 0 to ${n - 1}, but for the key ${String(key)} it returned ${String(partition)}`,
        )
      }
    }
  }
}
