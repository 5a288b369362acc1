/** Recall@20 and NDCG@20 of what a model has to beat. */

import { evaluateRanking, itemCosineBaseline, popularityBaseline, type Id, type Recommender } from '@gridify/mf'
import type { Data } from './load-data.ts'
import type { BaselineReport } from './scheme-report.ts'

/** Item cosine takes milliseconds per user; this many give its NDCG to about 0.005. */
const mostCosineUsers = 2_000

export function evaluateBaselines({ train, test }: Data): { popularity: BaselineReport; itemCosine: BaselineReport } {
  const stride = Math.ceil(test.size / mostCosineUsers)
  const some = new Map([...test].filter((_, position) => position % stride === 0))
  return {
    popularity: evaluate(popularityBaseline(train), test),
    itemCosine: evaluate(itemCosineBaseline(train), some),
  }
}

function evaluate(recommend: Recommender, test: ReadonlyMap<Id, readonly Id[]>): BaselineReport {
  const { users, recall, ndcg } = evaluateRanking((user) => recommend(user, 20), test)
  return { users, recallAt20: recall, ndcgAt20: ndcg }
}
