/** Hashes and writes lists of texts, a look at each; short ASCII texts by a loop, since a call into the runtime costs more. */

import { fmix, FNV_OFFSET, FNV_PRIME, hashString } from '../key-hash.ts'
import { isWellFormed } from '../text.ts'
import { checkText } from '../value-limits.ts'

/** Texts are written by a loop up to this length; above it the call into the runtime pays. */
const loopedLength = 48
const firstBytes = 64 * 1024
const maxKeptBytes = 8 * 2 ** 20
/** Of the whole thread, since memory outside of V8's heap stays taken until V8 looks for garbage. */
let scratch: Buffer = Buffer.allocUnsafeSlow(firstBytes)

/** Texts as bytes, in the order in which they came. */
export interface WrittenTexts {
  /** All are below 0x80. */
  readonly ascii: boolean
  readonly offsets: Int32Array
  readonly bytes: Buffer
}

/** Reused from list to list. */
export class TextWriter {
  /** `hashKey` of each text of the last list. */
  readonly hashes: Int32Array
  readonly #offsets: Int32Array

  /** For lists of up to `capacity` texts. */
  constructor(capacity: number) {
    this.hashes = new Int32Array(capacity)
    this.#offsets = new Int32Array(capacity + 1)
  }

  /** The first `count` values, valid until any writer is called; undefined where one is no well-formed text. */
  write(values: readonly unknown[], count: number): WrittenTexts | undefined {
    if (scratch.length > maxKeptBytes) scratch = Buffer.allocUnsafeSlow(firstBytes)
    const { hashes } = this
    const offsets = this.#offsets
    let bytes = scratch
    let room = bytes.length
    let position = 0
    let ascii = true
    for (let i = 0; i < count; i++) {
      const text = values[i]
      if (typeof text !== 'string') return undefined
      const { length } = text
      if (position + 3 * length > room) {
        checkText(length)
        bytes = scratch = enlarged(bytes, position, 3 * length)
        room = bytes.length
      }
      let hash = FNV_OFFSET
      let all = 0
      if (length <= loopedLength) {
        for (let at = 0; at < length; at++) {
          const unit = text.charCodeAt(at)
          all |= unit
          bytes[position + at] = unit
          hash = Math.imul(hash ^ unit, FNV_PRIME)
        }
      } else
        for (let at = 0; at < length; at++) {
          const unit = text.charCodeAt(at)
          all |= unit
          hash = Math.imul(hash ^ unit, FNV_PRIME)
        }
      if (all < 0x80) {
        hashes[i] = fmix(hash)
        if (length > loopedLength) bytes.write(text, position, 'latin1')
        position += length
      } else {
        if (!isWellFormed(text)) return undefined
        ascii = false
        hashes[i] = hashString(text)
        position += bytes.write(text, position, 'utf8')
      }
      offsets[i + 1] = position
    }
    return { ascii, offsets, bytes }
  }
}

function enlarged(bytes: Buffer, used: number, more: number): Buffer {
  const larger = Buffer.allocUnsafeSlow(Math.max(2 * bytes.length, used + more))
  larger.set(bytes.subarray(0, used))
  return larger
}
