/** The cases of the core suite, in the order of its table. */

import type { BenchCase } from '../bench-case.ts'
import { broadcastJoin } from './broadcast-join.ts'
import { cachedPasses } from './cached-passes.ts'
import { groupByKey, groupByMixedKey } from './group-by-key.ts'
import { join, joinOfMixedKeys } from './join.ts'
import { kMeans } from './k-means.ts'
import { logisticRegression } from './logistic-regression.ts'
import { objectRecords } from './object-records.ts'
import { pageRank } from './page-rank.ts'
import { reduceByKey, reduceByMixedKey } from './reduce-by-key.ts'
import { reduceStoredPairs } from './reduce-stored-pairs.ts'
import { skewedJoin } from './skewed-join.ts'
import { sortBy, sortByKey, sortByMixedKey } from './sort-by-key.ts'
import { stringKeys } from './string-keys.ts'
import { wordCount } from './word-count.ts'

export const cases: readonly BenchCase[] = [
  wordCount,
  reduceByKey,
  reduceStoredPairs,
  reduceByMixedKey,
  groupByKey,
  groupByMixedKey,
  join,
  joinOfMixedKeys,
  sortByKey,
  sortByMixedKey,
  sortBy,
  cachedPasses,
  logisticRegression,
  pageRank,
  kMeans,
  stringKeys,
  objectRecords,
  broadcastJoin,
]

/** With those that a suite of their own runs. */
export const allCases: readonly BenchCase[] = [...cases, skewedJoin]

export function caseById(id: string): BenchCase {
  const found = allCases.find((each) => each.id === id)
  if (!found) throw new Error(`there is no case '${id}'; there are ${allCases.map((each) => each.id).join(', ')}`)
  return found
}
