/**
 * A map output is, for each reducer, the slices of its runs. A run is a stretch of a map task's rows, counting-sorted by
 * bucket; a slice holds the buckets of one reducer. Little-endian, offsets relative to the slice, which begins at a
 * multiple of eight:
 *   u32 bytes, u32 rows, u8 key kind, u8 value kind, u16 zero, u32 buckets, u32 offset of keys, u32 offset of values,
 *   u32 offset of hot buckets or 0, u32 zero
 *   u32 starts[buckets + 1]: the rows of bucket b are starts[b] up to starts[b + 1]
 *   keys, then values, each at a multiple of eight:
 *     int32, float64: the numbers
 *     ascii, utf8: int32 hash[rows] (keys only), u32 offsets[rows + 1], bytes
 *     blocks: u32 count, u32 zero, count times u32 first row and u32 offset in the column, and at multiples of eight encoded
 *       blocks of the values, in order: several, so that a few buckets can be read without the others
 *     record: u32 places, u32 bytes of the shape, for each place u32 kind and u32 offset in the column, the shape (as JSON
 *       either the names of an object or the width of a tuple), and at multiples of eight the columns of the places
 *       dictionary: u32 bytes of the table, u32 zero, the table as an encoded block, u8 code[rows]
 *       key: nothing, since each row has its key there
 *   hot buckets: u32 count, u32 zero, count times u32 bucket, u32 keys, and u32 first row of each of these: the rows of a key
 *     lie together
 *   Keys that are neither numbers nor texts have no column: the values are then blocks of rows [key, value], since a key
 *   and its value may share a part.
 */

import { alignUp } from '../codec/block-layout.ts'

export const sliceHeaderBytes = 32

export const columnKind = {
  int32: 1,
  float64: 2,
  ascii: 3,
  utf8: 4,
  blocks: 5,
  none: 6,
  record: 7,
  /** Of places of records alone. */
  dictionary: 8,
  key: 9,
} as const

/** Which bucket of `buckets` a key's hash falls into. Buckets x n refine buckets: floor(bucket of x n / n) is the bucket. */
export function bucketOfHash(hash: number, buckets: number): number {
  return (((hash >>> 8) * buckets) / 0x1000000) | 0
}

export function alignedStart(buckets: number): number {
  return alignUp(sliceHeaderBytes + 4 * (buckets + 1))
}

/** Where the encoded blocks begin behind the list of them. */
export function blocksStart(count: number): number {
  return 8 + 8 * count
}
