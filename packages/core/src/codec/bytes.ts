/** Bytes as keys and in the order: Uint8Array, Buffer and ArrayBuffer count as equal when their content is. */
import { types } from 'node:util'

/** The bytes that a value stands for, without a copy, or undefined when it is not bytes. */
export function bytesOf(value: unknown): Uint8Array | undefined {
  if (types.isUint8Array(value)) return value
  if (types.isArrayBuffer(value)) return new Uint8Array(value)
  return undefined
}
