/** Rows that come to the driver as a stream: read to the end at the first action, kept encoded, cut into even partitions. */

import { BlockBuilder } from '../codec/block-builder.ts'
import { SegmentBuilder } from '../codec/segment.ts'
import { decodeBlock } from '../codec/block.ts'

/** Encoded slices, one per partition, of even length. */
export async function readStream(rows: AsyncIterable<unknown>, partitions: number): Promise<Uint8Array[][]> {
  const blocks: { bytes: Uint8Array; rows: number }[] = []
  const builder = new BlockBuilder((bytes, count) => blocks.push({ bytes, rows: count }))
  let total = 0
  for await (const row of rows) {
    builder.push(row)
    total++
  }
  builder.flush()
  return cut(blocks, total, partitions)
}

/** Decodes one block at a time, so that rows never lie in memory as objects all at once. */
function cut(blocks: { bytes: Uint8Array; rows: number }[], total: number, partitions: number): Uint8Array[][] {
  const slices: Uint8Array[][] = []
  let slice = new SegmentBuilder()
  let at = 0
  for (const { bytes } of blocks)
    for (const row of decodeBlock(bytes)) {
      while (at >= Math.floor((total * (slices.length + 1)) / partitions)) {
        slices.push([slice.join()])
        slice = new SegmentBuilder()
      }
      slice.push(row)
      at++
    }
  while (slices.length < partitions) {
    slices.push([slice.join()])
    slice = new SegmentBuilder()
  }
  return slices
}
