import { expect, test } from 'vitest'
import { memoryBudget } from '../../src/base/memory-budget.ts'

const mebi = 2 ** 20

test('the memory of an executor is divided among pages, execution and heaps', () => {
  expect(memoryBudget(1000 * mebi, 2)).toEqual({
    memoryBytes: 1000 * mebi,
    poolBytes: 400 * mebi,
    poolLimitBytes: 700 * mebi,
    executionBytesPerSlot: 125 * mebi,
    heapBytesPerSlot: 150 * mebi,
    valueBytes: 500 * mebi,
    inFlightBytes: 50 * mebi,
  })
})

test('heaps have a least and a most, and the user’s own bound wins', () => {
  expect(memoryBudget(16 * mebi, 1).heapBytesPerSlot).toBe(64 * mebi)
  expect(memoryBudget(64_000 * mebi, 1).heapBytesPerSlot).toBe(2048 * mebi)
  expect(memoryBudget(16 * mebi, 1, 99 * mebi).heapBytesPerSlot).toBe(99 * mebi)
})

test('pages grow only as far as heaps leave room, and never shrink below their sure part', () => {
  const limits = [1000, 256, 128].map((size) => memoryBudget(size * mebi, 2))
  expect(limits.map(({ poolLimitBytes }) => poolLimitBytes)).toEqual([700 * mebi, 128 * mebi, limits[2]!.poolBytes])
})
