/** The totals of [number, number] pairs that should be in ascending order of keys, in the languages of the peers. */

export interface OrderTotals {
  readonly [name: string]: number
  rows: number
  first: number
  last: number
  /** How often a key is smaller than the one before it. */
  disorder: number
  /** Sum of the values modulo 1000: they moved with their keys. */
  values: number
}

export function nothingSorted(): OrderTotals {
  return { rows: 0, first: 0, last: 0, disorder: 0, values: 0 }
}

export function addInOrder(totals: OrderTotals, [key, value]: readonly [number, number]): OrderTotals {
  if (totals.rows === 0) totals.first = key
  else if (key < totals.last) totals.disorder++
  totals.last = key
  totals.rows++
  totals.values += value % 1000
  return totals
}

/** `right` comes after `left`. */
export function mergeInOrder(left: OrderTotals, right: OrderTotals): OrderTotals {
  if (left.rows === 0) return right
  if (right.rows === 0) return left
  return {
    rows: left.rows + right.rows,
    first: left.first,
    last: right.last,
    disorder: left.disorder + right.disorder + (right.first < left.last ? 1 : 0),
    values: left.values + right.values,
  }
}

/** Sorts what `select` gives as columns k and v into a table, then looks at the table in its order. */
export function orderSql(select: string): string[] {
  return [
    `create temp table sorted as select * from (${select}) order by k`,
    `select count(*)::DOUBLE "rows", arg_min(k, rowid)::DOUBLE "first", arg_max(k, rowid)::DOUBLE "last",
       (select count(*) from (select k, lag(k) over (order by rowid) previous from sorted) where k < previous)::DOUBLE disorder,
       sum(v % 1000)::DOUBLE "values" from sorted`,
  ]
}

/** A Scala expression of a sorted RDD[(Long, Long)]. Its aggregate merges partitions in any order, so they are collected. */
export function orderScala(rdd: string): string {
  return `
    val parts = ${rdd}.mapPartitions { pairs =>
      var (rows, first, last, disorder, values) = (0L, 0L, 0L, 0L, 0L)
      for ((key, value) <- pairs) {
        if (rows == 0) first = key else if (key < last) disorder += 1
        last = key; rows += 1; values += value % 1000
      }
      Iterator((rows, first, last, disorder, values))
    }.collect().filter(_._1 > 0)
    val between = parts.sliding(2).count { case Array(a, b) => b._2 < a._3; case _ => false }
    Seq("rows" -> parts.map(_._1).sum.toDouble, "first" -> parts.head._2.toDouble, "last" -> parts.last._3.toDouble,
      "disorder" -> (parts.map(_._4).sum + between).toDouble, "values" -> parts.map(_._5).sum.toDouble)`
}

export function orderPython(rdd: string): string {
  return `
    def in_order(pairs):
        rows = first = last = disorder = values = 0
        for key, value in pairs:
            if rows == 0:
                first = key
            elif key < last:
                disorder += 1
            last = key
            rows += 1
            values += value % 1000
        yield rows, first, last, disorder, values
    parts = [part for part in ${rdd}.mapPartitions(in_order).collect() if part[0]]
    between = sum(1 for a, b in zip(parts, parts[1:]) if b[1] < a[2])
    return {"rows": sum(p[0] for p in parts), "first": parts[0][1], "last": parts[-1][2],
        "disorder": sum(p[3] for p in parts) + between, "values": sum(p[4] for p in parts)}`
}
