/**
 * Cuts what a partition reads into pieces of about a size, for sub-tasks. All of them find the same cuts, since these rest
 * on the sizes that slices tell, so that their rows one behind the other are those of the whole.
 */

import type { Piece } from '../protocol/messages.ts'
import { bucketBytes, type BucketRange } from './bucket-stretches.ts'
import type { Slice, SliceSource } from './slice.ts'

/** What of a bucket's rows belongs to a piece: from one share of them to another, of 0 to 1. */
export interface BucketPart {
  readonly bucket: number
  readonly part: readonly [from: number, to: number]
}

/** A cut inside of a bucket has its keys read twice, so only those that are more than this of a piece are cut. */
const cutFrom = 0.25

type Sides = readonly (readonly SliceSource[])[]
/** Before share `part` of a bucket; whole numbers of buckets where the rows of a key must stay together. */
interface Cut {
  readonly bucket: number
  readonly part: number
}

export function bucketsOfPiece(sides: Sides, { index, of }: Piece): BucketRange {
  const cuts = cutsAt(sides, of)
  return { from: nearestBucket(cuts(index)), to: nearestBucket(cuts(index + 1)) }
}

/** In order: whole buckets, and before and after them parts of one. */
export function* stretchesOfPiece(sides: Sides, { index, of }: Piece): Generator<BucketRange | BucketPart> {
  const cuts = cutsAt(sides, of)
  const from = cuts(index)
  const to = cuts(index + 1)
  if (from.bucket === to.bucket) {
    if (from.part < to.part) yield { bucket: from.bucket, part: [from.part, to.part] }
    return
  }
  if (from.part > 0) yield { bucket: from.bucket, part: [from.part, 1] }
  yield { from: from.part > 0 ? from.bucket + 1 : from.bucket, to: to.bucket }
  if (to.part > 0) yield { bucket: to.bucket, part: [0, to.part] }
}

/** The rows of a piece, where they are read in the order in which they lie. */
export function* rowsOfPiece(sources: readonly SliceSource[], { index, of }: Piece): Generator<Slice> {
  const rows = sources.reduce((sum, source) => sum + source.rows, 0)
  const from = Math.floor((rows * index) / of)
  const to = Math.floor((rows * (index + 1)) / of)
  let at = 0
  for (const source of sources) {
    const first = Math.max(0, from - at)
    const end = Math.min(source.rows, to - at)
    if (first < end) yield source.loadRows(first, end)
    at += source.rows
  }
}

function cutsAt(sides: Sides, pieces: number): (n: number) => Cut {
  const all = sides.flat()
  const bytes = all.length > 0 ? bucketBytes(all) : new Float64Array()
  const total = bytes.reduce((sum, each) => sum + each, 0)
  return (n) => {
    const wanted = (total * n) / pieces
    if (n === pieces) return { bucket: bytes.length, part: 0 }
    let before = 0
    for (let bucket = 0; bucket < bytes.length; bucket++) {
      const own = bytes[bucket]!
      if (before + own > wanted) {
        const cut = { bucket, part: (wanted - before) / own }
        return own > (cutFrom * total) / pieces ? cut : { bucket: nearestBucket(cut), part: 0 }
      }
      before += own
    }
    return { bucket: bytes.length, part: 0 }
  }
}

function nearestBucket({ bucket, part }: Cut): number {
  return part < 0.5 ? bucket : bucket + 1
}
