/**
 * The blocks of one executor session: map outputs and persisted partitions, in pages or in files, under one byte budget.
 * Cached partitions go first when space is short, least recently used first, never one that a task is reading.
 */

import { closeSync, mkdirSync, openSync, readSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { StorageLevel } from '../base/storage-level.ts'
import type { Region } from '../base/region.ts'
import { storeOwner, type PagePool } from './page-pool.ts'

export type BlockPlace =
  | { readonly kind: 'memory'; readonly region: Region }
  | { readonly kind: 'disk'; readonly path: string; readonly bytes: number }

interface StoredBlock {
  readonly name: string
  place: BlockPlace
  /** Absent for map outputs, which are kept until they are dropped. */
  readonly level?: StorageLevel
  pins: number
}

export class BlockStore {
  readonly #pool: PagePool
  readonly #onEvict: (name: string) => void
  readonly #blocks = new Map<string, StoredBlock>()

  constructor(pool: PagePool, onEvict: (name: string) => void) {
    this.#pool = pool
    this.#onEvict = onEvict
  }

  has(name: string): boolean {
    return this.#blocks.has(name)
  }

  /** Commits a block whole; a second block of that name changes nothing and gives its place back. */
  put(name: string, place: BlockPlace, level?: StorageLevel): void {
    if (this.#blocks.has(name)) {
      this.#releasePlace(place)
      return
    }
    if (place.kind === 'memory') this.#pool.give(place.region, storeOwner)
    this.#blocks.set(name, { name, place, pins: 0, ...(level ? { level } : {}) })
  }

  /** The block's place, most recently used from now on; pinned until `unpin`. */
  pin(name: string): BlockPlace | undefined {
    const block = this.#blocks.get(name)
    if (!block) return undefined
    block.pins++
    this.#blocks.delete(name)
    this.#blocks.set(name, block)
    return block.place
  }

  unpin(name: string): void {
    const block = this.#blocks.get(name)
    if (block) block.pins--
  }

  read(name: string, offset: number, bytes: number): Uint8Array | undefined {
    const place = this.#blocks.get(name)?.place
    if (!place) return undefined
    return readPlace(this.#pool, place, offset, bytes < 0 ? placeBytes(place) : bytes)
  }

  /** Evicts cached blocks until `bytes` more could fit; spills those whose level allows it to files from `spillPath`. */
  makeRoom(bytes: number, spillPath: () => string): void {
    for (const block of this.#blocks.values()) {
      if (this.#pool.capacityBytes - this.#pool.usedBytes >= bytes) return
      if (!block.level || block.pins > 0 || block.place.kind !== 'memory') continue
      if (block.level === 'memory-and-disk') {
        const place = writeFileBlock(spillPath(), [this.#pool.view(block.place.region)])
        this.#pool.free(block.place.region)
        block.place = place
      } else {
        this.#pool.free(block.place.region)
        this.#blocks.delete(block.name)
        this.#onEvict(block.name)
      }
    }
  }

  drop(matches: (name: string) => boolean): void {
    for (const [name, block] of this.#blocks) {
      if (!matches(name)) continue
      this.#blocks.delete(name)
      this.#releasePlace(block.place)
    }
  }

  #releasePlace(place: BlockPlace): void {
    if (place.kind === 'memory') this.#pool.free(place.region)
    else rmSync(place.path, { force: true })
  }
}

export function placeBytes(place: BlockPlace): number {
  return place.kind === 'memory' ? place.region.bytes : place.bytes
}

export function readPlace(pool: PagePool, place: BlockPlace, offset: number, bytes: number): Uint8Array {
  if (place.kind === 'memory') return pool.view(place.region).subarray(offset, offset + bytes)
  const target = new Uint8Array(bytes)
  const file = openSync(place.path, 'r')
  try {
    let done = 0
    while (done < bytes) {
      const read = readSync(file, target, done, bytes - done, offset + done)
      if (read === 0) throw new RangeError(`block file ${place.path} is shorter than its index says`)
      done += read
    }
  } finally {
    closeSync(file)
  }
  return target
}

export function writeFileBlock(path: string, parts: readonly Uint8Array[]): BlockPlace & { kind: 'disk' } {
  const file = openSync(path, 'wx')
  let bytes = 0
  try {
    for (const part of parts) {
      let done = 0
      while (done < part.length) done += writeSync(file, part, done)
      bytes += part.length
    }
  } finally {
    closeSync(file)
  }
  return { kind: 'disk', path, bytes }
}

/** Names files for spilled blocks in a session's folder, which is made at first need. */
export class WorkFolder {
  readonly path: string
  readonly #prefix: string
  #files = 0

  constructor(path: string, prefix: string) {
    this.path = path
    this.#prefix = prefix
  }

  nextFile(): string {
    mkdirSync(this.path, { recursive: true })
    return join(this.path, `${this.#prefix}-${++this.#files}.block`)
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}
