/** Brings a block from another executor a few MiB at a time, into pages where there is room, else into a file. */

import { closeSync } from 'node:fs'
import { FetchError } from '../base/errors.ts'
import { checksum, RunningChecksum } from '../codec/checksum.ts'
import type { BlockClient } from '../shuffle/block-client.ts'
import { releasePlace, writeFileBlock, type BlockPlace } from '../storage/block-place.ts'
import { openFile, writeAll } from '../storage/file-io.ts'
import { storeOwner, type PagePool } from '../storage/page-pool.ts'
import type { InputBlock } from './task-blocks.ts'
import type { Fetch } from './state.ts'

/** So much is asked for at once: enough that round trips do not count, little beside the least memory. */
export const fetchedBytes = 4 * 2 ** 20

/** It came, but is not what was written: its holder's copy is of no use. */
export class BlockDamaged extends FetchError {}

type Wanted = Pick<Fetch, 'executor' | 'block' | 'offset' | 'bytes' | 'checksum'>

/** Throws a FetchError where the block does not come whole, a DiskError where there is no place for it. */
export async function fetchBlock(
  client: BlockClient,
  wanted: Wanted,
  pool: PagePool,
  nextFile: () => string,
): Promise<InputBlock> {
  const { executor, block } = wanted
  if (wanted.bytes <= fetchedBytes) {
    const bytes = await client.fetch(executor, block, wanted.offset, wanted.bytes)
    check(wanted, () => checksum(bytes))
    return held(holdWhole(bytes, pool, nextFile), bytes.length)
  }
  const region = pool.tryAllocate(wanted.bytes, storeOwner)
  const place: BlockPlace = region
    ? { kind: 'memory', region }
    : { kind: 'disk', path: nextFile(), bytes: wanted.bytes }
  try {
    // What was written without one is not read for one.
    const sum = wanted.checksum === undefined ? undefined : new RunningChecksum()
    const pieces = fetchPieces(client, wanted, sum)
    await (place.kind === 'memory' ? intoPages(pieces, pool.view(place.region)) : intoFile(pieces, place.path))
    check(wanted, () => sum!.value())
    return held(place, wanted.bytes)
  } catch (error) {
    releasePlace(pool, place)
    throw error
  }
}

async function* fetchPieces(
  client: BlockClient,
  wanted: Wanted,
  sum: RunningChecksum | undefined,
): AsyncGenerator<Uint8Array> {
  const { executor, block, offset, bytes } = wanted
  for (let done = 0; done < bytes; done += fetchedBytes) {
    const piece = await client.fetch(executor, block, offset + done, Math.min(fetchedBytes, bytes - done))
    sum?.add(piece)
    yield piece
  }
}

async function intoPages(pieces: AsyncIterable<Uint8Array>, target: Uint8Array): Promise<void> {
  let at = 0
  for await (const piece of pieces) {
    target.set(piece, at)
    at += piece.length
  }
}

async function intoFile(pieces: AsyncIterable<Uint8Array>, path: string): Promise<void> {
  const file = openFile(path, 'wx')
  try {
    for await (const piece of pieces) writeAll(file, path, piece)
  } finally {
    closeSync(file)
  }
}

function holdWhole(bytes: Uint8Array, pool: PagePool, nextFile: () => string): BlockPlace {
  const region = pool.tryAllocate(bytes.length, storeOwner)
  if (!region) return writeFileBlock(nextFile(), [bytes])
  pool.view(region).set(bytes)
  return { kind: 'memory', region }
}

function held(place: BlockPlace, bytes: number): InputBlock {
  return { kind: 'place', place, offset: 0, bytes }
}

function check({ executor, block, checksum: expected }: Wanted, actual: () => number): void {
  if (expected !== undefined && actual() !== expected)
    throw new BlockDamaged(`block ${block} arrived damaged from executor ${executor}`)
}
