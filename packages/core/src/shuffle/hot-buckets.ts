/**
 * Finds, on the map side of a join, the buckets of a run that have far more rows than others, and puts the rows of each of
 * their keys together. Keys stay in the order of their first rows, and a key's rows in their own, which is all that a
 * join looks at; whoever reads the bucket then need look up each key once, however hot it is.
 */

import { listOf } from '../codec/list-of.ts'
import type { Staging } from './staging.ts'
import { AdaptiveIndex } from './value-index.ts'

export interface HotBucket {
  readonly bucket: number
  /** The first row of each key, counted from the run's first. */
  readonly firstRows: Int32Array
}

/** Of the rows that all buckets have on average; fewer than so many rows are no matter either. */
const timesAverage = 4
const minRows = 256

/**
 * Changes the places of rows in hot buckets, which begin at `starts`. Where a bucket has too many keys for that to help, it
 * stays as it is.
 */
export function groupHotBuckets(staging: Staging, places: Int32Array, starts: Int32Array): HotBucket[] {
  const buckets = starts.length - 1
  const least = Math.max(minRows, (timesAverage * staging.rows) / buckets)
  const found: HotBucket[] = []
  let rowAt: Int32Array | undefined
  for (let bucket = 0; bucket < buckets; bucket++) {
    const first = starts[bucket]!
    const end = starts[bucket + 1]!
    if (end - first < least) continue
    rowAt ??= rowsByPlace(places, staging.rows)
    const firstRows = groupKeys(staging, rowAt.subarray(first, end), places, first)
    if (firstRows) found.push({ bucket, firstRows })
  }
  return found
}

function rowsByPlace(places: Int32Array, rows: number): Int32Array {
  const rowAt = new Int32Array(rows)
  for (let row = 0; row < rows; row++) rowAt[places[row]!] = row
  return rowAt
}

function groupKeys(staging: Staging, rows: Int32Array, places: Int32Array, first: number): Int32Array | undefined {
  const ids = new Int32Array(rows.length)
  const index = new AdaptiveIndex('')
  index.assign(keysOf(staging, rows), 0, rows.length, ids)
  const { size } = index
  if (size > rows.length / 2) return undefined
  const next = new Int32Array(size + 1)
  for (let i = 0; i < ids.length; i++) next[ids[i]! + 1]!++
  next[0] = first
  for (let id = 0; id < size; id++) next[id + 1]! += next[id]!
  const firstRows = next.slice(0, size)
  for (let i = 0; i < ids.length; i++) places[rows[i]!] = next[ids[i]!]!++
  return firstRows
}

function keysOf({ keys, keyList, keysAreNumbers }: Staging, rows: Int32Array): Float64Array | unknown[] {
  if (keysAreNumbers) {
    const found = new Float64Array(rows.length)
    for (let i = 0; i < found.length; i++) found[i] = keys[rows[i]!]!
    return found
  }
  const found = listOf<unknown>(rows.length)
  for (let i = 0; i < rows.length; i++) found[i] = keyList[rows[i]!]
  return found
}
