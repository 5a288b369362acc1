/** What a model must beat: popularity, and cosine between items on binary data (Sarwar et al. 2001). */

import { compareIds, rankIds, type Id } from './ids.ts'
import type { Rating } from './ratings.ts'

/** The best items for a user, seen ones left out. */
export type Recommender = (user: Id, k: number) => Id[]

interface Binary {
  readonly items: readonly Id[]
  readonly byUser: ReadonlyMap<Id, Int32Array>
  readonly counts: Int32Array
}

function toBinary(ratings: Iterable<Rating>): Binary {
  const pairs = new Map<Id, Set<Id>>()
  const found = new Set<Id>()
  for (const [user, item, value] of ratings) {
    if (value === 0) continue
    found.add(item)
    const own = pairs.get(user)
    if (own) own.add(item)
    else pairs.set(user, new Set([item]))
  }
  const items = rankIds(found)
  const rankOf = new Map(items.map((id, rank) => [id, rank]))
  const counts = new Int32Array(items.length)
  const byUser = new Map<Id, Int32Array>()
  for (const [user, own] of pairs) {
    const ranks = Int32Array.from(own, (id) => rankOf.get(id)!).sort()
    for (const rank of ranks) counts[rank]!++
    byUser.set(user, ranks)
  }
  return { items, byUser, counts }
}

/**
 * Everybody gets what most others listen to.
 * @example
 * const recommend = popularityBaseline(train)
 * evaluateRanking((user) => recommend(user, 20), test)
 */
export function popularityBaseline(ratings: Iterable<Rating>): Recommender {
  const { items, byUser, counts } = toBinary(ratings)
  const popular = Int32Array.from(items.keys()).sort((a, b) => counts[b]! - counts[a]! || a - b)
  return (user, k) => {
    const seen = new Set(byUser.get(user))
    const best: Id[] = []
    for (const rank of popular) {
      if (best.length >= k) break
      if (!seen.has(rank)) best.push(items[rank]!)
    }
    return best
  }
}

/**
 * An item scores the sum of its cosines with the user's items: common listeners / sqrt(listeners of each).
 * O(pairs that share an item) per user; fine to some ten thousand users.
 * @example
 * const recommend = itemCosineBaseline(train)
 * evaluateRanking((user) => recommend(user, 20), test)
 */
export function itemCosineBaseline(ratings: Iterable<Rating>): Recommender {
  const { items, byUser, counts } = toBinary(ratings)
  const listeners: number[][] = items.map(() => [])
  const rows = [...byUser.entries()].sort(([a], [b]) => compareIds(a, b)).map(([, ranks]) => ranks)
  for (const [user, ranks] of rows.entries()) for (const rank of ranks) listeners[rank]!.push(user)
  const scale = Float64Array.from(counts, (count) => 1 / Math.sqrt(count))
  return (user, k) => {
    const own = byUser.get(user) ?? new Int32Array(0)
    const shared = new Float64Array(rows.length)
    for (const rank of own) for (const other of listeners[rank]!) shared[other]! += scale[rank]!
    const scores = new Float64Array(items.length)
    for (const [other, amount] of shared.entries()) if (amount > 0) for (const rank of rows[other]!) scores[rank]! += amount
    for (const rank of own) scores[rank] = 0
    const best: number[] = []
    for (const [rank, score] of scores.entries()) if (score > 0) best.push(rank)
    const value = (rank: number) => scores[rank]! * scale[rank]!
    return best.sort((a, b) => value(b) - value(a) || a - b).slice(0, k).map((rank) => items[rank]!)
  }
}
