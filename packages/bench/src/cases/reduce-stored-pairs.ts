/** (b') As (b), but the pairs are made and stored first, then reduced. */

import { partitionsAt, type BenchCase } from '../bench-case.ts'
import { addPair, mergePairs, noPairs, pairPython, pairScala, pairSql } from '../pair-checksum.ts'

export const reduceStoredPairs: BenchCase = {
  id: 'b-stored',
  title: 'the same from stored pairs',
  expected: {
    1: { count: 1_000_000, sum: 4_995_000_000, product: 597_637_737 },
    0.001: { count: 1000, sum: 4_995_000, product: 496_584_986 },
  },
  at(scale) {
    const rows = 10_000_000 * scale
    const keys = Math.min(1_000_000, rows / 10)
    const partitions = partitionsAt(scale)
    return {
      async gridify(context) {
        const pairs = context
          .range(0, rows, { partitions })
          .map((i) => [((i * 48271) % 2147483647) % keys, i % 1000])
          .cache()
        await pairs.count()
        return pairs.reduceByKey((left, right) => left + right, partitions).aggregate(noPairs(), addPair, mergePairs)
      },
      plain() {
        const pairs: [number, number][] = []
        for (let i = 0; i < rows; i++) pairs.push([((i * 48271) % 2147483647) % keys, i % 1000])
        const sums = new Map<number, number>()
        for (const [key, value] of pairs) sums.set(key, (sums.get(key) ?? 0) + value)
        const totals = noPairs()
        for (const pair of sums) addPair(totals, pair)
        return totals
      },
      duckdb: [
        `create temp table pairs as select ((i * 48271) % 2147483647) % ${keys} k, i % 1000 v from range(${rows}) t(i)`,
        `select ${pairSql} from (select k, sum(v) v from pairs group by k)`,
      ],
      scala: `
        val pairs = sc.range(0, ${rows}, 1, ${partitions}).map(i => ((i * 48271 % 2147483647L) % ${keys}, i % 1000)).cache()
        pairs.count()
        ${pairScala(`pairs.reduceByKey(_ + _, ${partitions})`)}`,
      python: `
    pairs = sc.range(0, ${rows}, 1, ${partitions}).map(lambda i: (i * 48271 % 2147483647 % ${keys}, i % 1000)).cache()
    pairs.count()
    ${pairPython(`pairs.reduceByKey(lambda a, b: a + b, ${partitions})`)}`,
    }
  },
}
