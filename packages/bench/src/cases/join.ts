/** (d) 1M rows joined with 1M rows, nearly every key once on each side; keys spread evenly, or mixed. */

import type { Dataset } from '@gridify/core'
import { partitionsAt, type BenchCase, type Checksum } from '../bench-case.ts'
import { mixedKey, mixedKeySql } from '../mixed-key.ts'
import { mergePairs, modulus } from '../pair-checksum.ts'

const multipliers = [48271, 69621]

/** Keys are residues of a prime that divides no multiplier, so that each side has every key once. */
function sizeAt(scale: number) {
  const rows = 1_000_000 * scale
  return { rows, prime: primeFrom(rows), partitions: partitionsAt(scale) }
}

function primeFrom(least: number): number {
  const isPrime = (n: number) => {
    for (let divisor = 2; divisor * divisor <= n; divisor++) if (n % divisor === 0) return false
    return true
  }
  let n = least
  while (!isPrime(n) || multipliers.some((multiplier) => multiplier % n === 0)) n++
  return n
}

function totalsOfJoin(
  left: Dataset<[number, number]>,
  right: Dataset<[number, number]>,
  partitions: number,
): Promise<Checksum> {
  return left.join(right, partitions).aggregate(
    { count: 0, sum: 0, product: 0 },
    (totals, [, [l, r]]) => {
      totals.count++
      totals.sum += l + r
      totals.product = (totals.product + l * r) % modulus
      return totals
    },
    mergePairs,
  )
}

const sql = (left: string, right: string, rows: number) =>
  `select count(*)::DOUBLE count, sum(l.i + r.i)::DOUBLE sum, (sum(l.i::HUGEINT * r.i) % ${modulus})::DOUBLE product
   from (select ${left} k, i from range(${rows}) t(i)) l join (select ${right} k, i from range(${rows}) t(i)) r using (k)`

const scala = (left: string, right: string, { rows, partitions }: ReturnType<typeof sizeAt>) => `
  val left = sc.range(0, ${rows}, 1, ${partitions}).map(i => (${left}, i))
  val right = sc.range(0, ${rows}, 1, ${partitions}).map(i => (${right}, i))
  val (count, sum, product) = left.join(right, ${partitions}).values.aggregate((0L, 0L, 0L))(
    (t, p) => (t._1 + 1, t._2 + p._1 + p._2, (t._3 + p._1 * p._2) % ${modulus}L),
    (a, b) => (a._1 + b._1, a._2 + b._2, (a._3 + b._3) % ${modulus}L))
  Seq("count" -> count.toDouble, "sum" -> sum.toDouble, "product" -> product.toDouble)`

const python = (left: string, right: string, { rows, partitions }: ReturnType<typeof sizeAt>) => `
    left = sc.range(0, ${rows}, 1, ${partitions}).map(lambda i: (${left}, i))
    right = sc.range(0, ${rows}, 1, ${partitions}).map(lambda i: (${right}, i))
    count, sum, product = left.join(right, ${partitions}).values().aggregate((0, 0, 0),
        lambda t, p: (t[0] + 1, t[1] + p[0] + p[1], (t[2] + p[0] * p[1]) % ${modulus}),
        lambda a, b: (a[0] + b[0], a[1] + b[1], (a[2] + b[2]) % ${modulus}))
    return {"count": count, "sum": sum, "product": product}`

export const join: BenchCase = {
  id: 'd',
  title: 'join, 1M x 1M',
  expected: {
    1: { count: 999_997, sum: 999_995_536_983, product: 477_924_177 },
    0.001: { count: 987, sum: 980_777, product: 245_768_896 },
  },
  at(scale) {
    const size = sizeAt(scale)
    const { rows, prime, partitions } = size
    return {
      gridify: (context) =>
        totalsOfJoin(
          context.range(0, rows, { partitions }).map((i) => [(i * 48271) % prime, i]),
          context.range(0, rows, { partitions }).map((i) => [(i * 69621) % prime, i]),
          partitions,
        ),
      plain() {
        const left = new Map<number, number>()
        for (let i = 0; i < rows; i++) left.set((i * 48271) % prime, i)
        const totals = { count: 0, sum: 0, product: 0 }
        for (let i = 0; i < rows; i++) {
          const match = left.get((i * 69621) % prime)
          if (match === undefined) continue
          totals.count++
          totals.sum += match + i
          totals.product = (totals.product + match * i) % modulus
        }
        return totals
      },
      duckdb: [sql(`(i * 48271) % ${prime}`, `(i * 69621) % ${prime}`, rows)],
      scala: scala(`i * 48271 % ${prime}`, `i * 69621 % ${prime}`, size),
      python: python(`i * 48271 % ${prime}`, `i * 69621 % ${prime}`, size),
      skale: async (context) => {
        const [count, sum, product] = await context
          .range(0, rows, 1, partitions)
          .map((i, args) => [(i * 48271) % args.prime, i], { prime })
          .join(context.range(0, rows, 1, partitions).map((i, args) => [(i * 69621) % args.prime, i], { prime }))
          .aggregate(
            (t, p) => [t[0] + 1, t[1] + p[1][0] + p[1][1], (t[2] + p[1][0] * p[1][1]) % 1000000007],
            (a, b) => [a[0] + b[0], a[1] + b[1], (a[2] + b[2]) % 1000000007],
            [0, 0, 0],
          )
        return { count, sum, product }
      },
    }
  },
}

export const joinOfMixedKeys: BenchCase = {
  id: 'd-mixed',
  title: 'the same with mixed keys',
  expected: {
    1: { count: 999_997, sum: 999_995_288_313, product: 385_463_097 },
    0.001: { count: 988, sum: 986_022, product: 247_727_338 },
  },
  at(scale) {
    const size = sizeAt(scale)
    const { rows, prime, partitions } = size
    return {
      gridify: (context) =>
        totalsOfJoin(
          context.range(0, rows, { partitions }).map((i) => [mixedKey(i), i]),
          context.range(0, rows, { partitions }).map((i) => [mixedKey((i * 69621) % prime), i]),
          partitions,
        ),
      plain() {
        const left = new Map<number, number>()
        for (let i = 0; i < rows; i++) left.set(mixedKey(i), i)
        const totals = { count: 0, sum: 0, product: 0 }
        for (let i = 0; i < rows; i++) {
          const match = left.get(mixedKey((i * 69621) % prime))
          if (match === undefined) continue
          totals.count++
          totals.sum += match + i
          totals.product = (totals.product + match * i) % modulus
        }
        return totals
      },
      duckdb: [...mixedKeySql, sql('mixed_key(i)', `mixed_key((i * 69621) % ${prime})`, rows)],
      scala: scala('mixedKey(i)', `mixedKey(i * 69621 % ${prime})`, size),
      python: python('mixed_key(i)', `mixed_key(i * 69621 % ${prime})`, size),
    }
  },
}
