/** (j) As (b) with string keys: 10M pairs, 1M keys. */

import { partitionsAt, type BenchCase } from '../bench-case.ts'

interface Totals {
  readonly [name: string]: number
  keys: number
  sum: number
  /** Sum of value x digits of the key. */
  product: number
}

const none = (): Totals => ({ keys: 0, sum: 0, product: 0 })

function add(totals: Totals, [key, value]: readonly [string, number]): Totals {
  totals.keys++
  totals.sum += value
  totals.product += value * key.length
  return totals
}

export const stringKeys: BenchCase = {
  id: 'j',
  title: 'reduceByKey with string keys, 10M pairs, 1M keys',
  expected: {
    1: { keys: 1_000_000, sum: 4_995_000_000, product: 34_409_864_493 },
    0.001: { keys: 1000, sum: 4_995_000, product: 19_441_550 },
  },
  at(scale) {
    const rows = 10_000_000 * scale
    const keys = Math.min(1_000_000, rows / 10)
    const partitions = partitionsAt(scale)
    return {
      gridify: (context) =>
        context
          .range(0, rows, { partitions })
          .map((i) => [`k${((i * 48271) % 2147483647) % keys}`, i % 1000])
          .reduceByKey((left, right) => left + right, partitions)
          .aggregate(none(), add, (left, right) => ({
            keys: left.keys + right.keys,
            sum: left.sum + right.sum,
            product: left.product + right.product,
          })),
      plain() {
        const sums = new Map<string, number>()
        for (let i = 0; i < rows; i++) {
          const key = `k${((i * 48271) % 2147483647) % keys}`
          sums.set(key, (sums.get(key) ?? 0) + (i % 1000))
        }
        const totals = none()
        for (const pair of sums) add(totals, pair)
        return totals
      },
      duckdb: [
        `select count(*)::DOUBLE keys, sum(v)::DOUBLE sum, sum(v * len(k))::DOUBLE product from (
           select 'k' || ((i * 48271) % 2147483647) % ${keys} k, sum(i % 1000) v from range(${rows}) t(i) group by k)`,
      ],
      scala: `
        val (count, sum, product) = sc.range(0, ${rows}, 1, ${partitions})
          .map(i => ("k" + (i * 48271 % 2147483647L) % ${keys}, i % 1000)).reduceByKey(_ + _, ${partitions})
          .aggregate((0L, 0L, 0L))(
            (t, p) => (t._1 + 1, t._2 + p._2, t._3 + p._2 * p._1.length), (a, b) => (a._1 + b._1, a._2 + b._2, a._3 + b._3))
        Seq("keys" -> count.toDouble, "sum" -> sum.toDouble, "product" -> product.toDouble)`,
      python: `
    count, sum, product = (sc.range(0, ${rows}, 1, ${partitions})
        .map(lambda i: ("k" + str(i * 48271 % 2147483647 % ${keys}), i % 1000)).reduceByKey(lambda a, b: a + b, ${partitions})
        .aggregate((0, 0, 0), lambda t, p: (t[0] + 1, t[1] + p[1], t[2] + p[1] * len(p[0])),
            lambda a, b: (a[0] + b[0], a[1] + b[1], a[2] + b[2])))
    return {"keys": count, "sum": sum, "product": product}`,
    }
  },
}
