/** Rows that come to the driver as a stream: read to the end at the first action, kept encoded, cut into even partitions. */

import { setImmediate } from 'node:timers/promises'
import { deferred } from '../base/async.ts'
import { AbortedError } from '../base/errors.ts'
import { BlockBuilder } from '../codec/block-builder.ts'
import { SegmentBuilder } from '../codec/segment.ts'
import { decodeBlock } from '../codec/block.ts'

/** A stream that never waits would let nothing else happen on the driver, timers and signals among it. */
const mostMsAtOnce = 10
const rowsBetweenLooks = 256

/**
 * Encoded slices, one per partition, of even length.
 * @throws AbortedError where `signal` aborts, after the stream was told to end.
 */
export async function readStream(
  rows: AsyncIterable<unknown>,
  partitions: number,
  site: string,
  signal: AbortSignal,
): Promise<Uint8Array[][]> {
  const blocks: { bytes: Uint8Array; rows: number }[] = []
  const builder = new BlockBuilder((bytes, count) => blocks.push({ bytes, rows: count }))
  let total = 0
  let since = performance.now()
  for await (const row of untilAborted(rows, site, signal)) {
    builder.push(row)
    if (++total % rowsBetweenLooks > 0 || performance.now() - since < mostMsAtOnce) continue
    await setImmediate()
    since = performance.now()
  }
  builder.flush()
  return cut(blocks, total, partitions)
}

/** Also where the stream keeps its reader waiting. */
async function* untilAborted(
  rows: AsyncIterable<unknown>,
  site: string,
  signal: AbortSignal,
): AsyncGenerator<unknown, void> {
  const iterator = rows[Symbol.asyncIterator]()
  const aborted = deferred<never>()
  aborted.promise.catch(() => {})
  const abort = () =>
    aborted.reject(
      new AbortedError(
        `${site}: reading the stream was aborted, by the signal of the action that began it or with the context; a stream is read once, so make another dataset`,
        { cause: signal.reason },
      ),
    )
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort, { once: true })
  try {
    for (;;) {
      const next = await Promise.race([aborted.promise, iterator.next()])
      if (next.done) return
      yield next.value
    }
  } finally {
    signal.removeEventListener('abort', abort)
    void Promise.resolve(iterator.return?.()).catch(() => {})
  }
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
