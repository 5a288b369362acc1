/** How keys are spread over partitions, as plain data: equal partitioners are equal data. */

import { UsageError } from '../base/errors.ts'
import { hashKey } from '../codec/key.ts'
import { compareValues } from '../codec/order.ts'

export type Partitioner = HashPartitioner | IndexPartitioner | RangePartitioner

export interface HashPartitioner {
  readonly kind: 'hash'
  readonly partitions: number
}

/** The key is the partition's number. */
export interface IndexPartitioner {
  readonly kind: 'index'
  readonly partitions: number
}

/** Keys up to and with `bounds[i]` go to partition i; `bounds` has one entry less than there are partitions. */
export interface RangePartitioner {
  readonly kind: 'range'
  readonly partitions: number
  readonly ascending: boolean
  readonly bounds: readonly unknown[]
}

/** Spreads keys by their hash over `partitions` partitions. */
export function hashPartitioner(partitions: number): HashPartitioner {
  return Object.freeze({ kind: 'hash', partitions: checkPartitions(partitions, 'hashPartitioner()') })
}

/** Sends the integer key k to partition k. */
export function indexPartitioner(partitions: number): IndexPartitioner {
  return Object.freeze({ kind: 'index', partitions: checkPartitions(partitions, 'indexPartitioner()') })
}

export function checkPartitions(partitions: number, what: string): number {
  if (!Number.isInteger(partitions) || partitions < 1)
    throw new UsageError(`${what} needs a whole number of partitions >= 1, got ${String(partitions)}`)
  return partitions
}

export function samePartitioner(a: Partitioner | undefined, b: Partitioner | undefined): boolean {
  if (!a || !b || a.kind !== b.kind || a.partitions !== b.partitions) return false
  return a.kind !== 'range' || a === b
}

/** Makes the function that tells a key's partition. */
export function partitionOf(partitioner: Partitioner): (key: unknown) => number {
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
  }
}
