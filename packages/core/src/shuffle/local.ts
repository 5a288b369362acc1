/** Aggregations and cogroups of rows that lie in one partition already: no shuffle, order of first occurrence. */

import { listOf } from '../codec/list-of.ts'
import type { Aggregator } from '../lineage/node.ts'
import type { TaskSpills } from '../storage/task-spills.ts'
import { Fold } from './fold.ts'
import { finishing, valueMerging, type FunctionOf, type Pair } from './merging.ts'
import type { GroupedSide } from './bucket-side.ts'
import { groupColumns, heldColumns, type GroupedColumns } from './reduce.ts'
import type { PairColumns } from './slice.ts'
import { SpilledValues } from './spilled-values.ts'
import { Staging } from './staging.ts'
import { AdaptiveIndex } from './value-index.ts'

const stagedRows = 4096

/** One row per key: its values merged, or as a group. */
export function* localAggregation(
  pairs: Iterable<Pair>,
  aggregator: Aggregator,
  functionOf: FunctionOf,
  site: string,
  spills: TaskSpills,
): Generator<PairColumns> {
  if (aggregator.kind === 'group') {
    for (const columns of localCogroup([pairs], site, spills)) yield* groupColumns(columns, spills)
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

/** Values go on in a file as those of a large bucket do; keys stay in memory. */
export function* localCogroup(
  sides: readonly Iterable<Pair>[],
  site: string,
  spills: TaskSpills,
): Generator<GroupedColumns> {
  const index = new AdaptiveIndex(site)
  const all = sides.map((pairs) => {
    const values = new SpilledValues(spills)
    numbered(pairs, index, (staging, ids) => {
      const { rows, listBytes } = staging
      values.add(ids, staging.valuesAreNumbers ? staging.values : staging.valueList, rows, listBytes, index.size)
    })
    return values
  })
  const { size } = index
  if (size === 0) return
  if (all.every(({ held }) => held !== undefined)) {
    yield heldColumns(
      size,
      index.keys(),
      all.map(({ held }) => grouped(held!.ids, held!.values, size)),
    )
    return
  }
  for (const values of all) values.write(size)
  yield { rows: size, keys: index.keys(), groupsOf: (id) => all.map((values) => values.group(id)) }
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
