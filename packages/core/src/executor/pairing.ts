/** Operators that meet the rows of several datasets. */

import { UsageError } from '../base/errors.ts'
import { Group } from '../codec/group.ts'
import type { PlanNode } from '../protocol/stage-plan.ts'
import { localCogroup } from '../shuffle/local.ts'
import { cogroupedByKey, type GroupedColumns } from '../shuffle/reduce.ts'
import type { Batches, OperatorScope } from './operators.ts'
import { pairsOf } from './row-checks.ts'

type NodeOf<Kind extends PlanNode['kind']> = Extract<PlanNode, { kind: Kind }>

export function* cogroup(node: NodeOf<'cogroup'>, partition: number, scope: OperatorScope): Generator<unknown> {
  const { join } = node
  const outerLeft = join === 'left' || join === 'full'
  const outerRight = join === 'right' || join === 'full'
  for (const { rows, keys, sides } of cogroupColumns(node, partition, scope))
    for (let id = 0; id < rows; id++) {
      const key = keys[id]
      const groups = sides.map(({ values, starts }) => new Group(values, starts[id], starts[id + 1]))
      const [left, right] = groups as [Group<unknown>, Group<unknown>]
      switch (join) {
        case undefined:
          yield [key, groups]
          break
        case 'both':
          if (left.size > 0 && right.size > 0) yield [key, null]
          break
        case 'without':
          if (right.size === 0) for (const value of left) yield [key, value]
          break
        default: {
          const lefts = left.size === 0 && outerRight ? [undefined] : left
          const rights = right.size === 0 && outerLeft ? [undefined] : right
          for (const l of lefts) for (const r of rights) yield [key, [l, r]]
        }
      }
    }
}

function cogroupColumns(node: NodeOf<'cogroup'>, partition: number, scope: OperatorScope): Iterable<GroupedColumns> {
  const parents = node.parents.map((parent) => scope.nodes[parent]!)
  const shuffles = parents.filter((parent) => parent.kind === 'shuffle')
  // Only where all sides are cut into the same buckets can they meet bucket by bucket.
  if (
    shuffles.length === parents.length &&
    shuffles.every((parent) => isBare(parent) && parent.perReducer === shuffles[0]!.perReducer)
  )
    return cogroupedByKey(
      shuffles.map(({ shuffleId }) => scope.slicesOf(shuffleId, partition)),
      node.site,
    )
  return localCogroup(
    node.parents.map((parent) => pairsOf(scope.batchesOf(parent, partition), node.site)),
    node.site,
  )
}

/** Whether a shuffle's rows are those that its map side wrote. */
function isBare({ aggregator, sort, persist }: NodeOf<'shuffle'>): boolean {
  return !aggregator && !sort && !persist
}

/** Every left row with every right row; the right partition is held in memory. */
export function* cartesian(node: NodeOf<'cartesian'>, partition: number, scope: OperatorScope): Generator<unknown[]> {
  const [left, right] = node.parents as [number, number]
  const rights: unknown[] = []
  for (const batch of scope.batchesOf(right, partition % node.rightPartitions))
    for (const row of batch) rights.push(row)
  if (rights.length === 0) return
  for (const batch of scope.batchesOf(left, Math.floor(partition / node.rightPartitions)))
    for (const row of batch) yield rights.map((other) => [row, other])
}

export function* zip(node: NodeOf<'zip'>, partition: number, scope: OperatorScope): Generator<unknown> {
  const left = rowsOf(scope.batchesOf(node.parents[0]!, partition))
  const right = rowsOf(scope.batchesOf(node.parents[1]!, partition))
  for (let pairs = 0; ; pairs++) {
    const l = left.next()
    const r = right.next()
    if (l.done && r.done) return
    if (l.done || r.done)
      throw new UsageError(
        `${node.site}: partition ${partition} has ${pairs} rows on the ${l.done ? 'left' : 'right'} side and more on the other; ` +
          'zip() needs equal numbers of rows in each partition: join() both sides by zipWithIndex() instead',
      )
    yield [l.value, r.value]
  }
}

function* rowsOf(batches: Batches): Generator<unknown> {
  for (const batch of batches) yield* batch
}
