/** Operators that meet the rows of several datasets. */

import { UsageError } from '../base/errors.ts'
import { Group } from '../codec/group.ts'
import { KeyMap } from '../codec/key.ts'
import type { PlanNode } from '../protocol/stage-plan.ts'
import type { Batches, OperatorScope } from './operators.ts'
import { asPair } from './row-checks.ts'

type NodeOf<Kind extends PlanNode['kind']> = Extract<PlanNode, { kind: Kind }>

export function* cogroup(node: NodeOf<'cogroup'>, partition: number, scope: OperatorScope): Generator<unknown> {
  const groups = new KeyMap<unknown[][]>()
  for (const [side, parent] of node.parents.entries())
    for (const batch of scope.batchesOf(parent, partition))
      for (const row of batch) {
        const [key, value] = asPair(row, node.site)
        groups.getOrInsert(key, () => node.parents.map(() => []))[side]!.push(value)
      }
  for (const [key, sides] of groups.entries()) {
    const [left, right] = sides as [unknown[], unknown[]]
    switch (node.join) {
      case undefined:
        yield [key, sides.map((values) => new Group(values))]
        break
      case 'both':
        if (left.length > 0 && right.length > 0) yield [key, null]
        break
      case 'without':
        if (right.length === 0) for (const value of left) yield [key, value]
        break
      default: {
        const outerLeft = node.join === 'left' || node.join === 'full'
        const outerRight = node.join === 'right' || node.join === 'full'
        const lefts = left.length === 0 && outerRight ? [undefined] : left
        const rights = right.length === 0 && outerLeft ? [undefined] : right
        for (const l of lefts) for (const r of rights) yield [key, [l, r]]
      }
    }
  }
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
