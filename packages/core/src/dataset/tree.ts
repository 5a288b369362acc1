/** Merges partitions in levels on the executors, so that the driver gets a few totals and not one per partition. */

import { UsageError } from '../base/errors.ts'
import type { Closure } from '../closure/closure.ts'
import { emptyError, runValues, type Action } from './actions.ts'
import { baseOf, inner, projectionNode, shuffleNode, type Handle } from './build-nodes.ts'
import { encodeZero } from './zero-value.ts'

/** How `treeReduce` and `treeAggregate` merge. */
export interface TreeOptions {
  /** How many levels there should be, 2 by default. */
  readonly depth?: number
}

export async function treeAggregate<U>(
  action: Action,
  zero: U,
  mergeRow: Function,
  mergeTotals: (left: U, right: U) => U,
  options: TreeOptions,
): Promise<U> {
  const { runner, node, site } = action
  const encoded = encodeZero(zero, site)
  const closure = runner.capture(mergeRow, site)
  const partials = inner(runner, { ...baseOf(runner, site), kind: 'fold', parent: node, zero: encoded, closure })
  const totals = await merged<U>(action, partials, runner.capture(mergeTotals, site), options)
  return totals.reduce((left, right) => mergeTotals(left, right))
}

export async function treeReduce<T>(action: Action, fn: (left: T, right: T) => T, options: TreeOptions): Promise<T> {
  const { runner, node, site } = action
  const closure = runner.capture(fn, site)
  const partials = inner(runner, { ...baseOf(runner, site), kind: 'fold', parent: node, closure })
  const totals = await merged<T>(action, partials, closure, options)
  if (totals.length === 0) throw emptyError(site, 'use treeAggregate() with a zero value')
  return totals.reduce((left, right) => fn(left, right))
}

/** Each level merges runs of neighbours, in order: the function need not be commutative. */
async function merged<U>(
  action: Action,
  partials: Handle,
  merge: Closure,
  { depth = 2 }: TreeOptions,
): Promise<readonly U[]> {
  const { runner, site } = action
  if (!Number.isInteger(depth) || depth < 1)
    throw new UsageError(`${site.operation}() needs a whole number as depth >= 1, got ${String(depth)}`)
  let level = partials
  let width = await runner.partitionCount(action.node)
  const scale = Math.max(2, Math.ceil(width ** (1 / depth)))
  while (width > scale + Math.ceil(width / scale)) {
    width = Math.ceil(width / scale)
    const grouped = inner(runner, {
      ...baseOf(runner, site),
      kind: 'number',
      parent: level.node,
      by: 'group',
      targets: width,
    })
    const spec = Object.freeze({ kind: 'index', partitions: width } as const)
    const shuffled = inner(runner, shuffleNode(grouped, spec, site, { aggregator: { kind: 'reduce', merge } }))
    level = inner(runner, projectionNode(shuffled, 'values', site))
  }
  return (await runValues<U[]>({ ...action, node: level.node }, { kind: 'reduce', closure: merge })).flat(1) as U[]
}
