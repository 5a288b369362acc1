/** Which bucket each staged row goes to: one pass per kind of key. */

import { assertKey, hashKey } from '../codec/key.ts'
import { fmix, hashNumber } from '../codec/key-hash.ts'
import { partitionOf, type Partitioner, type RangePartitioner } from '../lineage/partitioner.ts'
import type { FunctionOf } from './merging.ts'
import type { AssignBuckets } from './run.ts'
import { bucketOfHash } from './run-layout.ts'
import type { Staging } from './staging.ts'

/** `perReducer` buckets refine each partition of a hash partitioner; others have one each. */
export function bucketAssigner(
  partitioner: Partitioner,
  perReducer: number,
  site: string,
  functionOf: FunctionOf,
): AssignBuckets {
  switch (partitioner.kind) {
    case 'hash':
      return hashBuckets(partitioner.partitions * perReducer, site)
    case 'range':
      return rangeBuckets(partitioner, site)
    default:
      return byFunction(partitioner, site, functionOf)
  }
}

function hashBuckets(buckets: number, site: string): AssignBuckets {
  return (staging, places, writer) => {
    const { rows, keyList } = staging
    if (staging.keysAreNumbers) {
      hashNumbers(staging.keys, rows, places, buckets)
      return undefined
    }
    const texts = writer.write(keyList, rows)
    const { hashes } = writer
    if (texts) for (let i = 0; i < rows; i++) places[i] = bucketOfHash(hashes[i]!, buckets)
    else
      for (let i = 0; i < rows; i++) {
        assertKey(keyList[i], site)
        places[i] = bucketOfHash(hashKey(keyList[i]), buckets)
      }
    return texts
  }
}

function hashNumbers(keys: Float64Array, rows: number, places: Int32Array, buckets: number): void {
  for (let i = 0; i < rows; i++) {
    const key = keys[i]!
    const int = key | 0
    const hash = int === key ? fmix(int) : hashNumber(key)
    places[i] = bucketOfHash(hash, buckets)
  }
}

function byFunction(partitioner: Partitioner, site: string, functionOf?: FunctionOf): AssignBuckets {
  const bucketOf = partitionOf(partitioner, functionOf)
  return (staging, places, writer) => {
    const { rows, keys, keyList } = staging
    if (staging.keysAreNumbers) {
      for (let i = 0; i < rows; i++) places[i] = bucketOf(keys[i])
      return undefined
    }
    for (let i = 0; i < rows; i++) {
      assertKey(keyList[i], site)
      places[i] = bucketOf(keyList[i])
    }
    return writer.write(keyList, rows)
  }
}

/** Numeric keys between numeric bounds are compared as doubles. */
function rangeBuckets(partitioner: RangePartitioner, site: string): AssignBuckets {
  const general = byFunction(partitioner, site)
  const { bounds, ascending, partitions } = partitioner
  if (!bounds.every((bound) => typeof bound === 'number' && !Number.isNaN(bound))) return general
  const limits = Float64Array.from(bounds as number[])
  return (staging, places, writer) => {
    if (!staging.keysAreNumbers) return general(staging, places, writer)
    searchBounds(staging, limits, places)
    if (!ascending) for (let i = 0; i < staging.rows; i++) places[i] = partitions - 1 - places[i]!
    return undefined
  }
}

function searchBounds({ keys, rows }: Staging, limits: Float64Array, places: Int32Array): void {
  for (let i = 0; i < rows; i++) {
    const key = keys[i]!
    let low = 0
    let high = limits.length
    while (low < high) {
      const middle = (low + high) >>> 1
      // NaN, which comes last, is not at or below any bound.
      if (key <= limits[middle]!) high = middle
      else low = middle + 1
    }
    places[i] = low
  }
}
