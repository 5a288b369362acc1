/** More keys than a JS Map holds (2^24), in one partition and in little memory; takes half a minute, so only with GRIDIFY_LARGE set. */
import { createContext } from '@gridify/core'
import { expect, test } from 'vitest'

test.runIf(process.env['GRIDIFY_LARGE'])(
  'a reduceByKey with 17 million keys gives each its sum',
  { timeout: 300_000 },
  async () => {
    const keys = 17_000_000
    await using context = await createContext({ master: 'local[2]', memoryBytes: 256 * 2 ** 20 })
    const sums = context
      .range(0, 2 * keys, { partitions: 16 })
      .map((i): [number, number] => [i % keys, i])
      .reduceByKey((left, right) => left + right, 1)
    expect(await sums.filter(([key, sum]) => sum === 2 * key + keys).count()).toBe(keys)
  },
)
