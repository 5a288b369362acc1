/** The ratings file of mapreduce: `user rank, item rank, count` by line, sorted, each pair once; and how map tasks read it. */

import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ALSSettings } from '@gridify/mf'
import { blockRanks, joinSubtrees, sumSubtrees } from '@gridify/mf/kernels'
import type { Data } from './load-data.ts'

export interface RankedRatings {
  /** By user rank, then by item rank. */
  readonly users: Int32Array
  readonly items: Int32Array
  readonly counts: Float64Array
  readonly userCounts: Int32Array
  readonly itemCounts: Int32Array
  /** The number that the option `alpha` comes to. */
  readonly alpha: number
}

export function rankedRatings(data: Data, settings: ALSSettings): RankedRatings {
  const rankOfItem = new Map<unknown, number>(data.items.map((id, rank) => [id, rank]))
  const byUser = new Map<unknown, Map<number, number>>(data.users.map((id) => [id, new Map()]))
  for (const [user, item, count] of data.train) {
    const row = byUser.get(user)!
    const rank = rankOfItem.get(item)!
    row.set(rank, (row.get(rank) ?? 0) + count)
  }
  const rows = [...byUser.values()].flatMap((row, user) =>
    [...row]
      .filter(([, count]) => count > 0)
      .sort(([a], [b]) => a - b)
      .map(([item, count]) => ({ user, item, count })),
  )
  const userCounts = new Int32Array(data.users.length)
  const itemCounts = new Int32Array(data.items.length)
  for (const { user, item } of rows) {
    userCounts[user]!++
    itemCounts[item]!++
  }
  const counts = Float64Array.from(rows, ({ count }) => count)
  return {
    users: Int32Array.from(rows, ({ user }) => user),
    items: Int32Array.from(rows, ({ item }) => item),
    counts,
    userCounts,
    itemCounts,
    alpha: settings.alpha === 'auto' ? rows.length / totalConfidence(counts, userCounts, settings) : settings.alpha,
  }
}

/** Summed per row, per block of rows and then in a tree, as ImplicitALS does it: the same alpha to the last bit. */
function totalConfidence(counts: Float64Array, userCounts: Int32Array, settings: ALSSettings): number {
  const blocks: Float64Array[] = []
  let at = 0
  for (const [user, count] of userCounts.entries()) {
    let sum = 0
    for (const end = at + count; at < end; at++) sum += transform(counts[at]!, settings)
    ;(blocks[Math.floor(user / blockRanks)] ??= new Float64Array(1))[0]! += sum
  }
  return joinSubtrees(sumSubtrees(0, blocks))?.[0] ?? 0
}

/** What alpha multiplies (Hu, Koren, Volinsky 2008, eq. 6). */
export function transform(value: number, { confidence, epsilon }: Pick<ALSSettings, 'confidence' | 'epsilon'>): number {
  return confidence === 'linear' ? value : confidence === 'log' ? Math.log1p(value / epsilon) : 1
}

export async function writeRatings({ users, items, counts }: RankedRatings, file: string): Promise<void> {
  const linesPerChunk = 10_000
  function* chunks() {
    for (let from = 0; from < users.length; from += linesPerChunk) {
      let text = ''
      for (let e = from; e < Math.min(users.length, from + linesPerChunk); e++)
        text += `${users[e]}\t${items[e]}\t${counts[e]}\n`
      yield text
    }
  }
  await pipeline(Readable.from(chunks()), createWriteStream(file))
}

/** Some ratings on their way to one reducer, in the order of the file. */
export interface RatingEntries {
  readonly rows: Int32Array
  readonly columns: Int32Array
  readonly counts: Float64Array
}

/** The map task: parses lines and deals them to the reducers that own their rows. */
export function scatterRatings(
  lines: Iterable<string>,
  isUserSide: boolean,
  ownerOfBlock: Int32Array,
  partitions: number,
): [number, RatingEntries][] {
  const parts = Array.from({ length: partitions }, () => ({
    rows: [] as number[],
    columns: [] as number[],
    counts: [] as number[],
  }))
  for (const line of lines) {
    const first = line.indexOf('\t')
    const second = line.indexOf('\t', first + 1)
    const [user, item] = [Number(line.slice(0, first)), Number(line.slice(first + 1, second))]
    const row = isUserSide ? user : item
    const part = parts[ownerOfBlock[Math.floor(row / blockRanks)]!]!
    part.rows.push(row)
    part.columns.push(isUserSide ? item : user)
    part.counts.push(Number(line.slice(second + 1)))
  }
  return parts.map(({ rows, columns, counts }, to) => [
    to,
    { rows: Int32Array.from(rows), columns: Int32Array.from(columns), counts: Float64Array.from(counts) },
  ])
}
