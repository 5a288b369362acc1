/** Rows in the codec's own blocks, so that whatever a dataset may hold comes back: frames of a length, a checksum and a segment. */

import { closeSync } from 'node:fs'
import { UsageError } from '../base/errors.ts'
import type { FileSplit } from '../base/file-split.ts'
import { checksum } from '../codec/checksum.ts'
import { withLastingNames } from '../codec/instances.ts'
import { readSegment, SegmentBuilder } from '../codec/segment.ts'
import { inflated } from './compression.ts'
import { openListed, wholeChunks } from './local-file.ts'

const beginning = Buffer.from('gridify objects 1\n')
const headerBytes = 8
const frameBytes = 2 ** 20

/** `isOwn`: only this program reads them, so the names that it has for classes will do. */
export function* encodeObjects(batches: Iterable<unknown[]>, isOwn = false): Generator<Buffer> {
  yield beginning
  const named = isOwn ? <T>(run: () => T) => run() : withLastingNames
  let rows = new SegmentBuilder()
  function* frame(): Generator<Buffer> {
    const segment = named(() => rows.join())
    rows = new SegmentBuilder()
    if (segment.length === 0) return
    const header = Buffer.alloc(headerBytes)
    header.writeUInt32LE(segment.length, 0)
    header.writeUInt32LE(checksum(segment), 4)
    yield header
    yield Buffer.from(segment.buffer, segment.byteOffset, segment.byteLength)
  }
  for (const batch of batches) {
    named(() => rows.pushAll(batch))
    if (rows.bytes > frameBytes) yield* frame()
  }
  yield* frame()
}

export function* readObjects(split: FileSplit, site: string): Generator<unknown[]> {
  const file = openListed(split, site)
  const broken = (what: string) =>
    new UsageError(`${site}: ${split.path} ${what}; objectFile() reads what saveAsObjectFile() wrote`)
  try {
    const take = exactly(inflated(wholeChunks(file), split.path, site))
    if (!take(beginning.length)?.equals(beginning)) throw broken('is no object file of this version')
    for (;;) {
      const header = take(headerBytes)
      if (!header) return
      if (header.length < headerBytes) throw broken('ends in the middle of a block')
      const length = header.readUInt32LE(0)
      const segment = take(length)
      if (segment?.length !== length) throw broken('ends in the middle of a block')
      // Columns are views on 8-byte borders.
      const aligned = new Uint8Array(segment)
      if (checksum(aligned) !== header.readUInt32LE(4)) throw broken('has a block that was changed')
      yield* readSegment(aligned)
    }
  } finally {
    closeSync(file)
  }
}

/** Takes bytes off a stream of chunks: as many as asked for, fewer at its end, none behind that. */
function exactly(chunks: Generator<Buffer>): (bytes: number) => Buffer | undefined {
  let held: Buffer = Buffer.alloc(0)
  return (bytes) => {
    const parts = [held]
    let length = held.length
    while (length < bytes) {
      const next = chunks.next()
      if (next.done) break
      parts.push(next.value)
      length += next.value.length
    }
    const all = parts.length === 1 ? held : Buffer.concat(parts, length)
    held = all.subarray(bytes)
    return all.length === 0 ? undefined : all.subarray(0, bytes)
  }
}
