/** (i) k-means: 1M points of 16 features cached, ten clusters, five iterations from the first ten points. */

import { partitionsAt, type BenchCase } from '../bench-case.ts'
import { round6 } from '../round.ts'

const clusters = 10
const dimensions = 16
const iterations = 5

/** Around one of ten centres, by turns. */
function pointAt(i: number): number[] {
  const point: number[] = []
  for (let d = 0; d < dimensions; d++) {
    const noise = (((i * dimensions + d) * 48271) % 2147483647) / 2147483647
    point.push((((i % clusters) * 7 + d * 3) % 10) + noise * 8 - 4)
  }
  return point
}

function nearest(point: readonly number[], centers: readonly (readonly number[])[]): number {
  let best = 0
  let bestDistance = Infinity
  for (let c = 0; c < centers.length; c++) {
    const center = centers[c]!
    let distance = 0
    for (let d = 0; d < point.length; d++) distance += (point[d]! - center[d]!) ** 2
    if (distance < bestDistance) {
      bestDistance = distance
      best = c
    }
  }
  return best
}

interface Total {
  readonly sum: number[]
  size: number
}

const noPoints = (): Total => ({ sum: Array.from({ length: dimensions }, () => 0), size: 0 })

function addPoint(total: Total, point: readonly number[]): Total {
  for (let d = 0; d < point.length; d++) total.sum[d]! += point[d]!
  total.size++
  return total
}

function addTotals(left: Total, right: Total): Total {
  for (let d = 0; d < right.sum.length; d++) left.sum[d]! += right.sum[d]!
  left.size += right.size
  return left
}

/** Sees where every centre went and how the points were shared out. */
function checksumOf(centers: readonly (readonly number[])[], sizes: readonly number[]) {
  return {
    points: sizes.reduce((left, right) => left + right),
    largest: Math.max(...sizes),
    total: round6(centers.flat().reduce((left, right) => left + right)),
    squares: round6(centers.flat().reduce((sum, value) => sum + value * value, 0)),
  }
}

export const kMeans: BenchCase = {
  id: 'i',
  title: 'k-means, 1M x 16, five iterations',
  expected: {
    1: { points: 1_000_000, largest: 100_003, total: 719.593297, squares: 4556.341554 },
    0.001: { points: 1000, largest: 100, total: 310.159679, squares: 1921.600213 },
  },
  at(scale) {
    const rows = 1_000_000 * scale
    const partitions = partitionsAt(scale)
    return {
      async gridify(context) {
        const points = context.range(0, rows, { partitions }).map(pointAt).cache()
        let centers = await points.take(clusters)
        let sizes: number[] = []
        for (let iteration = 0; iteration < iterations; iteration++) {
          const current = centers
          const sums = await points
            .map((point): [number, number[]] => [nearest(point, current), point])
            .aggregateByKey(noPoints(), addPoint, addTotals)
            .collect()
          sums.sort(([left], [right]) => left - right)
          centers = sums.map(([, { sum, size }]) => sum.map((value) => value / size))
          sizes = sums.map(([, { size }]) => size)
        }
        return checksumOf(centers, sizes)
      },
      plain() {
        const points: number[][] = []
        for (let i = 0; i < rows; i++) points.push(pointAt(i))
        let centers = points.slice(0, clusters)
        let sizes: number[] = []
        for (let iteration = 0; iteration < iterations; iteration++) {
          const sums = new Map<number, [number[], number]>()
          for (const point of points) {
            const cluster = nearest(point, centers)
            const total = sums.get(cluster)
            if (!total) sums.set(cluster, [[...point], 1])
            else {
              for (let d = 0; d < dimensions; d++) total[0][d]! += point[d]!
              total[1]++
            }
          }
          const ordered = [...sums].sort(([left], [right]) => left - right)
          centers = ordered.map(([, [sum, size]]) => sum.map((value) => value / size))
          sizes = ordered.map(([, [, size]]) => size)
        }
        return checksumOf(centers, sizes)
      },
      scala: `
        val points = sc.range(0, ${rows}, 1, ${partitions}).map { i =>
          Array.tabulate(${dimensions}) { d =>
            val noise = ((i * ${dimensions} + d) * 48271 % 2147483647L) / 2147483647.0
            ((i % ${clusters}) * 7 + d * 3) % 10 + noise * 8 - 4
          }
        }.cache()
        var centers = points.take(${clusters})
        var sizes = Array.empty[Long]
        for (_ <- 0 until ${iterations}) {
          val current = centers
          val sums = points.map { point =>
            var best = 0
            var bestDistance = Double.PositiveInfinity
            var c = 0
            while (c < current.length) {
              var distance = 0.0
              var d = 0
              while (d < point.length) { val step = point(d) - current(c)(d); distance += step * step; d += 1 }
              if (distance < bestDistance) { bestDistance = distance; best = c }
              c += 1
            }
            (best, point)
          }.aggregateByKey((Array.fill(${dimensions})(0.0), 0L))(
            (total, point) => {
              var d = 0
              while (d < point.length) { total._1(d) += point(d); d += 1 }
              (total._1, total._2 + 1)
            },
            (left, right) => {
              var d = 0
              while (d < right._1.length) { left._1(d) += right._1(d); d += 1 }
              (left._1, left._2 + right._2)
            }
          ).collect().sortBy(_._1)
          centers = sums.map { case (_, (sum, size)) => sum.map(_ / size) }
          sizes = sums.map(_._2._2)
        }
        val all = centers.flatten
        Seq("points" -> sizes.sum.toDouble, "largest" -> sizes.max.toDouble,
          "total" -> round6(all.sum), "squares" -> round6(all.map(x => x * x).sum))`,
      python: `
    import numpy as np
    dimension = np.arange(${dimensions})
    def point_at(i):
        noise = ((i * ${dimensions} + dimension) * 48271 % 2147483647) / 2147483647
        return ((i % ${clusters}) * 7 + dimension * 3) % 10 + noise * 8 - 4
    points = sc.range(0, ${rows}, 1, ${partitions}).map(point_at).cache()
    centers = np.array(points.take(${clusters}))
    for _ in range(${iterations}):
        sums = sorted(points.map(lambda p: (int(((centers - p) ** 2).sum(axis=1).argmin()), (p, 1)))
            .reduceByKey(lambda a, b: (a[0] + b[0], a[1] + b[1])).collect(), key=lambda pair: pair[0])
        centers = np.array([total / size for _, (total, size) in sums])
        sizes = [size for _, (_, size) in sums]
    return {"points": sum(sizes), "largest": max(sizes),
        "total": round6(centers.sum()), "squares": round6((centers * centers).sum())}`,
    }
  },
}
