/** Texts as bytes with offsets, and with the hashes of keys where they were needed: no string is made to compare two. */

import { bufferOver } from '../text.ts'

/** V8 copies a substring below 13 characters; a longer one would keep the text of the whole column alive. */
const copiedLength = 12

export class TextColumn {
  readonly bytes: Uint8Array
  /** Text i is `bytes[offsets[i]]` up to `bytes[offsets[i + 1]]`. */
  readonly offsets: Int32Array
  /** `hashKey` of each text. */
  readonly hashes: Int32Array
  /** All bytes are below 0x80, so bytes are characters. */
  readonly ascii: boolean

  constructor(bytes: Uint8Array, offsets: Int32Array, hashes: Int32Array, ascii: boolean) {
    this.bytes = bytes
    this.offsets = offsets
    this.hashes = hashes
    this.ascii = ascii
  }

  /** Those of the rows [from, to) as strings. */
  toList(from = 0, to = this.offsets.length - 1): string[] {
    return decodeTexts(this.bytes, this.offsets, from, to, this.ascii)
  }
}

export function decodeTexts(
  bytes: Uint8Array,
  offsets: Int32Array,
  first: number,
  end: number,
  ascii: boolean,
): string[] {
  const buffer = bufferOver(bytes)
  const texts: string[] = []
  if (!ascii) {
    for (let i = first; i < end; i++) texts.push(buffer.toString('utf8', offsets[i], offsets[i + 1]))
    return texts
  }
  const start = offsets[first]!
  const all = buffer.toString('latin1', start, offsets[end])
  for (let i = first; i < end; i++) {
    const from = offsets[i]!
    const to = offsets[i + 1]!
    texts.push(
      to - from <= copiedLength ? all.substring(from - start, to - start) : buffer.toString('latin1', from, to),
    )
  }
  return texts
}
