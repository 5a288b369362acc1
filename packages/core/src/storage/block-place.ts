/** Where a block's bytes rest, in pages or in a file, and how they are read, written and given back. */

import { closeSync, rmSync, statSync } from 'node:fs'
import type { Region } from '../base/region.ts'
import { openFile, readFully, writeAll } from './file-io.ts'
import type { PagePool } from './page-pool.ts'

export type BlockPlace =
  | { readonly kind: 'memory'; readonly region: Region }
  | { readonly kind: 'disk'; readonly path: string; readonly bytes: number }

export function placeBytes(place: BlockPlace): number {
  return place.kind === 'memory' ? place.region.bytes : place.bytes
}

/** Bytes [offset, offset + bytes) of a place; a view where it is memory, so valid only while the place is held. */
export function readPlace(pool: PagePool, place: BlockPlace, offset: number, bytes: number): Uint8Array {
  if (place.kind === 'memory') return pool.view(place.region).subarray(offset, offset + bytes)
  const target = new Uint8Array(bytes)
  const file = openFile(place.path, 'r')
  try {
    readFully(file, place.path, target, offset)
  } finally {
    closeSync(file)
  }
  return target
}

/** Whether a block's file is there whole; somebody may have removed it. Pages are always there. */
export function isThere(place: BlockPlace): boolean {
  if (place.kind === 'memory') return true
  return (statSync(place.path, { throwIfNoEntry: false })?.size ?? -1) >= place.bytes
}

export function releasePlace(pool: PagePool, place: BlockPlace): void {
  if (place.kind === 'memory') pool.free(place.region)
  else rmSync(place.path, { force: true })
}

export function writeFileBlock(path: string, parts: Iterable<Uint8Array>): BlockPlace & { kind: 'disk' } {
  const file = openFile(path, 'wx')
  let bytes = 0
  try {
    for (const part of parts) {
      writeAll(file, path, part)
      bytes += part.length
    }
  } catch (error) {
    rmSync(path, { force: true })
    throw error
  } finally {
    closeSync(file)
  }
  return { kind: 'disk', path, bytes }
}
