/** Actions that bring rows or totals to the driver. */

import type { CallSite } from '../base/call-site.ts'
import { describeCallSite } from '../base/call-site.ts'
import { AbortedError, UsageError } from '../base/errors.ts'
import { promisedError } from '../base/promised-error.ts'
import { checkedComparison } from '../codec/checked-comparison.ts'
import { assertKey } from '../codec/key.ts'
import { comparisonAt } from '../codec/order.ts'
import { readSegment } from '../codec/segment.ts'
import { topRows } from '../codec/top-rows.ts'
import { decodeValue, encodeValue } from '../codec/value.ts'
import { partitionOf } from '../lineage/partitioner.ts'
import type { Sink } from '../protocol/stage-plan.ts'
import { checkCount, type Handle } from './build-nodes.ts'
import type { ActionOptions } from './job-runner.ts'
import { encodeZero } from './zero-value.ts'

/** One call of an action: on what, from where, and how. */
export interface Action extends Handle {
  readonly site: CallSite
  readonly options: ActionOptions
}

/** Says which of two rows comes first, as for `Array.sort`; it runs on executors and driver. */
export type Compare<T> = (a: T, b: T) => number

export function run(
  { runner, node, site, options }: Action,
  sink: Sink,
  partitions?: readonly number[],
): Promise<Uint8Array[]> {
  return runner.runJob(node, sink, site, partitions ? { ...options, partitions } : options)
}

export async function runValues<R>(action: Action, sink: Sink): Promise<R[]> {
  return (await run(action, sink)).map((bytes) => decodeValue(bytes) as R)
}

export function emptyError(site: CallSite, cure: string): UsageError {
  return new UsageError(`${describeCallSite(site)}: the dataset is empty; ${cure}`)
}

function rowsOf<T>(segments: readonly Uint8Array[]): T[] {
  const rows: T[] = []
  for (const segment of segments) for (const batch of readSegment(segment)) for (const row of batch) rows.push(row as T)
  return rows
}

export async function collect<T>(action: Action): Promise<T[]> {
  return rowsOf(await run(action, { kind: 'collect' }))
}

export async function count(action: Action): Promise<number> {
  return (await runValues<number>(action, { kind: 'count' })).reduce((sum, part) => sum + part, 0)
}

export async function reduce<T>(action: Action, fn: (left: T, right: T) => T): Promise<T> {
  const closure = action.runner.capture(fn, action.site)
  const totals = (await runValues<T[]>(action, { kind: 'reduce', closure })).flat(1) as T[]
  if (totals.length === 0) throw emptyError(action.site, 'use fold() with a zero value')
  return totals.reduce((left, right) => fn(left, right))
}

/** From a zero value that is cloned for each partition and once more on the driver. */
export async function aggregate<U>(
  action: Action,
  zero: U,
  mergeRow: Function,
  mergeTotals: (left: U, right: U) => U,
): Promise<U> {
  const encoded = encodeZero(zero, action.site)
  const closure = action.runner.capture(mergeRow, action.site)
  const totals = await runValues<U>(action, { kind: 'aggregate', zero: encoded, closure })
  return settled(
    totals.reduce((left, right) => mergeTotals(left, right), decodeValue(encoded) as U),
    action.site,
  )
}

/** What a function of the user's made on the driver, unless it is a promise. */
function settled<T>(total: T, site: CallSite): T {
  if (total instanceof Promise) throw promisedError(describeCallSite(site), 'returned a promise')
  return total
}

/** From as few partitions as it takes: one, then four times as many each time. */
export async function take<T>(action: Action, count: number): Promise<T[]> {
  checkCount(count, `${action.site.operation}()`)
  const total = await action.runner.partitionCount(action.node)
  const rows: T[] = []
  for (let from = 0, step = 1; from < total && rows.length < count; from += step, step *= 4) {
    const partitions = Array.from({ length: Math.min(step, total - from) }, (_, i) => from + i)
    const found = rowsOf<T>(await run(action, { kind: 'take', count: count - rows.length }, partitions))
    for (const row of found) rows.push(row)
  }
  return rows.slice(0, count)
}

export async function first<T>(action: Action): Promise<T> {
  const rows = await take<T>(action, 1)
  if (rows.length === 0) throw emptyError(action.site, 'use take(1)')
  return rows[0]!
}

/** The first `count` rows in an order; ties in the order of the dataset. */
export async function ordered<T>(
  action: Action,
  count: number,
  order: 'smallest' | 'largest',
  compare: Compare<T> | undefined,
): Promise<T[]> {
  checkCount(count, `${action.site.operation}()`)
  const closure = compare ? { closure: action.runner.capture(compare, action.site) } : {}
  const parts = await runValues<T[]>(action, { kind: 'top', count, order, ...closure })
  const ascending = compare ? checkedComparison(compare, describeCallSite(action.site)) : comparisonAt(action.site)
  return topRows(parts, count, order === 'smallest' ? ascending : (a, b) => ascending(b, a)) as T[]
}

export async function extreme<T>(
  action: Action,
  order: 'smallest' | 'largest',
  compare: Compare<T> | undefined,
): Promise<T> {
  const rows = await ordered(action, 1, order, compare)
  if (rows.length === 0) throw emptyError(action.site, 'use takeOrdered(1) or top(1)')
  return rows[0]!
}

/** The values of one key, from the one partition that can hold it where the partitioner is known. */
export async function lookup<V>(action: Action, key: unknown): Promise<V[]> {
  assertKey(key, 'lookup()')
  const partitioner = await action.runner.partitioner(action.node, action.options)
  const partitions = partitioner ? [partitionOf(partitioner)(key)] : undefined
  return rowsOf(await run(action, { kind: 'lookup', key: encodeValue(key) }, partitions))
}

/** Rows as they come, a few partitions at a time: no more than those are held on the driver. */
export async function* iterate<T>(action: Action): AsyncGenerator<T> {
  const count = await action.runner.partitionCount(action.node)
  const window = action.runner.defaultPartitions
  for (let from = 0; from < count; from += window) {
    const partitions = Array.from({ length: Math.min(window, count - from) }, (_, i) => from + i)
    for (const part of await run(action, { kind: 'collect' }, partitions))
      for (const batch of readSegment(part))
        for (const row of batch as T[]) {
          if (action.options.signal?.aborted)
            throw new AbortedError(`${describeCallSite(action.site)} was aborted by its signal`, {
              cause: action.options.signal.reason,
            })
          yield row
        }
  }
}

/** The rows at places of the whole dataset, in the order asked for; `counts` has the rows of each partition. */
export async function pick<T>(action: Action, wanted: readonly number[], counts: readonly number[]): Promise<T[]> {
  const ascending = wanted.map((place, at) => ({ place, at })).sort((a, b) => a.place - b.place)
  const places: Record<number, number[]> = {}
  let partition = 0
  let before = 0
  for (const { place } of ascending) {
    while (place >= before + counts[partition]!) before += counts[partition++]!
    ;(places[partition] ??= []).push(place - before)
  }
  const partitions = Object.keys(places).map(Number)
  const found = rowsOf<T>(await run(action, { kind: 'pick', places }, partitions))
  const rows: T[] = Array.from({ length: wanted.length })
  for (const [i, { at }] of ascending.entries()) rows[at] = found[i]!
  return rows
}
