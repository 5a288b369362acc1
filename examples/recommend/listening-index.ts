/** The training pairs as dense ranks, both ways round: what the baselines count on. Play counts are ignored. */

import type { Id, Rating } from '@gridify/mf'

export interface ListeningIndex {
  /** In rank order, which breaks ties. */
  readonly items: readonly Id[]
  readonly rankOfItem: ReadonlyMap<Id, number>
  readonly users: readonly Id[]
  readonly rankOfUser: ReadonlyMap<Id, number>
  /** Item ranks of each user, and user ranks of each item. */
  readonly itemsOf: readonly (readonly number[])[]
  readonly usersOf: readonly (readonly number[])[]
}

/** `users` and `items` are all that there are, with and without training pairs, in rank order. */
export function indexListens(train: Iterable<Rating>, users: readonly Id[], items: readonly Id[]): ListeningIndex {
  const rankOfUser = new Map(users.map((id, rank) => [id, rank]))
  const rankOfItem = new Map(items.map((id, rank) => [id, rank]))
  const pairs = users.map(() => new Set<number>())
  for (const [user, item, count] of train) if (count > 0) pairs[rankOfUser.get(user)!]!.add(rankOfItem.get(item)!)
  const itemsOf = pairs.map((ranks) => [...ranks])
  const usersOf: number[][] = items.map(() => [])
  for (const [user, ranks] of itemsOf.entries()) for (const item of ranks) usersOf[item]!.push(user)
  return { items, rankOfItem, users, rankOfUser, itemsOf, usersOf }
}
