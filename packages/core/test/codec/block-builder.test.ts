import { describe, expect, test } from 'vitest'
import { BlockBuilder } from '../../src/codec/block-builder.ts'
import { decodeBlock } from '../../src/codec/block.ts'

/** How many rows each block held, and all rows in order. */
function cut(rows: Iterable<unknown>): { counts: number[]; rows: unknown[]; largest: number } {
  const result = { counts: [] as number[], rows: [] as unknown[], largest: 0 }
  const builder = new BlockBuilder((bytes, count) => {
    result.counts.push(count)
    result.rows.push(...decodeBlock(bytes))
    result.largest = Math.max(result.largest, bytes.length)
  })
  for (const row of rows) builder.push(row)
  builder.flush()
  return result
}

describe('a block builder', () => {
  test('cuts after 4096 rows', () => {
    const rows = Array.from({ length: 10_000 }, (_, i) => i)
    expect(cut(rows)).toMatchObject({ counts: [4096, 4096, 1808], rows })
  })

  test('cuts before a block grows past 256 KiB', () => {
    const rows = Array.from({ length: 10 }, (_, i) => [i, new Float32Array(20_000).fill(i)])
    expect(cut(rows)).toMatchObject({ counts: [3, 3, 3, 1], rows })
  })

  test('gives a giant row a block of its own', () => {
    const rows = ['small', 'x'.repeat(1_000_000), 'small', 'small']
    expect(cut(rows)).toMatchObject({ counts: [1, 1, 2], rows })
  })

  test('keeps blocks of long texts near the bound', () => {
    const rows = Array.from({ length: 2000 }, (_, i) => ({ id: i, text: 'lorem ipsum '.repeat(i % 50) }))
    expect(cut(rows).largest).toBeLessThan(400 * 1024)
    expect(cut(rows).rows).toEqual(rows)
  })

  test('flushes nothing when nothing waits', () => {
    const builder = new BlockBuilder()
    expect(builder.flush()).toBeUndefined()
    builder.push([1, 2])
    expect(builder.byteEstimate).toBeGreaterThan(0)
    expect(decodeBlock(builder.flush()!)).toEqual([[1, 2]])
    expect(builder.byteEstimate).toBe(0)
  })
})
