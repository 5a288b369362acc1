/** A cheap guess of the encoded size of a value, to cut blocks and to size buffers; right for bulk, rough for the rest. */
import { types } from 'node:util'

/** Longer lists are estimated from evenly spaced samples. */
const SAMPLES = 16
const MAX_DEPTH = 4
export const BYTES_PER_NODE = 9

export function estimateBytes(value: unknown, depth = 0): number {
  if (typeof value === 'string') return value.length + 5
  if (typeof value !== 'object' || value === null || depth === MAX_DEPTH) return BYTES_PER_NODE
  if (Array.isArray(value)) return estimateList(value, depth)
  if (Object.getPrototypeOf(value) === Object.prototype) return estimateObject(value, depth)
  if (ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value)) return value.byteLength + 2 * BYTES_PER_NODE
  if (value instanceof Map) return BYTES_PER_NODE + 2 * value.size * BYTES_PER_NODE
  if (value instanceof Set) return BYTES_PER_NODE + value.size * BYTES_PER_NODE
  return estimateObject(value, depth)
}

function estimateObject(value: object, depth: number): number {
  let bytes = BYTES_PER_NODE
  for (const name in value) bytes += 1 + estimateBytes((value as Record<string, unknown>)[name], depth + 1)
  return bytes
}

function estimateList(list: readonly unknown[], depth: number): number {
  if (list.length <= SAMPLES) {
    // A look at the last first: the loop stays one of V8's for numbers only while it meets no list of other values.
    if (typeof list.at(-1) === 'number' && areNumbers(list)) return BYTES_PER_NODE + BYTES_PER_NODE * list.length
    let bytes = BYTES_PER_NODE
    for (let i = 0; i < list.length; i++) bytes += estimateBytes(list[i], depth + 1)
    return bytes
  }
  let sampled = 0
  for (let i = 0; i < SAMPLES; i++) sampled += estimateBytes(list[Math.floor((i * list.length) / SAMPLES)], depth + 1)
  return BYTES_PER_NODE + Math.ceil((sampled / SAMPLES) * list.length)
}

/** A loop of its own, where V8 need not make an object of each number that it reads. */
function areNumbers(list: readonly unknown[]): boolean {
  for (let i = 0; i < list.length; i++) if (typeof list[i] !== 'number') return false
  return true
}
