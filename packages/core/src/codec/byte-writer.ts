/** Grows one byte buffer for encoders; offsets are relative to its start, so that 8-byte alignment survives a copy. */
import { UsageError } from '../base/errors.ts'

const INITIAL_BYTES = 64 * 1024
/** Offsets in a block are uint32. */
const MAX_BYTES = 2 ** 32 - 1

/** One scratch buffer is kept for the next writer; a writer inside a writer (a getter that encodes) makes its own. */
let spare: Buffer | undefined

export class ByteWriter {
  position = 0
  #bytes: Buffer

  constructor(expectedBytes: number) {
    if (expectedBytes <= INITIAL_BYTES) {
      this.#bytes = spare ?? Buffer.allocUnsafeSlow(INITIAL_BYTES)
      spare = undefined
    } else {
      this.#bytes = Buffer.allocUnsafeSlow(Math.min(MAX_BYTES, expectedBytes))
    }
  }

  /** Gives the buffer with room for `bytes` more at `position`. */
  reserve(bytes: number): Buffer {
    const needed = this.position + bytes
    if (needed > this.#bytes.length) {
      if (needed > MAX_BYTES) throw new UsageError('a value of more than 4 GiB cannot be encoded; split it into rows')
      const larger = Buffer.allocUnsafeSlow(Math.min(MAX_BYTES, Math.max(needed, this.#bytes.length * 2)))
      larger.set(this.#bytes.subarray(0, this.position))
      this.#bytes = larger
    }
    return this.#bytes
  }

  byte(value: number): void {
    this.reserve(1)[this.position++] = value
  }

  /** An unsigned integer up to 2^53, seven bits to a byte. */
  varint(value: number): void {
    const bytes = this.reserve(8)
    while (value >= 0x80) {
      bytes[this.position++] = (value % 0x80) | 0x80
      value = Math.floor(value / 0x80)
    }
    bytes[this.position++] = value
  }

  double(value: number): void {
    this.position = this.reserve(8).writeDoubleLE(value, this.position)
  }

  utf8(text: string, byteLength: number): void {
    this.position += this.reserve(byteLength).write(text, this.position, byteLength, 'utf8')
  }

  utf16(text: string): void {
    this.position += this.reserve(text.length * 2).write(text, this.position, 'utf16le')
  }

  /** Raw bytes at the next multiple of eight. */
  alignedBytes(bytes: Uint8Array): void {
    this.align()
    this.reserve(bytes.length).set(bytes, this.position)
    this.position += bytes.length
  }

  align(): void {
    const bytes = this.reserve(8)
    while (this.position % 8 !== 0) bytes[this.position++] = 0
  }

  /** What was written, as bytes of its own; the writer must not be used after. */
  finish(): Uint8Array {
    const bytes = this.#bytes
    if (bytes.length > INITIAL_BYTES && this.position > bytes.length * 0.75) {
      return new Uint8Array(bytes.buffer, 0, this.position)
    }
    const result = new Uint8Array(bytes.buffer.slice(0, this.position) as ArrayBuffer)
    if (bytes.length === INITIAL_BYTES) spare = bytes
    return result
  }
}
