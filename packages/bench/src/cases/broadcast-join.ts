/** (l) 10M rows joined with a table of 10,000 that every executor gets whole; five of six rows find a match. */

import { partitionsAt, type BenchCase } from '../bench-case.ts'
import { mergePairs, modulus, noPairs } from '../pair-checksum.ts'

const tableRows = 10_000
const keys = 12_000
const pricesByProduct = () => new Map(Array.from({ length: tableRows }, (_, key) => [key, (key * 7) % 1000]))

export const broadcastJoin: BenchCase = {
  id: 'l',
  title: 'broadcast join, 10M x 10k',
  expected: {
    1: { count: 8_333_333, sum: 8_325_024_555, product: 5_346_805 },
    0.001: { count: 8339, sum: 8_330_000, product: 214_479_011 },
  },
  at(scale) {
    const rows = 10_000_000 * scale
    const partitions = partitionsAt(scale)
    return {
      gridify(context) {
        const prices = context.broadcast(pricesByProduct())
        return context
          .range(0, rows, { partitions })
          .map((i) => [((i * 48271) % 2147483647) % keys, i % 1000])
          .map(([key, value]): [number, [number, number | undefined]] => [key, [value, prices.value.get(key)]])
          .filter(([, [, price]]) => price !== undefined)
          .aggregate(
            noPairs(),
            (totals, [key, [value, price]]) => {
              totals.count++
              totals.sum += value + price!
              totals.product = (totals.product + key * value * price!) % modulus
              return totals
            },
            mergePairs,
          )
      },
      plain() {
        const prices = pricesByProduct()
        const totals = noPairs()
        for (let i = 0; i < rows; i++) {
          const key = ((i * 48271) % 2147483647) % keys
          const price = prices.get(key)
          if (price === undefined) continue
          const value = i % 1000
          totals.count++
          totals.sum += value + price
          totals.product = (totals.product + key * value * price) % modulus
        }
        return totals
      },
      duckdb: [
        `create temp table prices as select i k, (i * 7) % 1000 price from range(${tableRows}) t(i)`,
        `select count(*)::DOUBLE count, sum(v + price)::DOUBLE sum, (sum(k::HUGEINT * v * price) % ${modulus})::DOUBLE product
         from (select ((i * 48271) % 2147483647) % ${keys} k, i % 1000 v from range(${rows}) t(i)) join prices using (k)`,
      ],
      scala: `
        val prices = sc.broadcast((0L until ${tableRows}L).map(key => key -> key * 7 % 1000).toMap)
        val (count, sum, product) = sc.range(0, ${rows}, 1, ${partitions})
          .map(i => ((i * 48271 % 2147483647L) % ${keys}, i % 1000))
          .flatMap { case (key, value) => prices.value.get(key).map(price => (key, (value, price))) }
          .aggregate((0L, 0L, 0L))(
            { case (t, (k, (v, p))) => (t._1 + 1, t._2 + v + p, (t._3 + k * v * p) % ${modulus}L) },
            (a, b) => (a._1 + b._1, a._2 + b._2, (a._3 + b._3) % ${modulus}L))
        Seq("count" -> count.toDouble, "sum" -> sum.toDouble, "product" -> product.toDouble)`,
      python: `
    prices = sc.broadcast({key: key * 7 % 1000 for key in range(${tableRows})})
    count, sum, product = (sc.range(0, ${rows}, 1, ${partitions}).map(lambda i: (i * 48271 % 2147483647 % ${keys}, i % 1000))
        .map(lambda p: (p[0], (p[1], prices.value.get(p[0])))).filter(lambda p: p[1][1] is not None)
        .aggregate((0, 0, 0),
            lambda t, p: (t[0] + 1, t[1] + p[1][0] + p[1][1], (t[2] + p[0] * p[1][0] * p[1][1]) % ${modulus}),
            lambda a, b: (a[0] + b[0], a[1] + b[1], (a[2] + b[2]) % ${modulus})))
    return {"count": count, "sum": sum, "product": product}`,
    }
  },
}
