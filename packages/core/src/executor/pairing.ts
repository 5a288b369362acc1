/** Operators that meet the rows of several datasets. */

import { UsageError } from '../base/errors.ts'
import type { Group } from '../codec/group.ts'
import { cogroupedShuffles } from '../plan/split-point.ts'
import type { PlanNode } from '../protocol/stage-plan.ts'
import { joinedPart, joinedRows, type OuterSides } from '../shuffle/joined-part.ts'
import { localCogroup } from '../shuffle/local.ts'
import { bucketsOfPiece, stretchesOfPiece } from '../shuffle/piece.ts'
import type { GroupedSide } from '../shuffle/bucket-side.ts'
import { cogroupedByKey, type GroupedColumns } from '../shuffle/reduce.ts'
import type { PairColumns } from '../shuffle/slice.ts'
import { entering } from './entering.ts'
import type { Batches, OperatorScope } from './operators.ts'
import { pairsOf } from './row-checks.ts'

type NodeOf<Kind extends PlanNode['kind']> = Extract<PlanNode, { kind: Kind }>

export function* cogroup(
  node: NodeOf<'cogroup'>,
  join: 'both' | 'without' | undefined,
  partition: number,
  scope: OperatorScope,
): Generator<unknown> {
  for (const { rows, keys, groupsOf } of cogroupColumns(node, partition, scope))
    for (let id = 0; id < rows; id++) {
      const key = keys[id]
      const groups = groupsOf(id)
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
      }
    }
}

function cogroupColumns(node: NodeOf<'cogroup'>, partition: number, scope: OperatorScope): Iterable<GroupedColumns> {
  const { site } = node
  const shuffles = cogroupedShuffles(node, scope.nodes)
  if (shuffles) {
    const sides = shuffles.map((shuffle) => scope.slicesOf(shuffle, partition))
    return cogroupedByKey(sides, site, scope.spills, scope.piece && bucketsOfPiece(sides, scope.piece))
  }
  const enter = () => scope.enter(node, partition)
  return localCogroup(
    node.parents.map((parent) => pairsOf(entering(scope.batchesOf(parent, partition), enter), node.site)),
    node.site,
    scope.spills,
  )
}

/** A join as columns of keys and of values [left, right]. */
export function* joinColumns(
  node: NodeOf<'cogroup'>,
  outer: OuterSides,
  partition: number,
  scope: OperatorScope,
): Generator<PairColumns> {
  const { piece, spills } = scope
  if (!piece) {
    yield* joinedGroups(cogroupColumns(node, partition, scope), outer)
    return
  }
  const sides = cogroupedShuffles(node, scope.nodes)!.map((shuffle) => scope.slicesOf(shuffle, partition))
  for (const stretch of stretchesOfPiece(sides, piece))
    if ('part' in stretch) yield* joinedPart(sides, stretch, outer, node.site, spills)
    else yield* joinedGroups(cogroupedByKey(sides, node.site, spills, stretch), outer)
}

function* joinedGroups(groups: Iterable<GroupedColumns>, outer: OuterSides): Generator<PairColumns> {
  for (const columns of groups) {
    const { rows, keys, sides } = columns
    if (!sides) {
      yield* joinLarge(columns, outer)
      continue
    }
    const [left, right] = sides as [GroupedSide, GroupedSide]
    let joinedKeys: unknown[] = []
    let joined: unknown[] = []
    for (let id = 0; id < rows; id++) {
      const leftEnd = left.starts[id + 1]!
      const rightEnd = right.starts[id + 1]!
      const noLeft = left.starts[id] === leftEnd
      const noRight = right.starts[id] === rightEnd
      if ((noLeft && !outer.right) || (noRight && !outer.left)) continue
      // A side without rows takes part once, as undefined.
      for (let l = left.starts[id]!; l < leftEnd || (noLeft && l === leftEnd); l++)
        for (let r = right.starts[id]!; r < rightEnd || (noRight && r === rightEnd); r++) {
          joinedKeys.push(keys[id])
          joined.push([noLeft ? undefined : left.values[l], noRight ? undefined : right.values[r]])
          if (joined.length < joinedRows) continue
          yield { rows: joinedRows, keys: joinedKeys, values: joined }
          joinedKeys = []
          joined = []
        }
    }
    if (joined.length > 0) yield { rows: joined.length, keys: joinedKeys, values: joined }
  }
}

/** The same for a bucket that does not fit in memory: its groups are read as often as rows of the other side need them. */
function* joinLarge({ rows, keys, groupsOf }: GroupedColumns, outer: OuterSides): Generator<PairColumns> {
  const nothing = [undefined]
  let joinedKeys: unknown[] = []
  let joined: unknown[] = []
  for (let id = 0; id < rows; id++) {
    const [left, right] = groupsOf(id) as [Group<unknown>, Group<unknown>]
    if ((left.size === 0 && !outer.right) || (right.size === 0 && !outer.left)) continue
    for (const l of left.size === 0 ? nothing : left)
      for (const r of right.size === 0 ? nothing : right) {
        joinedKeys.push(keys[id])
        joined.push([l, r])
        if (joined.length < joinedRows) continue
        yield { rows: joinedRows, keys: joinedKeys, values: joined }
        joinedKeys = []
        joined = []
      }
  }
  if (joined.length > 0) yield { rows: joined.length, keys: joinedKeys, values: joined }
}

/** Every left row with every right row; the right partition is held in memory. */
export function* cartesian(node: NodeOf<'cartesian'>, partition: number, scope: OperatorScope): Generator<unknown[]> {
  const [left, right] = node.parents as [number, number]
  const rights: unknown[] = []
  const enter = () => scope.enter(node, partition)
  for (const batch of entering(scope.batchesOf(right, partition % node.rightPartitions), enter))
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
