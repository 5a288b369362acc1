/** 10M rows whose keys follow Zipf's law (s = 1.2: one key in seven is the same) joined with 1M unique keys. */

import { partitionsAt, type BenchCase } from '../bench-case.ts'
import { mixedKey } from '../mixed-key.ts'
import { mergePairs, modulus, noPairs } from '../pair-checksum.ts'

const exponent = 1.2

/** The inverse of the distribution, with ranks as a continuum, at a spread that looks random. */
export function zipfKey(i: number, keys: number): number {
  const spread = mixedKey(i) / 4294967296
  const tail = (keys + 1) ** (1 - exponent)
  return Math.floor((1 - spread * (1 - tail)) ** (1 / (1 - exponent))) - 1
}

export const skewedJoin: BenchCase = {
  id: 'skew',
  title: 'join of 10M Zipf(1.2) keys with 1M unique keys',
  expected: {
    1: { count: 10_000_000, sum: 7_476_120_076, product: 8_433_113 },
    0.001: { count: 10_000, sum: 6_858_244, product: 410_884_859 },
  },
  at(scale) {
    const rows = 10_000_000 * scale
    const keys = 1_000_000 * scale
    const partitions = partitionsAt(scale)
    return {
      gridify: (context) => {
        const events = context.range(0, rows, { partitions }).map((i) => [zipfKey(i, keys), i % 1000])
        const names = context.range(0, keys, { partitions }).map((key) => [key, (key * 7) % 1000])
        return events.join(names, partitions).aggregate(
          noPairs(),
          (totals, [key, [value, name]]) => {
            totals.count++
            totals.sum += value + name
            totals.product = (totals.product + key * value) % modulus
            return totals
          },
          mergePairs,
        )
      },
      plain() {
        const names = new Map<number, number>()
        for (let key = 0; key < keys; key++) names.set(key, (key * 7) % 1000)
        const totals = noPairs()
        for (let i = 0; i < rows; i++) {
          const key = zipfKey(i, keys)
          const name = names.get(key)
          if (name === undefined) continue
          const value = i % 1000
          totals.count++
          totals.sum += value + name
          totals.product = (totals.product + key * value) % modulus
        }
        return totals
      },
    }
  },
}
