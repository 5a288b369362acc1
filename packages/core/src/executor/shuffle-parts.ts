/** The parts of map outputs that a reduce task reads: in place where they lie in pages, else by stretches of their file. */

import { closeSync } from 'node:fs'
import { FetchError } from '../base/errors.ts'
import { checksum, RunningChecksum } from '../codec/checksum.ts'
import { partInMemory, sliceSources, type PartBytes, type SliceSource } from '../shuffle/slice.ts'
import { readPlace, type BlockPlace } from '../storage/block-place.ts'
import type { PagePool } from '../storage/page-pool.ts'
import { openFile, readFully } from '../storage/file-io.ts'
import type { InputBlock } from './task-blocks.ts'

/** Files are read once from end to end, in so many bytes at a time, to compare their checksums. */
const checkedBytes = 1024 * 1024
/** A task may read the files of thousands of maps. */
const maxOpenFiles = 64

/** Parts of files that this thread has compared with their checksums for sub-tasks, all of which read the same ones. */
const compared = new Set<string>()
const maxCompared = 100_000

interface ReadParts {
  readonly sources: SliceSource[]
  readonly movedBytes: number
  readonly diskBytes: number
}

export class ShuffleParts {
  readonly #pool: PagePool
  readonly #budget: number
  /** Whether other tasks here read the same parts. */
  readonly #sharesParts: boolean
  readonly #files = new Map<string, number>()

  constructor(pool: PagePool, budget: number, sharesParts: boolean) {
    this.#pool = pool
    this.#budget = budget
    this.#sharesParts = sharesParts
  }

  read(blocks: readonly InputBlock[]): ReadParts {
    let movedBytes = 0
    let diskBytes = 0
    for (const block of blocks) {
      const bytes = block.kind === 'bytes' ? block.bytes.length : block.bytes
      movedBytes += bytes
      if (block.kind === 'place' && block.place.kind === 'disk') diskBytes += bytes
    }
    // What fits is read in one piece, which is faster than in stretches.
    const fits = diskBytes <= this.#budget / 2
    const sources: SliceSource[] = []
    for (const block of blocks) for (const source of sliceSources(this.#part(block, fits))) sources.push(source)
    return { sources, movedBytes, diskBytes }
  }

  close(): void {
    for (const file of this.#files.values()) closeSync(file)
    this.#files.clear()
  }

  #part(block: InputBlock, fits: boolean): PartBytes {
    if (block.kind === 'place' && block.place.kind === 'disk' && !fits)
      return this.#inFile(block.place, block.offset, block.bytes, block.checksum)
    const bytes = block.kind === 'bytes' ? block.bytes : readPlace(this.#pool, block.place, block.offset, block.bytes)
    // Only bytes that left memory can have changed.
    if (block.kind === 'bytes' || block.place.kind === 'disk') check(block.checksum, () => checksum(bytes))
    return partInMemory(bytes)
  }

  #inFile(
    { path }: Extract<BlockPlace, { kind: 'disk' }>,
    offset: number,
    bytes: number,
    expected: number | undefined,
  ): PartBytes {
    const name = `${path}:${offset}`
    if (!compared.has(name)) {
      check(expected, () => this.#checksumInFile(path, offset, bytes))
      if (compared.size >= maxCompared) compared.clear()
      if (this.#sharesParts) compared.add(name)
    }
    return {
      bytes,
      view: (from, length) => {
        const target = new Uint8Array(length)
        readFully(this.#open(path), path, target, offset + from)
        return target
      },
    }
  }

  #checksumInFile(path: string, offset: number, bytes: number): number {
    const sum = new RunningChecksum()
    const piece = new Uint8Array(Math.min(bytes, checkedBytes))
    for (let done = 0; done < bytes; done += checkedBytes) {
      const target = piece.subarray(0, Math.min(checkedBytes, bytes - done))
      readFully(this.#open(path), path, target, offset + done)
      sum.add(target)
    }
    return sum.value()
  }

  #open(path: string): number {
    let file = this.#files.get(path)
    if (file !== undefined) return file
    if (this.#files.size >= maxOpenFiles) this.close()
    file = openFile(path, 'r')
    this.#files.set(path, file)
    return file
  }
}

function check(expected: number | undefined, actual: () => number): void {
  if (expected !== undefined && actual() !== expected)
    throw new FetchError('a block does not have the checksum that it was written with')
}
