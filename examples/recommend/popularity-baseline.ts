/** Recommends to everybody what most listeners played: the least that a model has to beat. */

import { evaluateRanking, type Id } from '@gridify/mf'
import type { ListeningIndex } from './listening-index.ts'
import type { BaselineReport } from './scheme-report.ts'

export function popularityBaseline({ items, itemsOf, usersOf, rankOfUser }: ListeningIndex, test: ReadonlyMap<Id, readonly Id[]>): BaselineReport {
  const byPopularity = items.map((_, rank) => rank).sort((a, b) => usersOf[b]!.length - usersOf[a]!.length || a - b)
  const { recall, ndcg } = evaluateRanking((user) => {
    const seen = new Set(itemsOf[rankOfUser.get(user)!])
    const best: Id[] = []
    for (const rank of byPopularity) if (!seen.has(rank) && best.push(items[rank]!) === 20) break
    return best
  }, test)
  return { recallAt20: recall, ndcgAt20: ndcg, users: test.size }
}
