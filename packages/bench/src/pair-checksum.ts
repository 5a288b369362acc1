/** The totals of a dataset of [number, number] pairs, in the languages of the peers. */

export interface PairTotals {
  readonly [name: string]: number
  count: number
  sum: number
  /** Sum of key x value modulo 1e9 + 7: sees which value belongs to which key. */
  product: number
}

export const modulus = 1_000_000_007

export function noPairs(): PairTotals {
  return { count: 0, sum: 0, product: 0 }
}

export function addPair(totals: PairTotals, [key, value]: readonly [number, number]): PairTotals {
  totals.count++
  totals.sum += value
  totals.product = (totals.product + key * value) % modulus
  return totals
}

export function mergePairs(left: PairTotals, right: PairTotals): PairTotals {
  return {
    count: left.count + right.count,
    sum: left.sum + right.sum,
    product: (left.product + right.product) % modulus,
  }
}

/** For a SELECT over columns k and v. */
export const pairSql = `count(*)::DOUBLE count, sum(v)::DOUBLE sum, (sum(k::HUGEINT * v) % ${modulus})::DOUBLE product`

/** A Scala expression of an RDD[(Long, Long)]. */
export function pairScala(rdd: string): string {
  return `
    val (count, sum, product) = ${rdd}.aggregate((0L, 0L, 0L))(
      (t, p) => (t._1 + 1, t._2 + p._2, (t._3 + p._1 * p._2) % ${modulus}L),
      (a, b) => (a._1 + b._1, a._2 + b._2, (a._3 + b._3) % ${modulus}L))
    Seq("count" -> count.toDouble, "sum" -> sum.toDouble, "product" -> product.toDouble)`
}

/** A Python expression of an RDD of pairs. */
export function pairPython(rdd: string): string {
  return `
    count, sum, product = ${rdd}.aggregate((0, 0, 0),
        lambda t, p: (t[0] + 1, t[1] + p[1], (t[2] + p[0] * p[1]) % ${modulus}),
        lambda a, b: (a[0] + b[0], a[1] + b[1], (a[2] + b[2]) % ${modulus}))
    return {"count": count, "sum": sum, "product": product}`
}
