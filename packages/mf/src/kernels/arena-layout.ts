/** One region of the arena, cut into arrays. What comes in f columns lies there in `padded`, a multiple of 4, with zeros behind. */

import type { Arena } from '@gridify/core'
import type { FloatArray } from './vectors.ts'

export function padded(factors: number): number {
  return (factors + 3) & ~3
}

/** Takes one region for arrays of these sizes in bytes; each begins at a multiple of 64, and is zeroed unless `whole` names it. */
export function place<Name extends string>(
  arena: Arena,
  sizes: Readonly<Record<Name, number>>,
  whole: readonly NoInfer<Name>[] = [],
): Record<Name, number> & { release: () => void } {
  const offsets: Record<string, number> = {}
  let total = 0
  for (const [name, bytes] of Object.entries<number>(sizes)) {
    offsets[name] = total
    total += (bytes + 63) & ~63
  }
  const region = arena.allocate(total, { zeroed: false })
  const bytes = new Uint8Array(arena.memory.buffer, region.offset, total)
  for (const name of Object.keys(sizes) as Name[])
    if (!whole.includes(name)) bytes.fill(0, offsets[name], offsets[name]! + sizes[name])
  const placed: Record<string, unknown> = { release: () => arena.release(region) }
  for (const name of Object.keys(offsets)) placed[name] = region.offset + offsets[name]!
  return placed as Record<Name, number> & { release: () => void }
}

/** Copies vectors of `factors` numbers, one part behind the other, into padded rows at `at`. */
export function writeVectors(arena: Arena, at: number, parts: readonly FloatArray[], factors: number): void {
  const width = padded(factors)
  let to = at / 4
  const memory = new Float32Array(arena.memory.buffer)
  for (const part of parts) {
    if (width === factors) {
      memory.set(part, to)
      to += part.length
      continue
    }
    for (let from = 0; from < part.length; from += factors, to += width)
      memory.set(part.subarray(from, from + factors), to)
  }
}

/** Copies `rows` padded rows at `at` out of the arena. */
export function readVectors(arena: Arena, at: number, rows: number, factors: number): Float32Array {
  const width = padded(factors)
  const memory = new Float32Array(arena.memory.buffer, at, rows * width)
  const out = new Float32Array(rows * factors)
  if (width === factors) out.set(memory)
  else for (let row = 0; row < rows; row++) out.set(memory.subarray(row * width, row * width + factors), row * factors)
  return out
}

/** Copies a symmetric factors x factors matrix into padded rows, as f64 or f32. */
export function writeMatrix(
  arena: Arena,
  at: number,
  matrix: Float64Array,
  factors: number,
  type: 'f64' | 'f32',
): void {
  const width = padded(factors)
  const memory =
    type === 'f64'
      ? new Float64Array(arena.memory.buffer, at, width * width)
      : new Float32Array(arena.memory.buffer, at, width * width)
  for (let row = 0; row < factors; row++) memory.set(matrix.subarray(row * factors, (row + 1) * factors), row * width)
}
