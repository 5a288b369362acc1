/** Encoded blocks one behind another, each with an 8-byte header and padded to 8 bytes, so that columns stay aligned. */

import { decodeBlock, encodeBlock } from './block.ts'
import { plainRow } from './group.ts'

const rowsPerBlock = 2048
const targetBytes = 256 * 1024

/** Collects rows into encoded blocks. */
export class SegmentBuilder {
  readonly parts: Uint8Array[] = []
  #rows: unknown[] = []
  #estimate = 0
  bytes = 0
  rows = 0

  push(row: unknown): void {
    const plain = plainRow(row)
    this.#rows.push(plain)
    this.rows++
    this.#estimate += estimate(plain)
    if (this.#rows.length >= rowsPerBlock || this.#estimate >= targetBytes) this.flush()
  }

  flush(): void {
    if (this.#rows.length === 0) return
    this.append(encodeBlock(this.#rows))
    this.#rows = []
    this.#estimate = 0
  }

  append(block: Uint8Array): void {
    const header = new Uint8Array(8)
    new DataView(header.buffer).setUint32(0, block.length, true)
    this.parts.push(header, block)
    const padding = -block.length & 7
    if (padding > 0) this.parts.push(new Uint8Array(padding))
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

export function copyParts(parts: readonly Uint8Array[], target: Uint8Array): void {
  let at = 0
  for (const part of parts) {
    target.set(part, at)
    at += part.length
  }
}

export function* readSegment(bytes: Uint8Array): Generator<unknown[]> {
  let at = 0
  while (at < bytes.length) {
    const length = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    yield decodeBlock(bytes.subarray(at + 8, at + 8 + length))
    at += 8 + length + (-length & 7)
  }
}

/** A cheap guess of a row's encoded size, so that a block of large rows is cut early. */
function estimate(row: unknown): number {
  if (typeof row === 'string') return row.length + 4
  if (typeof row !== 'object' || row === null) return 8
  if (ArrayBuffer.isView(row)) return row.byteLength
  let bytes = 8
  for (const part of Object.values(row)) {
    if (typeof part === 'string') bytes += part.length
    else if (ArrayBuffer.isView(part)) bytes += part.byteLength
    else if (typeof part === 'object' && part !== null)
      for (const inner of Object.values(part as object)) bytes += ArrayBuffer.isView(inner) ? inner.byteLength : 16
    else bytes += 8
  }
  return bytes
}
