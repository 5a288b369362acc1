/** The encoded blocks of a cached partition that rests in a file, read a stretch at a time. */

import { closeSync } from 'node:fs'
import { openFile, readFully } from './file-io.ts'

const stretchBytes = 2 ** 20

/** Yields pieces of [offset, offset + bytes) that end where a block of the segment ends. */
export function* fileSegments(path: string, offset: number, bytes: number): Generator<Uint8Array> {
  const file = openFile(path, 'r')
  try {
    let size = stretchBytes
    for (let done = 0; done < bytes;) {
      // Rows may be views of it, so every stretch has bytes of its own.
      const target = new Uint8Array(Math.min(size, bytes - done))
      readFully(file, path, target, offset + done)
      const whole = wholeBlocks(target)
      if (whole === 0) {
        size = 8 + paddedLength(target, 0)
        continue
      }
      size = stretchBytes
      done += whole
      yield target.subarray(0, whole)
    }
  } finally {
    closeSync(file)
  }
}

/** How many bytes from the start are whole blocks. */
function wholeBlocks(bytes: Uint8Array): number {
  let at = 0
  while (at + 8 <= bytes.length) {
    const end = at + 8 + paddedLength(bytes, at)
    if (end > bytes.length) break
    at = end
  }
  return at
}

function paddedLength(bytes: Uint8Array, at: number): number {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true)
  return length + (-length & 7)
}
