/** Aggregations and cogroups of rows that lie in one partition already: no shuffle, order of first occurrence. */

import { listOf } from '../codec/columns/column.ts'
import type { Aggregator } from '../lineage/node.ts'
import { Fold } from './fold.ts'
import { finishing, valueMerging, type FunctionOf, type Pair } from './merging.ts'
import { heldColumns, type GroupedColumns, type GroupedSide } from './reduce.ts'
import type { PairColumns } from './slice.ts'
import { Staging } from './staging.ts'
import { AdaptiveIndex } from './value-index.ts'

const stagedRows = 4096

/** One row per key: its values merged, or as a group. */
export function* localAggregation(
  pairs: Iterable<Pair>,
  aggregator: Aggregator,
  functionOf: FunctionOf,
  site: string,
): Generator<PairColumns> {
  if (aggregator.kind === 'group') {
    for (const { rows, keys, groupsOf } of localCogroup([pairs], site)) {
      const groups = Array.from({ length: rows }, (_, id) => groupsOf(id)[0])
      yield { rows, keys, values: groups }
    }
    return
  }
  const index = new AdaptiveIndex(site)
  const fold = new Fold(valueMerging(aggregator, functionOf))
  numbered(pairs, index, (staging, ids) =>
    fold.add(ids, staging.rows, staging.valuesAreNumbers ? staging.values : staging.valueList, 0),
  )
  const finish = finishing(aggregator)
  const values = fold.values()
  yield { rows: index.size, keys: index.keys(), values: finish ? Array.from(values, finish) : values }
}

export function* localCogroup(sides: readonly Iterable<Pair>[], site: string): Generator<GroupedColumns> {
  const index = new AdaptiveIndex(site)
  const lists = sides.map((pairs) => {
    const ids: number[] = []
    const values: unknown[] = []
    numbered(pairs, index, (staging, numbers) => {
      const staged = staging.valuesAreNumbers ? staging.values : staging.valueList
      for (let i = 0; i < staging.rows; i++) {
        ids.push(numbers[i]!)
        values.push(staged[i])
      }
    })
    return { ids, values }
  })
  const { size } = index
  if (size === 0) return
  yield heldColumns(
    size,
    index.keys(),
    lists.map(({ ids, values }) => grouped(ids, values, size)),
  )
}

/** Gives `add` a stretch of pairs at a time, with the number of each row's key. */
function numbered(pairs: Iterable<Pair>, index: AdaptiveIndex, add: (staging: Staging, ids: Int32Array) => void): void {
  const staging = new Staging(stagedRows)
  const ids = new Int32Array(stagedRows)
  const flush = () => {
    index.assign(staging.keysAreNumbers ? staging.keys : staging.keyList, 0, staging.rows, ids)
    add(staging, ids)
    staging.clear()
  }
  for (const [key, value] of pairs) {
    staging.push(key, value)
    if (staging.isFull) flush()
  }
  if (staging.rows > 0) flush()
}

function grouped(ids: readonly number[], values: readonly unknown[], keys: number): GroupedSide {
  const starts = new Int32Array(keys + 1)
  for (const id of ids) starts[id + 1]!++
  for (let id = 0; id < keys; id++) starts[id + 1]! += starts[id]!
  const next = starts.slice(0, keys)
  const sorted = listOf<unknown>(values.length)
  for (let i = 0; i < values.length; i++) sorted[next[ids[i]!]!++] = values[i]
  return { values: sorted, starts }
}
