/** (h) PageRank, ten iterations, 5M links between 500k pages; few pages have most links to them. */

import { partitionsAt, type BenchCase } from '../bench-case.ts'
import { mixedKey, mixedKeySql } from '../mixed-key.ts'
import { round6 } from '../round.ts'

const iterations = 10

/** Every page has ten links. The first leads to the next page, so that each page is led to; the others prefer low numbers. */
function linkAt(i: number, pages: number): [number, number] {
  const spread = mixedKey(i) / 4294967296
  return [i % pages, i < pages ? (i + 1) % pages : Math.floor(pages * spread * spread)]
}

interface Totals {
  readonly [name: string]: number
  pages: number
  /** Sum of the squared ranks; the sum of the ranks is the number of pages, whatever they are. */
  squares: number
  largest: number
}

const none = (): Totals => ({ pages: 0, squares: 0, largest: 0 })

function add(totals: Totals, [, rank]: readonly [number, number]): Totals {
  totals.pages++
  totals.squares += rank * rank
  totals.largest = Math.max(totals.largest, rank)
  return totals
}

/** The largest rank grows with the pages; three decimals fewer keep the bits that rounding spares. */
const checksumOf = ({ pages, squares, largest }: Totals) => ({
  pages,
  squares: round6(squares / 1000),
  largest: round6(largest / 1000),
})

export const pageRank: BenchCase = {
  id: 'h',
  title: 'PageRank, ten iterations, 5M links',
  expected: {
    1: { pages: 500_000, squares: 1723.121635, largest: 0.54397 },
    0.001: { pages: 500, squares: 1.006069, largest: 0.015906 },
  },
  at(scale) {
    const links = 5_000_000 * scale
    const pages = links / 10
    const partitions = partitionsAt(scale)
    return {
      async gridify(context) {
        const targets = context
          .range(0, links, { partitions })
          .map((i) => linkAt(i, pages))
          .groupByKey(partitions)
          .mapValues((group) => group.toArray())
          .cache()
        let ranks = targets.mapValues(() => 1)
        for (let iteration = 0; iteration < iterations; iteration++)
          ranks = targets
            .join(ranks, partitions)
            .flatMap(([, [pages, rank]]) => pages.map((page): [number, number] => [page, rank / pages.length]))
            .reduceByKey((left, right) => left + right, partitions)
            .mapValues((sum) => 0.15 + 0.85 * sum)
        const totals = await ranks.aggregate(none(), add, (left, right) => ({
          pages: left.pages + right.pages,
          squares: left.squares + right.squares,
          largest: Math.max(left.largest, right.largest),
        }))
        return checksumOf(totals)
      },
      plain() {
        const targets = new Map<number, number[]>()
        for (let i = 0; i < links; i++) {
          const [from, to] = linkAt(i, pages)
          const group = targets.get(from)
          if (group) group.push(to)
          else targets.set(from, [to])
        }
        let ranks = new Map<number, number>()
        for (const page of targets.keys()) ranks.set(page, 1)
        for (let iteration = 0; iteration < iterations; iteration++) {
          const sums = new Map<number, number>()
          for (const [page, group] of targets) {
            const share = ranks.get(page)! / group.length
            for (const target of group) sums.set(target, (sums.get(target) ?? 0) + share)
          }
          ranks = new Map()
          for (const [page, sum] of sums) ranks.set(page, 0.15 + 0.85 * sum)
        }
        const totals = none()
        for (const entry of ranks) add(totals, entry)
        return checksumOf(totals)
      },
      duckdb: [
        ...mixedKeySql,
        `create temp table links as
         select origin, target, count(*) over (partition by origin) degree from (
           select i % ${pages} origin, case when i < ${pages} then (i + 1) % ${pages}
             else floor(${pages}::DOUBLE * (mixed_key(i) / 4294967296::DOUBLE) * (mixed_key(i) / 4294967296::DOUBLE))::BIGINT
             end as target
           from range(${links}) t(i))`,
        `create temp table ranks0 as select distinct origin page, 1::DOUBLE rank from links`,
        ...Array.from(
          { length: iterations },
          (_, i) => `create temp table ranks${i + 1} as
            select target page, 0.15::DOUBLE + 0.85::DOUBLE * sum(rank / degree) rank
            from links join ranks${i} on origin = page group by target`,
        ),
        `select count(*)::DOUBLE pages, floor(sum(rank * rank) / 1000 * 1e6 + 0.5) / 1e6 squares,
           floor(max(rank) / 1000 * 1e6 + 0.5) / 1e6 largest from ranks${iterations}`,
      ],
      scala: `
        val targets = sc.range(0, ${links}, 1, ${partitions}).map { i =>
          val spread = mixedKey(i) / 4294967296.0
          (i % ${pages}, if (i < ${pages}) (i + 1) % ${pages} else math.floor(${pages}.0 * spread * spread).toLong)
        }.groupByKey(${partitions}).cache()
        var ranks = targets.mapValues(_ => 1.0)
        for (_ <- 0 until ${iterations})
          ranks = targets.join(ranks, ${partitions}).values
            .flatMap { case (pages, rank) => val size = pages.size; pages.map(page => (page, rank / size)) }
            .reduceByKey(_ + _, ${partitions}).mapValues(0.15 + 0.85 * _)
        val (pages, squares, largest) = ranks.values.aggregate((0L, 0.0, 0.0))(
          (t, r) => (t._1 + 1, t._2 + r * r, math.max(t._3, r)), (a, b) => (a._1 + b._1, a._2 + b._2, math.max(a._3, b._3)))
        Seq("pages" -> pages.toDouble, "squares" -> round6(squares / 1000), "largest" -> round6(largest / 1000))`,
      python: `
    def link_at(i):
        spread = mixed_key(i) / 4294967296
        return i % ${pages}, (i + 1) % ${pages} if i < ${pages} else math.floor(${pages} * spread * spread)
    targets = sc.range(0, ${links}, 1, ${partitions}).map(link_at).groupByKey(${partitions}).cache()
    ranks = targets.mapValues(lambda pages: 1.0)
    for _ in range(${iterations}):
        ranks = (targets.join(ranks, ${partitions}).values()
            .flatMap(lambda pair: [(page, pair[1] / len(pair[0])) for page in pair[0]])
            .reduceByKey(lambda a, b: a + b, ${partitions}).mapValues(lambda sum: 0.15 + 0.85 * sum))
    pages, squares, largest = ranks.values().aggregate((0, 0.0, 0.0),
        lambda t, r: (t[0] + 1, t[1] + r * r, max(t[2], r)), lambda a, b: (a[0] + b[0], a[1] + b[1], max(a[2], b[2])))
    return {"pages": pages, "squares": round6(squares / 1000), "largest": round6(largest / 1000)}`,
    }
  },
}
