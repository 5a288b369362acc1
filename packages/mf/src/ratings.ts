/** From what users give, triples or a dataset of them, to ranked ratings: checks, the id universe, typed-array chunks. */

import { inspect } from 'node:util'
import { UsageError, type ActionOptions, type Context, type Dataset } from '@gridify/core'
import { checkId, rankIds, type Id } from './ids.ts'
import type { RatingChunk } from './rating-blocks.ts'

/** Somebody's feedback on something: a count, a duration, or 1 for a click. */
export type Rating = readonly [user: Id, item: Id, value: number]

export interface IdUniverse {
  readonly users: readonly Id[]
  readonly items: readonly Id[]
}

/** Checks the triples of an iterable on the driver, so that a message names the record, and cuts them into partitions. */
export function parallelizeRatings(context: Context, ratings: Iterable<Rating>): Dataset<[Id, Id, number]> {
  const rows = Array.isArray(ratings) ? (ratings as Rating[]) : [...ratings]
  for (let index = 0; index < rows.length; index++) checkRating(rows[index]!, index)
  if (rows.length === 0) throw noRatings()
  return context.parallelize(rows as [Id, Id, number][])
}

export function noRatings(): UsageError {
  return new UsageError('ImplicitALS.fit(): there are no ratings above zero; give at least one [user, item, value]')
}

/** @throws UsageError that names the record, the rule and the cure. */
function checkRating(row: Rating, index: number): void {
  // Looked at in full only where something is wrong: this runs once per rating.
  if (
    Array.isArray(row) &&
    row.length === 3 &&
    (row[2] as number) >= 0 &&
    row[2] < Infinity &&
    (typeof row[0] === 'string' ? row[0] !== '' : Number.isSafeInteger(row[0])) &&
    (typeof row[1] === 'string' ? row[1] !== '' : Number.isSafeInteger(row[1])) &&
    typeof row[2] === 'number'
  )
    return
  const where = `ImplicitALS.fit(): rating ${index} (${inspect(row, { breakLength: Infinity })})`
  if (!Array.isArray(row) || row.length !== 3) throw new UsageError(`${where} must be [user, item, value]`)
  checkId(row[0], `${where}: user`)
  checkId(row[1], `${where}: item`)
  throw new UsageError(
    `${where}: the value must be a finite number >= 0, got ${String(row[2])}; leave such ratings out`,
  )
}

/** All ids that ratings or the caller name, in rank order. Moves each distinct id once per partition. */
export async function collectIds(
  source: Dataset<[Id, Id, number]>,
  given: { readonly users?: Iterable<Id> | undefined; readonly items?: Iterable<Id> | undefined },
  options: ActionOptions,
): Promise<IdUniverse> {
  const found = await source
    .mapPartitions((rows) => {
      const users = new Set<Id>()
      const items = new Set<Id>()
      let index = 0
      for (const row of rows) {
        checkRating(row, index++)
        users.add(row[0])
        items.add(row[1])
      }
      return [{ users: [...users], items: [...items] }]
    })
    .collect(options)
  const universe = (name: 'users' | 'items'): Id[] => {
    const ids = new Set<Id>()
    for (const id of given[name] ?? []) {
      checkId(id, `ImplicitALS.fit(): \`${name}\`:`)
      ids.add(id)
    }
    for (const part of found) for (const id of part[name]) ids.add(id)
    return rankIds(ids)
  }
  return { users: universe('users'), items: universe('items') }
}

/** Ids become ranks: one chunk of typed arrays per partition. */
export function rankRatings(
  context: Context,
  source: Dataset<[Id, Id, number]>,
  ids: IdUniverse,
): Dataset<[number, RatingChunk]> {
  const rankOf = context.broadcast({
    users: new Map(ids.users.map((id, rank) => [id, rank])),
    items: new Map(ids.items.map((id, rank) => [id, rank])),
  })
  return source.mapPartitions((rows) => {
    const { users: userRank, items: itemRank } = rankOf.value
    const users: number[] = []
    const items: number[] = []
    const values: number[] = []
    for (const [user, item, value] of rows) {
      users.push(userRank.get(user)!)
      items.push(itemRank.get(item)!)
      values.push(value)
    }
    const chunk: RatingChunk = {
      users: Int32Array.from(users),
      items: Int32Array.from(items),
      values: Float64Array.from(values),
    }
    return [[0, chunk] as [number, RatingChunk]]
  })
}
