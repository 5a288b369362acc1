/**
 * A cached partition while it is made: encoded blocks go into pages as they come, in a run that grows, and on into a file
 * where the level allows it and no more pages are free. The heap never holds more than a piece of it.
 */

import { closeSync, rmSync } from 'node:fs'
import type { Region } from '../base/region.ts'
import type { StorageLevel } from '../base/storage-level.ts'
import { type BlockPlace } from './block-place.ts'
import { openFile, writeAll } from './file-io.ts'
import { pageBytes, type PagePool } from './page-pool.ts'

/** What is gathered on the heap before it goes where the partition rests. */
const pieceBytes = 2 ** 20

export interface KeptPartitionOptions {
  readonly pool: PagePool
  readonly level: StorageLevel
  /** Undefined where no run of pages is free; others leave for it where it may evict. */
  readonly allocate: (bytes: number, mayEvict: boolean) => Region | undefined
  readonly nextPath: () => string
}

export class KeptPartition {
  readonly #options: KeptPartitionOptions
  #waiting: Uint8Array[] = []
  #waitingBytes = 0
  #region: Region | undefined
  #file: { readonly path: string; readonly descriptor: number } | undefined
  /** In pages or in the file. */
  #settledBytes = 0
  #givenUp = false

  constructor(options: KeptPartitionOptions) {
    this.#options = options
  }

  get bytes(): number {
    return this.#settledBytes + this.#waitingBytes
  }

  /** Bytes that were written to a file. */
  get diskBytes(): number {
    return this.#file ? this.#settledBytes : 0
  }

  add(part: Uint8Array): void {
    if (this.#givenUp) return
    this.#waiting.push(part)
    this.#waitingBytes += part.length
    if (this.#waitingBytes >= pieceBytes) this.#settle(false)
  }

  /** Where it rests; undefined where its level is `memory` and it does not fit. */
  finish(): BlockPlace | undefined {
    if (!this.#givenUp) this.#settle(true)
    if (this.#givenUp) return undefined
    if (this.#file) {
      closeSync(this.#file.descriptor)
      const place: BlockPlace = { kind: 'disk', path: this.#file.path, bytes: this.#settledBytes }
      this.#file = undefined
      return place
    }
    return { kind: 'memory', region: this.#shrunk() }
  }

  /** Leaves nothing behind of a partition that was not finished. */
  discard(): void {
    if (this.#region) this.#options.pool.free(this.#region)
    this.#region = undefined
    if (!this.#file) return
    closeSync(this.#file.descriptor)
    rmSync(this.#file.path, { force: true })
    this.#file = undefined
  }

  #settle(isLast: boolean): void {
    const { level, pool } = this.#options
    if (!this.#file && (level === 'disk' || !this.#grow(isLast))) {
      if (level === 'memory') {
        this.#giveUp()
        return
      }
      this.#moveToFile()
    }
    if (this.#file) for (const part of this.#waiting) writeAll(this.#file.descriptor, this.#file.path, part)
    else {
      const target = pool.view(this.#region!)
      let at = this.#settledBytes
      for (const part of this.#waiting) {
        target.set(part, at)
        at += part.length
      }
    }
    this.#settledBytes += this.#waitingBytes
    this.#waiting = []
    this.#waitingBytes = 0
  }

  /** Whether the run of pages has room for what waits; it doubles, so that it is copied seldom. */
  #grow(isLast: boolean): boolean {
    const { allocate, pool } = this.#options
    const held = this.#region
    const needed = this.#settledBytes + this.#waitingBytes
    if (held && needed <= held.bytes) return true
    let region = isLast ? undefined : allocate(2 * needed, false)
    region ??= allocate(needed, true)
    if (!region) return false
    if (held) {
      pool.view(region).set(pool.view(held).subarray(0, this.#settledBytes))
      pool.free(held)
    }
    this.#region = region
    return true
  }

  #moveToFile(): void {
    const path = this.#options.nextPath()
    this.#file = { path, descriptor: openFile(path, 'wx') }
    if (!this.#region) return
    writeAll(this.#file.descriptor, path, this.#options.pool.view(this.#region).subarray(0, this.#settledBytes))
    this.#options.pool.free(this.#region)
    this.#region = undefined
  }

  #giveUp(): void {
    this.#givenUp = true
    this.#waiting = []
    this.discard()
  }

  /** The pages behind the last byte are free again. */
  #shrunk(): Region {
    const { offset, bytes } = this.#region!
    const used = Math.max(1, Math.ceil(this.#settledBytes / pageBytes)) * pageBytes
    if (used < bytes) this.#options.pool.free({ offset: offset + used, bytes: bytes - used })
    this.#region = undefined
    return { offset, bytes: this.#settledBytes }
  }
}
