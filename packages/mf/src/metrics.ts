/** Ranking quality on held-out pairs: Recall@k = hits / |held out|, NDCG@k with its ideal over min(k, |held out|). */

import type { FactorModel } from './factor-model.ts'
import type { Rating } from './ratings.ts'
import { rankIds, type Id } from './ids.ts'

export interface RankingQuality {
  readonly recall: number
  readonly ndcg: number
  readonly users: number
}

/** Mean over the users with a held-out item; what the model was trained on is not ranked. */
export function evaluateRanking(
  recommend: (user: Id) => readonly Id[],
  test: ReadonlyMap<Id, readonly Id[]>,
  k = 20,
): RankingQuality {
  let recall = 0
  let ndcg = 0
  for (const [user, held] of test) {
    const wanted = new Set(held)
    let hits = 0
    let gain = 0
    for (const [position, item] of recommend(user).slice(0, k).entries()) {
      if (!wanted.has(item)) continue
      hits++
      gain += 1 / Math.log2(position + 2)
    }
    let ideal = 0
    for (let position = 0; position < Math.min(k, held.length); position++) ideal += 1 / Math.log2(position + 2)
    recall += hits / held.length
    ndcg += gain / ideal
  }
  return { recall: recall / test.size, ndcg: ndcg / test.size, users: test.size }
}

export function evaluateModel(model: FactorModel, test: ReadonlyMap<Id, readonly Id[]>, k = 20): RankingQuality {
  return evaluateRanking((user) => model.recommend(user, { k }).map(({ item }) => item), test, k)
}

/** Holds out every fifth row of a user, from the fourth, in ascending rank of the items. */
export function holdOut(ratings: readonly Rating[]): { train: Rating[]; test: Map<Id, Id[]> } {
  const rank = new Map(rankIds(ratings.map(([, item]) => item)).map((id, at) => [id, at]))
  const byUser = new Map<Id, Rating[]>()
  for (const rating of ratings) {
    const rows = byUser.get(rating[0])
    if (rows) rows.push(rating)
    else byUser.set(rating[0], [rating])
  }
  const train: Rating[] = []
  const test = new Map<Id, Id[]>()
  for (const [user, rows] of byUser) {
    rows.sort((a, b) => rank.get(a[1])! - rank.get(b[1])!)
    for (const [position, rating] of rows.entries()) {
      if (position % 5 !== 3) train.push(rating)
      else if (test.has(user)) test.get(user)!.push(rating[1])
      else test.set(user, [rating[1]])
    }
  }
  return { train, test }
}
