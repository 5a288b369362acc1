/** Recall@20 and NDCG@20 of user and item vectors, the same code for every scheme. */

import { evaluateRanking, type Id } from '@gridify/mf'
import type { Data } from './load-data.ts'

export interface Factors {
  /** Row by row, in rank order. */
  readonly users: Float32Array
  readonly items: Float32Array
}

export function evaluateFactors(
  factors: Factors,
  { users, items, train, test }: Data,
): { recall: number; ndcg: number } {
  const width = factors.users.length / users.length
  const rankOfUser = new Map<Id, number>(users.map((id, rank) => [id, rank]))
  const rankOfItem = new Map<Id, number>(items.map((id, rank) => [id, rank]))
  const seen = users.map((): number[] => [])
  for (const [user, item] of train) seen[rankOfUser.get(user)!]!.push(rankOfItem.get(item)!)
  const itemVectors = Float64Array.from(factors.items)
  const scores = new Float64Array(items.length)
  return evaluateRanking((user) => {
    const rank = rankOfUser.get(user)!
    const vector = Float64Array.from({ length: width }, (_, i) => factors.users[rank * width + i]!)
    scoreItems(vector, itemVectors, scores)
    for (const item of seen[rank]!) scores[item] = Number.NEGATIVE_INFINITY
    return topRanks(scores, 20).map((item) => items[item]!)
  }, test)
}

/** Four items at a time: their sums do not wait for each other. */
function scoreItems(vector: Float64Array, items: Float64Array, scores: Float64Array): void {
  const width = vector.length
  let item = 0
  for (; item + 4 <= scores.length; item += 4) {
    let [a, b, c, d] = [0, 0, 0, 0]
    for (let i = 0, at = item * width; i < width; i++, at++) {
      const x = vector[i]!
      a += x * items[at]!
      b += x * items[at + width]!
      c += x * items[at + 2 * width]!
      d += x * items[at + 3 * width]!
    }
    scores[item] = a
    scores[item + 1] = b
    scores[item + 2] = c
    scores[item + 3] = d
  }
  for (; item < scores.length; item++) {
    scores[item] = 0
    for (let i = 0; i < width; i++) scores[item]! += vector[i]! * items[item * width + i]!
  }
}

/** The ranks of the `count` largest scores, best first; ties by rank. */
function topRanks(scores: ArrayLike<number>, count: number): number[] {
  const best: number[] = []
  for (let rank = 0; rank < scores.length; rank++) {
    if (best.length === count && scores[rank]! <= scores[best[count - 1]!]!) continue
    let at = best.length
    while (at > 0 && scores[best[at - 1]!]! < scores[rank]!) at--
    best.splice(at, 0, rank)
    if (best.length > count) best.pop()
  }
  return best
}
