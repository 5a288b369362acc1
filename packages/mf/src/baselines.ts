/** What a model must beat: popularity, and cosine between items on binary data (Sarwar et al. 2001). */

import { rankIds, type Id } from './ids.ts'
import type { Rating } from './ratings.ts'
import { topK } from './top-k.ts'

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
 * const recommend = popularityBaseline([['ann', 'abba', 1], ['bob', 'abba', 1], ['bob', 'blur', 1]])
 * recommend('ann', 5) // ['blur']
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

/** Rows of common listeners kept between users; what does not fit is counted anew each time. */
const keptEntries = 32 * 2 ** 20

/**
 * An item scores the sum of its cosines with the user's items: common listeners / sqrt(listeners of each).
 * Counts the pairs of items of each user once, so its cost grows with the square of a user's items.
 * @example
 * const plays: Rating[] = [['ann', 'abba', 1], ['bob', 'abba', 1], ['bob', 'blur', 1], ['cem', 'cher', 1]]
 * itemCosineBaseline(plays)('ann', 5) // ['blur']
 */
export function itemCosineBaseline(ratings: Iterable<Rating>): Recommender {
  const { items, byUser, counts } = toBinary(ratings)
  const listeners: Int32Array[][] = items.map(() => [])
  for (const ranks of byUser.values()) for (const rank of ranks) listeners[rank]!.push(ranks)
  const scale = Float64Array.from(counts, (count) => 1 / Math.sqrt(count))
  const common = new Int32Array(items.length)
  const rows = new Map<number, SharedListeners>()
  let kept = 0
  const sharedListeners = (rank: number): SharedListeners => {
    let row = rows.get(rank)
    if (!row) {
      row = countShared(listeners[rank]!, common)
      if (kept + row.ranks.length <= keptEntries) {
        rows.set(rank, row)
        kept += row.ranks.length
      }
    }
    return row
  }
  return (user, k) => {
    const own = byUser.get(user) ?? new Int32Array(0)
    const scores = new Float64Array(items.length)
    for (const rank of own) {
      const row = sharedListeners(rank)
      const own = scale[rank]!
      for (let i = 0; i < row.ranks.length; i++) scores[row.ranks[i]!]! += row.counts[i]! * own
    }
    for (let rank = 0; rank < scores.length; rank++) scores[rank]! *= scale[rank]!
    const seen = new Set(own)
    return topK(scores, k, (rank) => scores[rank]! > 0 && !seen.has(rank)).map(({ rank }) => items[rank]!)
  }
}

/** Items that have listeners in common with one, and how many. */
interface SharedListeners {
  readonly ranks: Int32Array
  readonly counts: Int32Array
}

/** `common` is all zeros before and after. */
function countShared(listeners: readonly Int32Array[], common: Int32Array): SharedListeners {
  const found: number[] = []
  for (const items of listeners) for (const rank of items) if (common[rank]!++ === 0) found.push(rank)
  const ranks = Int32Array.from(found)
  const counts = ranks.map((rank) => common[rank]!)
  for (const rank of ranks) common[rank] = 0
  return { ranks, counts }
}
