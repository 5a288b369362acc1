/** (g) Logistic regression by gradient descent: 500k points of 16 features from 61 MB of text, cached, ten iterations. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BenchCase } from '../bench-case.ts'
import { round6 } from '../round.ts'
import { features, pointsFolder } from '../text-files.ts'

type Point = [label: number, features: number[]]
const iterations = 10
const regularization = 0.01

function parsePoint(line: string): Point {
  const [label, ...values] = line.split(' ').map(Number)
  return [label!, values]
}

function gradientAt([label, point]: Point, weights: readonly number[]): number[] {
  let dot = 0
  for (let i = 0; i < point.length; i++) dot += point[i]! * weights[i]!
  const error = 1 / (1 + Math.exp(-dot)) - label
  const gradient: number[] = []
  for (let i = 0; i < point.length; i++) gradient[i] = point[i]! * error
  return gradient
}

function addTo(left: number[], right: readonly number[]): number[] {
  for (let i = 0; i < left.length; i++) left[i]! += right[i]!
  return left
}

function descend(weights: readonly number[], gradient: readonly number[], points: number, iteration: number): number[] {
  const rate = 1 / Math.sqrt(iteration + 1)
  return weights.map((weight, i) => weight - rate * (gradient[i]! / points + regularization * weight))
}

const checksumOf = (points: number, weights: readonly number[]) => ({
  points,
  first: round6(weights[0]!),
  last: round6(weights.at(-1)!),
})

export const logisticRegression: BenchCase = {
  id: 'g',
  title: 'logistic regression, 500k x 16, ten iterations',
  expected: {
    1: { points: 500_000, first: 0.372433, last: 0.371205 },
    0.001: { points: 500, first: 0.365625, last: 0.331884 },
  },
  at(scale) {
    const folder = () => pointsFolder(scale)
    return {
      prepare: folder,
      async gridify(context) {
        const points = context.textFile(folder()).map(parsePoint).cache()
        const count = await points.count()
        let weights: number[] = Array(features).fill(0)
        for (let iteration = 0; iteration < iterations; iteration++) {
          const current = weights
          const gradient = await points.map((point) => gradientAt(point, current)).reduce(addTo)
          weights = descend(weights, gradient, count, iteration)
        }
        return checksumOf(count, weights)
      },
      plain() {
        const points: Point[] = []
        for (const file of readdirSync(folder()))
          for (const line of readFileSync(join(folder(), file), 'utf8').split('\n'))
            if (line !== '') points.push(parsePoint(line))
        let weights: number[] = Array(features).fill(0)
        for (let iteration = 0; iteration < iterations; iteration++) {
          const current = weights
          const gradient = points.map((point) => gradientAt(point, current)).reduce(addTo)
          weights = descend(weights, gradient, points.length, iteration)
        }
        return checksumOf(points.length, weights)
      },
      get scala() {
        return `
          val points = sc.textFile("${folder()}/*.txt").map { line =>
            val values = line.split(" ").map(_.toDouble)
            (values.head, values.tail)
          }.cache()
          val count = points.count()
          var weights = Array.fill(${features})(0.0)
          for (iteration <- 0 until ${iterations}) {
            val current = weights
            val gradient = points.map { case (label, point) =>
              var dot = 0.0
              var i = 0
              while (i < point.length) { dot += point(i) * current(i); i += 1 }
              val error = 1 / (1 + math.exp(-dot)) - label
              point.map(_ * error)
            }.reduce { (left, right) =>
              var i = 0
              while (i < left.length) { left(i) += right(i); i += 1 }
              left
            }
            val rate = 1 / math.sqrt(iteration + 1)
            weights = weights.zip(gradient).map { case (w, g) => w - rate * (g / count + ${regularization} * w) }
          }
          Seq("points" -> count.toDouble, "first" -> round6(weights.head), "last" -> round6(weights.last))`
      },
      get python() {
        return `
    import numpy as np
    points = sc.textFile("${folder()}/*.txt").map(lambda line: np.array(line.split(" "), dtype=float)).cache()
    count = points.count()
    weights = np.zeros(${features})
    for iteration in range(${iterations}):
        gradient = points.map(lambda p: p[1:] * (1 / (1 + np.exp(-p[1:].dot(weights))) - p[0])).reduce(lambda a, b: a + b)
        weights = weights - (gradient / count + ${regularization} * weights) / math.sqrt(iteration + 1)
    return {"points": count, "first": round6(weights[0]), "last": round6(weights[-1])}`
      },
      skale: async (context) => {
        const points = context
          .textFile(`${folder()}/`)
          .map((line) => {
            const values = line.split(' ').map(Number)
            return [values[0], values.slice(1)]
          })
          .persist()
        const count = await points.count()
        let weights: number[] = Array(features).fill(0)
        for (let iteration = 0; iteration < iterations; iteration++) {
          const gradient = await points
            .map((p, w) => {
              let dot = 0
              for (let i = 0; i < w.length; i++) dot += p[1][i] * w[i]
              const error = 1 / (1 + Math.exp(-dot)) - p[0]
              return p[1].map((x: number) => x * error)
            }, weights)
            .reduce((a, b) => {
              for (let i = 0; i < a.length; i++) a[i] += b[i]
              return a
            }, Array(features).fill(0))
          weights = descend(weights, gradient, count, iteration)
        }
        return checksumOf(count, weights)
      },
    }
  },
}
