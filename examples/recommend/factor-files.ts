/**
 * Vectors as mapreduce keeps them: text files with a line `rank base64` per row, and behind a partition's rows the sums
 * over its blocks as `sums level index base64`.
 */

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TaskContext } from '@gridify/core'
import {
  blockRanks,
  createVectors,
  openEngine,
  ranksOf,
  sumSubtrees,
  type FloatArray,
  type KernelVariant,
  type Subtree,
} from '@gridify/mf/kernels'
import type { ReduceConstants } from './solve-partition.ts'

/** Some rows on their way to one reducer. */
export interface VectorRows {
  readonly ranks: Int32Array
  readonly vectors: FloatArray
}

export function* factorLines(
  start: number,
  vectors: FloatArray,
  factors: number,
  sums: readonly Subtree[],
): Generator<string> {
  for (let row = 0; row * factors < vectors.length; row++)
    yield `${start + row}\t${encode(vectors.subarray(row * factors, (row + 1) * factors))}`
  for (const { level, index, sum } of sums) yield `sums\t${level}\t${index}\t${encode(sum)}`
}

/** The map task of vectors: each row to its owner, or all rows to every reducer. */
export function shuffleVectors(
  lines: Iterable<string>,
  { kernel, settings }: ReduceConstants,
  to: Int32Array | 'all',
  partitions: number,
): [number, VectorRows][] {
  const rows = [...lines].filter((line) => !line.startsWith('sums')).map((line) => line.split('\t') as [string, string])
  const pack = (some: readonly [string, string][]): VectorRows => {
    const vectors = createVectors(kernel, some.length * settings.factors)
    for (const [at, [, text]] of some.entries()) vectors.set(decode(text, kernel), at * settings.factors)
    return { ranks: Int32Array.from(some, ([rank]) => Number(rank)), vectors }
  }
  if (to === 'all') {
    const packed = pack(rows)
    return Array.from({ length: partitions }, (_, partition) => [partition, packed])
  }
  const parts = Array.from({ length: partitions }, (): [string, string][] => [])
  for (const row of rows) parts[to[Math.floor(Number(row[0]) / blockRanks)]!]!.push(row)
  return parts.map((part, partition) => [partition, pack(part)])
}

/** Start vectors of a partition: element k of the rank-major matrix is made of draws 12k to 12k + 11 of mulberry32. */
export function startLines(
  partition: number,
  partitions: number,
  counts: Int32Array,
  seed: number,
  { kernel, kernelBytes, settings: { factors } }: ReduceConstants,
  task: TaskContext,
): Generator<string> {
  const { start, end } = ranksOf(partition, partitions, counts.length)
  const vectors = createVectors(kernel, (end - start) * factors)
  const scale = 0.1 / Math.sqrt(factors)
  let state = (seed + Math.imul(Math.imul(start * factors, 12), 0x6d2b79f5)) | 0
  for (let k = 0; k < vectors.length; k++) {
    let sum = 0
    for (let draw = 0; draw < 12; draw++) {
      state = (state + 0x6d2b79f5) | 0
      let t = Math.imul(state ^ (state >>> 15), state | 1)
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
      sum += ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
    }
    // Rows without ratings are zero.
    if (counts[start + Math.floor(k / factors)]! > 0) vectors[k] = (sum - 6) * scale
  }
  const blocks = openEngine(kernel, () => kernelBytes, task).sumBlocks(vectors, factors)
  return factorLines(start, vectors, factors, sumSubtrees(start / blockRanks, blocks))
}

export function readSums(lines: readonly string[]): Subtree[] {
  return lines.map((line) => {
    const [, level, index, sum] = line.split('\t')
    return { level: Number(level), index: Number(index), sum: decode(sum!, 'f64') as Float64Array }
  })
}

/** All vectors in rank order, in f32 as models keep them. */
export async function readFactorFiles(folder: string, length: number, kernel: KernelVariant): Promise<Float32Array> {
  const all = new Float32Array(length)
  let at = 0
  for (const name of (await readdir(folder)).filter((file) => file.startsWith('part-')).sort())
    for (const line of (await readFile(join(folder, name), 'utf8')).split('\n')) {
      if (line === '' || line.startsWith('sums')) continue
      const vector = decode(line.slice(line.indexOf('\t') + 1), kernel)
      all.set(vector, at)
      at += vector.length
    }
  return all
}

function encode(numbers: FloatArray): string {
  return Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength).toString('base64')
}

function decode(text: string, kernel: KernelVariant): FloatArray {
  const { buffer } = Uint8Array.from(Buffer.from(text, 'base64'))
  return kernel === 'f64' ? new Float64Array(buffer) : new Float32Array(buffer)
}
