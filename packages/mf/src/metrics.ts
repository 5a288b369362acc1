/** Ranking quality on held-out pairs: Recall@k = hits / |held out|, NDCG@k with its ideal over min(k, |held out|). */

import type { FactorModel } from './factor-model.ts'
import type { Rating } from './ratings.ts'
import { rankIds, type Id } from './ids.ts'

/** How well rankings find what was held out, as a mean over users. */
export interface RankingQuality {
  /** Hits among the first k, divided by what was held out. */
  readonly recall: number
  /** Discounted gain of the hits, divided by that of a ranking with all of them first. */
  readonly ndcg: number
  /** How many users had something held out. */
  readonly users: number
}

/** Ratings to train on, and those that a model should find. */
export interface HeldOut {
  /** What stays. */
  readonly train: Rating[]
  /** Items by user. */
  readonly test: Map<Id, Id[]>
}

/**
 * The quality of rankings, best item first, of which the first `k` count: a mean over the users with a held-out item.
 * `recommend` must not rank what the model was trained on. Recall and NDCG as in Rendle et al. 2021.
 * @example
 * const test = new Map([['ann', ['abba', 'blur']]])
 * evaluateRanking(() => ['abba', 'cher'], test, 2).recall // 0.5
 */
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

/**
 * `evaluateRanking` of what a model recommends; what it was trained on is left out.
 * @throws UsageError for a user that the model does not have.
 * @example
 * evaluateModel(model, new Map([['pop fan 0', ['abba']]]), 1) // { recall: 1, ndcg: 1, users: 1 }
 */
export function evaluateModel(model: FactorModel, test: ReadonlyMap<Id, readonly Id[]>, k = 20): RankingQuality {
  return evaluateRanking((user) => model.recommend(user, { k }).map(({ item }) => item), test, k)
}

/**
 * Holds out every fifth row of a user, from the fourth, in ascending rank of the items.
 * @example
 * const { train, test } = holdOut([1, 2, 3, 4].map((item) => ['ann', item, 1]))
 * train.length // 3
 * test // new Map([['ann', [4]]])
 */
export function holdOut(ratings: readonly Rating[]): HeldOut {
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
