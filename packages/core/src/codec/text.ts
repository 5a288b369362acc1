/** Text to bytes and back, exactly, also where the bytes lie in shared memory (which TextDecoder refuses). */

import { checkText } from './value-limits.ts'

/** False when a surrogate stands alone; such text has no UTF-8 form. */
export function isWellFormed(text: string): boolean {
  checkText(text.length)
  // In every Node >= 20; missing from the es2023 library types.
  return (text as string & { isWellFormed(): boolean }).isWellFormed()
}

/** A Buffer over the same memory, shared or not. */
export function bufferOver(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** The same bytes in memory of their own where they are shared, else as they are. */
export function unshared(bytes: Uint8Array): Uint8Array {
  return bytes.buffer instanceof ArrayBuffer ? bytes : Uint8Array.from(bytes)
}
