/** (f) 5M numbers cached, then ten passes of map and reduce over them. */

import { partitionsAt, type BenchCase } from '../bench-case.ts'

const passes = 10

/** Of the sums of the passes. */
function checksumOf(sums: readonly number[]) {
  return { first: sums[0]!, last: sums.at(-1)!, total: sums.reduce((left, right) => left + right) }
}

export const cachedPasses: BenchCase = {
  id: 'f',
  title: '5M cached numbers, ten passes',
  expected: {
    1: { first: 2_497_500_555, last: 2_497_498_555, total: 24_975_006_550 },
    0.001: { first: 2_497_500, last: 2_497_500, total: 24_975_000 },
  },
  at(scale) {
    const rows = 5_000_000 * scale
    const partitions = partitionsAt(scale)
    const each = (sum: (pass: number) => string, between: string) =>
      Array.from({ length: passes }, (_, pass) => sum(pass)).join(between)
    return {
      async gridify(context) {
        const numbers = context
          .range(0, rows, { partitions })
          .map((i) => (i * 48271) % 2147483647)
          .cache()
        const sums: number[] = []
        for (let pass = 0; pass < passes; pass++)
          sums.push(await numbers.map((x) => (x + pass) % 1000).reduce((left, right) => left + right))
        return checksumOf(sums)
      },
      plain() {
        const numbers: number[] = []
        for (let i = 0; i < rows; i++) numbers.push((i * 48271) % 2147483647)
        const sums: number[] = []
        for (let pass = 0; pass < passes; pass++)
          sums.push(numbers.map((x) => (x + pass) % 1000).reduce((left, right) => left + right))
        return checksumOf(sums)
      },
      duckdb: [
        `create temp table numbers as select (i * 48271) % 2147483647 x from range(${rows}) t(i)`,
        `select p0::DOUBLE "first", p${passes - 1}::DOUBLE "last", (${each((pass) => `p${pass}`, ' + ')})::DOUBLE total
         from (select ${each((pass) => `(select sum((x + ${pass}) % 1000) from numbers) p${pass}`, ', ')})`,
      ],
      scala: `
        val numbers = sc.range(0, ${rows}, 1, ${partitions}).map(i => i * 48271 % 2147483647L).cache()
        val sums = (0 until ${passes}).map(pass => numbers.map(x => (x + pass) % 1000).reduce(_ + _))
        Seq("first" -> sums.head.toDouble, "last" -> sums.last.toDouble, "total" -> sums.sum.toDouble)`,
      python: `
    numbers = sc.range(0, ${rows}, 1, ${partitions}).map(lambda i: i * 48271 % 2147483647).cache()
    sums = [numbers.map(lambda x: (x + n) % 1000).reduce(lambda a, b: a + b) for n in range(${passes})]
    return {"first": sums[0], "last": sums[-1], "total": sum(sums)}`,
      skale: async (context) => {
        const numbers = context
          .range(0, rows, 1, partitions)
          .map((i) => (i * 48271) % 2147483647)
          .persist()
        const sums: number[] = []
        for (let pass = 0; pass < passes; pass++)
          sums.push(await numbers.map((x, args) => (x + args.pass) % 1000, { pass }).reduce((a, b) => a + b, 0))
        return checksumOf(sums)
      },
    }
  },
}
