/** Cuts the buckets of a reducer into stretches whose rows fit in memory at once. */

import type { Slice, SliceSource } from './slice.ts'

/** The buckets [from, to). */
export interface BucketRange {
  readonly from: number
  readonly to: number
}

export type BucketStretch =
  /** Several buckets, or all, with their rows by side. */
  | { readonly kind: 'held'; readonly sides: readonly (readonly Slice[])[] }
  /** One bucket that is larger than memory allows. */
  | { readonly kind: 'large'; readonly bucket: number }

/** Those of the buckets of `range` alone, where it is given. */
export function* bucketStretches(
  sides: readonly (readonly SliceSource[])[],
  budget: number,
  range?: BucketRange,
): Generator<BucketStretch> {
  const all = sides.flat()
  if (all.length === 0) return
  const bytes = bucketBytes(all)
  const end = range?.to ?? bytes.length
  for (let from = range?.from ?? 0; from < end;) {
    if (bytes[from]! > budget) {
      yield { kind: 'large', bucket: from++ }
      continue
    }
    let to = from
    for (let held = 0; to < end && held + bytes[to]! <= budget; to++) held += bytes[to]!
    yield { kind: 'held', sides: sides.map((sources) => loaded(sources, from, to)) }
    from = to
  }
}

export function heldBytes(sources: readonly SliceSource[]): number {
  return sources.reduce((sum, source) => sum + source.heldBytes, 0)
}

/** The slices of one bucket, one after the other. */
export function* slicesOfBucket(sources: readonly SliceSource[], bucket: number): Generator<Slice> {
  for (const source of sources)
    if (source.starts[bucket] !== source.starts[bucket + 1]) yield source.load(bucket, bucket + 1)
}

function loaded(sources: readonly SliceSource[], from: number, to: number): Slice[] {
  const slices: Slice[] = []
  for (const source of sources) if (source.starts[from] !== source.starts[to]) slices.push(source.load(from, to))
  return slices
}

/** What the rows of each bucket take once they are read, roughly; there is a slice at least. */
export function bucketBytes(sources: readonly SliceSource[]): Float64Array {
  const buckets = sources[0]!.starts.length - 1
  const bytes = new Float64Array(buckets)
  for (const { starts, rows, heldBytes } of sources)
    for (let bucket = 0; bucket < buckets; bucket++)
      bytes[bucket]! += ((starts[bucket + 1]! - starts[bucket]!) * heldBytes) / rows
  return bytes
}
