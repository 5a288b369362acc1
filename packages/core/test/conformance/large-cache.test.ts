/** Cached datasets that are larger than the memory of their executors. */
import { createContext, type Context, type StorageLevel } from '@gridify/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const memoryBytes = 16 * 2 ** 20
const rows = 240_000

describe.each(['memory[2]', 'local[2]', 'local-cluster[2,1]'])('%s', (master) => {
  let context: Context
  beforeAll(async () => {
    context = await createContext({ master, memoryBytes, onLog: () => {} })
  })
  afterAll(() => context.stop())

  test.each<StorageLevel>(['memory', 'memory-and-disk', 'disk'])(
    'a dataset of 24 MB per level %s is whole each time it is read, in few and large partitions too',
    async (level) => {
      for (const partitions of [3, 12]) {
        const made = context.accumulator()
        const width = 90
        const cached = context
          .range(0, rows, { partitions })
          .map((i) => {
            made.add(1)
            return `${'x'.repeat(width)}${String(i).padStart(10, '0')}`
          })
          .persist(level)
        expect(await cached.count()).toBe(rows)
        expect(await cached.map((row) => row.length).fold(0, (left, right) => left + right)).toBe(rows * 100)
        expect(await cached.filter((row) => row.endsWith('239999')).collect()).toEqual([
          `${'x'.repeat(width)}0000239999`,
        ])
        if (level !== 'memory') expect(made.value).toBe(rows)
        cached.unpersist()
      }
    },
  )
})
