/** Speed both ways, size and exactness of one serializer on one list of rows. */

import { isDeepStrictEqual } from 'node:util'
import { median } from '../measure/median.ts'
import type { Serializer } from './serializers.ts'

/** Rows of a block, as the engine cuts them. */
const blockRows = 4096

export interface SerializerFigures {
  /** Of the rows' JSON text, which is the same for all. */
  readonly encodeMbPerSecond: number
  readonly decodeMbPerSecond: number
  readonly bytesPerRow: number
  readonly exact: boolean
}

export function measureSerializer(
  { encode, decode }: Serializer,
  rows: readonly unknown[],
  rounds: number,
): SerializerFigures {
  const blocks = Array.from({ length: Math.ceil(rows.length / blockRows) }, (_, i) =>
    rows.slice(i * blockRows, (i + 1) * blockRows),
  )
  const megabytes = blocks.reduce((sum, block) => sum + Buffer.byteLength(JSON.stringify(block)), 0) / 1e6
  const encoding: number[] = []
  const decoding: number[] = []
  let encoded: Uint8Array[] = []
  let decoded: unknown[][] = []
  // The first round is for the compiler.
  for (let round = 0; round <= rounds; round++) {
    const start = performance.now()
    // msgpackr and Node cut results from a pool that the next call may write to.
    encoded = blocks.map((block) => new Uint8Array(encode(block)))
    const middle = performance.now()
    decoded = encoded.map(decode)
    const end = performance.now()
    if (round === 0) continue
    encoding.push((middle - start) / 1000)
    decoding.push((end - middle) / 1000)
  }
  return {
    encodeMbPerSecond: megabytes / median(encoding),
    decodeMbPerSecond: megabytes / median(decoding),
    bytesPerRow: encoded.reduce((sum, bytes) => sum + bytes.length, 0) / rows.length,
    exact: isDeepStrictEqual(decoded, blocks),
  }
}
