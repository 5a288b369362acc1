/** The ways that bytes take between encoding and decoding. */

/** As a view of shared memory that begins `offset` bytes in, as bytes in a slab do. */
export function inSharedMemory(bytes: Uint8Array, offset = 3): Uint8Array {
  const view = new Uint8Array(new SharedArrayBuffer(bytes.length + offset), offset)
  view.set(bytes)
  return view
}

/** As a view in the middle of a larger buffer. */
export function inLargerBuffer(bytes: Uint8Array, offset = 5): Uint8Array {
  const view = new Uint8Array(bytes.length + offset + 7).subarray(offset, offset + bytes.length)
  view.set(bytes)
  return view
}
