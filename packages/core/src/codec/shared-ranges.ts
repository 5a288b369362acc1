/** Finds the buffers that several views of one value see, so that they see one buffer again where the value is read. */
import { types } from 'node:util'
import { partsOf } from './value-parts.ts'

/** The part of a buffer that travels. */
export interface SharedRange {
  readonly from: number
  readonly to: number
}

/** Views that lie farther apart get buffers of their own: what lies between them would cost more than they do. */
const MAX_GAP = 64 * 1024

export function findSharedRanges(root: unknown): Map<object, SharedRange> {
  const found = new Map<object, { from: number; to: number; used: number; views: number }>()
  const add = (buffer: object, from: number, to: number) => {
    const range = found.get(buffer) ?? { from, to, used: 0, views: 0 }
    range.from = Math.min(range.from, from - (from % 8))
    range.to = Math.max(range.to, to)
    range.used += to - from
    range.views++
    found.set(buffer, range)
  }
  const seen = new Set<object>()
  const todo = [root]
  while (todo.length > 0) {
    const value = todo.pop()
    if (typeof value !== 'object' || value === null || seen.has(value)) continue
    seen.add(value)
    if (types.isArrayBuffer(value)) add(value, 0, value.byteLength)
    else if (!ArrayBuffer.isView(value)) for (const [, part] of partsOf(value)) todo.push(part)
    else if (mayShare(value)) add(value.buffer, value.byteOffset, value.byteOffset + value.byteLength)
  }
  for (const [buffer, { from, to, used, views }] of found)
    if (views < 2 || to - from > Math.max(2 * used, used + MAX_GAP)) found.delete(buffer)
  return found
}

/**
 * Node cuts small Buffers from a common pool: that they share it means nothing, and the rest of it is not theirs. Views of
 * shared memory come back on buffers of their own.
 */
export function mayShare(view: ArrayBufferView): boolean {
  if (!types.isArrayBuffer(view.buffer)) return false
  return !(Buffer.isBuffer(view) && view.buffer.byteLength === Buffer.poolSize && view.byteLength < Buffer.poolSize)
}
