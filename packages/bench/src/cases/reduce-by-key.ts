/** (b) A sum per key: 10M pairs, 1M keys, made on the fly; the keys come round in order, or mixed. */

import { partitionsAt, type BenchCase } from '../bench-case.ts'
import { mixedKey, mixedKeySql } from '../mixed-key.ts'
import { addPair, mergePairs, modulus, noPairs, pairPython, pairScala, pairSql } from '../pair-checksum.ts'

export const reduceByKey: BenchCase = {
  id: 'b',
  title: 'reduceByKey, 10M pairs, 1M keys',
  expected: {
    1: { count: 1_000_000, sum: 4_995_000_000, product: 597_637_737 },
    0.001: { count: 1000, sum: 4_995_000, product: 496_584_986 },
  },
  at(scale) {
    const rows = 10_000_000 * scale
    const keys = Math.min(1_000_000, rows / 10)
    const partitions = partitionsAt(scale)
    return {
      gridify: (context) =>
        context
          .range(0, rows, { partitions })
          .map((i) => [((i * 48271) % 2147483647) % keys, i % 1000])
          .reduceByKey((left, right) => left + right, partitions)
          .aggregate(noPairs(), addPair, mergePairs),
      plain() {
        const sums = new Map<number, number>()
        for (let i = 0; i < rows; i++) {
          const key = ((i * 48271) % 2147483647) % keys
          sums.set(key, (sums.get(key) ?? 0) + (i % 1000))
        }
        const totals = noPairs()
        for (const pair of sums) addPair(totals, pair)
        return totals
      },
      duckdb: [
        `select ${pairSql} from (
           select ((i * 48271) % 2147483647) % ${keys} k, sum(i % 1000) v from range(${rows}) t(i) group by k)`,
      ],
      scala: pairScala(`sc.range(0, ${rows}, 1, ${partitions})
        .map(i => ((i * 48271 % 2147483647L) % ${keys}, i % 1000)).reduceByKey(_ + _, ${partitions})`),
      python: pairPython(`sc.range(0, ${rows}, 1, ${partitions}) \\
        .map(lambda i: (i * 48271 % 2147483647 % ${keys}, i % 1000)).reduceByKey(lambda a, b: a + b, ${partitions})`),
      skale: async (context) => {
        const [count, sum, product] = await context
          .range(0, rows, 1, partitions)
          .map((i, { keys }) => [((i * 48271) % 2147483647) % keys, i % 1000], { keys })
          .reduceByKey((a, b) => a + b, 0)
          .aggregate(
            (t, [k, v]) => [t[0] + 1, t[1] + v, (t[2] + k * v) % 1000000007],
            (a, b) => [a[0] + b[0], a[1] + b[1], (a[2] + b[2]) % 1000000007],
            [0, 0, 0],
          )
        return { count, sum, product: product % modulus }
      },
    }
  },
}

export const reduceByMixedKey: BenchCase = {
  id: 'b-mixed',
  title: 'the same with mixed keys',
  expected: {
    1: { count: 999_945, sum: 4_995_000_000, product: 279_650_824 },
    0.001: { count: 1000, sum: 4_995_000, product: 488_417_865 },
  },
  at(scale) {
    const rows = 10_000_000 * scale
    const keys = Math.min(1_000_000, rows / 10)
    const partitions = partitionsAt(scale)
    return {
      gridify: (context) =>
        context
          .range(0, rows, { partitions })
          .map((i) => [mixedKey(i) % keys, i % 1000])
          .reduceByKey((left, right) => left + right, partitions)
          .aggregate(noPairs(), addPair, mergePairs),
      plain() {
        const sums = new Map<number, number>()
        for (let i = 0; i < rows; i++) {
          const key = mixedKey(i) % keys
          sums.set(key, (sums.get(key) ?? 0) + (i % 1000))
        }
        const totals = noPairs()
        for (const pair of sums) addPair(totals, pair)
        return totals
      },
      duckdb: [
        ...mixedKeySql,
        `select ${pairSql} from (select mixed_key(i) % ${keys} k, sum(i % 1000) v from range(${rows}) t(i) group by k)`,
      ],
      scala: pairScala(`sc.range(0, ${rows}, 1, ${partitions})
        .map(i => (mixedKey(i) % ${keys}, i % 1000)).reduceByKey(_ + _, ${partitions})`),
      python: pairPython(`sc.range(0, ${rows}, 1, ${partitions}) \\
        .map(lambda i: (mixed_key(i) % ${keys}, i % 1000)).reduceByKey(lambda a, b: a + b, ${partitions})`),
    }
  },
}
