/** The data of a run: read or generated, ranked, and split. Each process of a run loads it for itself and gets the same. */

import { holdOut, rankIds, type Id, type Rating } from '@gridify/mf'
import { defaultLogSize, generateListens } from './generate-listens.ts'
import type { RecommendOptions } from './options.ts'
import { readListens } from './read-listens.ts'

export interface Data {
  readonly isGenerated: boolean
  /** All ids of the file, those without training pairs too, in rank order. */
  readonly users: readonly Id[]
  readonly items: readonly Id[]
  readonly train: readonly Rating[]
  /** Held-out items of each user. */
  readonly test: ReadonlyMap<Id, readonly Id[]>
  readonly duplicates: number
  readonly nameOf: (item: Id) => string
}

export async function loadData(options: RecommendOptions): Promise<Data> {
  const { ratings, duplicates, nameOf } =
    options.data === undefined ? generated(options) : await readListens(options.data)
  const { train, test } = holdOut(ratings)
  return {
    isGenerated: options.data === undefined,
    users: rankIds(ratings.map(([user]) => user)),
    items: rankIds(ratings.map(([, item]) => item)),
    train,
    test,
    duplicates,
    nameOf: (item) => nameOf(item as string),
  }
}

function generated({ listeners, artists, pairs, model }: RecommendOptions) {
  const wished = { listeners, artists, pairs, seed: model['seed'] as number | undefined }
  const size = Object.fromEntries(
    Object.entries({ ...defaultLogSize, ...dropUndefined(wished) }),
  ) as unknown as typeof defaultLogSize
  return { ratings: generateListens(size), duplicates: 0, nameOf: (item: string) => item }
}

function dropUndefined(values: Record<string, number | undefined>): Record<string, number> {
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, number] => entry[1] !== undefined))
}

export interface DataReport {
  readonly users: number
  readonly items: number
  readonly train: number
  readonly test: number
  /** Held-out pairs whose user or item has no training pair; they count as misses. */
  readonly coldPairs: number
  readonly duplicates: number
}

export function describeData({ users, items, train, test, duplicates }: Data): DataReport {
  const warmUsers = new Set(train.map(([user]) => user))
  const warmItems = new Set(train.map(([, item]) => item))
  let held = 0
  let coldPairs = 0
  for (const [user, wanted] of test)
    for (const item of wanted) {
      held++
      if (!warmUsers.has(user) || !warmItems.has(item)) coldPairs++
    }
  return { users: users.length, items: items.length, train: train.length, test: held, coldPairs, duplicates }
}
