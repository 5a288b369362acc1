/** Encoded blocks one behind another, each with an 8-byte header and padded to 8 bytes, so that columns stay aligned. */

import { decodeBlock } from './block.ts'
import { BlockBuilder } from './block-builder.ts'
import { plainRow } from './group.ts'

/** Collects rows into encoded blocks, whose parts are kept here or go to `take` as they come. */
export class SegmentBuilder {
  readonly parts: Uint8Array[] = []
  readonly #take: (part: Uint8Array) => void
  readonly #blocks = new BlockBuilder((block) => this.#append(block))
  bytes = 0

  constructor(take?: (part: Uint8Array) => void) {
    this.#take = take ?? ((part) => this.parts.push(part))
  }

  /** How many rows, the last ones, are not encoded yet. */
  get waitingRows(): number {
    return this.#blocks.waitingRows
  }

  push(row: unknown): void {
    this.#blocks.push(plainRow(row))
  }

  pushAll(rows: readonly unknown[]): void {
    this.#blocks.pushAll(rows)
  }

  flush(): void {
    this.#blocks.flush()
  }

  #append(block: Uint8Array): void {
    const header = new Uint8Array(8)
    new DataView(header.buffer).setUint32(0, block.length, true)
    this.#take(header)
    this.#take(block)
    const padding = -block.length & 7
    if (padding > 0) this.#take(new Uint8Array(padding))
    this.bytes += 8 + block.length + padding
  }

  /** All bytes in one run. */
  join(): Uint8Array {
    this.flush()
    const all = new Uint8Array(this.bytes)
    copyParts(this.parts, all)
    return all
  }
}

function copyParts(parts: readonly Uint8Array[], target: Uint8Array): void {
  let at = 0
  for (const part of parts) {
    target.set(part, at)
    at += part.length
  }
}

export function* readSegment(bytes: Uint8Array): Generator<unknown[]> {
  for (const block of segmentBlocks(bytes)) yield decodeBlock(block)
}

export function* segmentBlocks(bytes: Uint8Array): Generator<Uint8Array> {
  let at = 0
  while (at < bytes.length) {
    const length = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    yield bytes.subarray(at + 8, at + 8 + length)
    at += 8 + length + (-length & 7)
  }
}
