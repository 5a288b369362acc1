/** Node kind -> batches of rows. A pipeline is pulled batch by batch; inside a batch each step is one tight loop. */

import { assertNever, UsageError } from '../base/errors.ts'
import { Group } from '../codec/group.ts'
import { KeyMap } from '../codec/key.ts'
import { compareValues } from '../codec/order.ts'
import { unionParent } from '../plan/inputs.ts'
import type { PlanNode } from '../protocol/stage-plan.ts'
import { combineValues, mergeCombined, type FunctionOf, type Pair } from '../shuffle/merge.ts'
import type { TaskContext } from '../task/task-context.ts'
import { readLines } from './text-splits.ts'

export type Batches = Iterable<unknown[]>

/** What an operator may ask of the task that it runs in. */
export interface OperatorScope {
  readonly nodes: readonly PlanNode[]
  readonly task: TaskContext
  readonly functionOf: FunctionOf
  /** Marks whose function runs now, for accumulators. */
  enter(datasetId: number, partition: number): void
  batchesOf(index: number, partition: number): Batches
  rowsOf(datasetId: number, partition: number): Batches
  shuffleOf(shuffleId: number, reduce: number): Batches
}

const batchRows = 2048

export function* compute(node: PlanNode, partition: number, scope: OperatorScope): Generator<unknown[]> {
  const enter = () => scope.enter(node.datasetId, partition)
  switch (node.kind) {
    case 'rows':
      yield* scope.rowsOf(node.datasetId, partition)
      return
    case 'range':
      yield* rangeBatches(node, partition)
      return
    case 'text':
      for (const split of node.splits[partition]!) yield* readLines(split)
      return
    case 'map':
    case 'keyBy':
    case 'filter':
    case 'flatMap':
    case 'mapValues':
    case 'flatMapValues': {
      const apply = elementwise(node.kind, scope.functionOf(node.closure), node.site)
      for (const batch of scope.batchesOf(node.parent, partition)) {
        enter()
        yield apply(batch)
      }
      return
    }
    case 'keys':
    case 'values': {
      const side = node.kind === 'keys' ? 0 : 1
      for (const batch of scope.batchesOf(node.parent, partition))
        yield batch.map((row) => asPair(row, node.site)[side])
      return
    }
    case 'asKeys':
      for (const batch of scope.batchesOf(node.parent, partition)) yield batch.map((row) => [row, null])
      return
    case 'ones':
      for (const batch of scope.batchesOf(node.parent, partition))
        yield batch.map((row) => [asPair(row, node.site)[0], 1])
      return
    case 'mapPartitions': {
      const rows = flatten(scope.batchesOf(node.parent, partition), enter)
      enter()
      const fn = scope.functionOf(node.closure)
      const results = node.indexed ? fn(partition, rows, scope.task) : fn(rows, scope.task)
      yield* rebatch(iterable(results, node.site), enter)
      return
    }
    case 'zipPartitions': {
      const sides = node.parents.map((parent) => flatten(scope.batchesOf(parent, partition), enter))
      enter()
      yield* rebatch(iterable(scope.functionOf(node.closure)(...sides, scope.task), node.site), enter)
      return
    }
    case 'union': {
      const found = unionParent(
        node.parents.map((parent) => scope.nodes[parent]!.partitions),
        partition,
      )
      yield* scope.batchesOf(node.parents[found.parent]!, found.partition)
      return
    }
    case 'aggregate':
      enter()
      yield* rebatch(combineValues(scope.batchesOf(node.parent, partition), node.aggregator, scope.functionOf))
      return
    case 'cogroup':
      yield* rebatch(cogroup(node, partition, scope))
      return
    case 'shuffle': {
      const incoming = scope.shuffleOf(node.shuffleId, partition)
      enter()
      if (node.aggregator) yield* rebatch(mergeCombined(incoming, node.aggregator, scope.functionOf))
      else if (node.sort) yield* rebatch(sorted(incoming, node.sort))
      else yield* incoming
      return
    }
    default:
      assertNever(node, 'plan node')
  }
}

function elementwise(
  kind: 'map' | 'keyBy' | 'filter' | 'flatMap' | 'mapValues' | 'flatMapValues',
  fn: (...args: unknown[]) => unknown,
  site: string,
): (batch: unknown[]) => unknown[] {
  switch (kind) {
    case 'map':
      return (batch) => batch.map((row) => sync(fn(row), site))
    case 'keyBy':
      return (batch) => batch.map((row) => [sync(fn(row), site), row])
    case 'filter':
      return (batch) => batch.filter((row) => sync(fn(row), site))
    case 'flatMap':
      return (batch) => {
        const out: unknown[] = []
        for (const row of batch) for (const result of iterable(fn(row), site)) out.push(result)
        return out
      }
    case 'mapValues':
      return (batch) => batch.map((row) => [asPair(row, site)[0], sync(fn((row as Pair)[1]), site)])
    case 'flatMapValues':
      return (batch) => {
        const out: unknown[] = []
        for (const row of batch) {
          const [key, value] = asPair(row, site)
          for (const result of iterable(fn(value), site)) out.push([key, result])
        }
        return out
      }
  }
}

function sync(value: unknown, site: string): unknown {
  if (value instanceof Promise) {
    value.catch(() => {})
    throw new UsageError(`${site}: the function returned a promise; functions of datasets are synchronous`)
  }
  return value
}

function iterable(value: unknown, site: string): Iterable<unknown> {
  sync(value, site)
  if (value !== null && value !== undefined && typeof (value as Iterable<unknown>)[Symbol.iterator] === 'function')
    return value as Iterable<unknown>
  throw new UsageError(
    `${site}: the function must return an iterable such as an array, got ${value === null ? 'null' : typeof value}`,
  )
}

export function asPair(row: unknown, site: string): Pair {
  if (Array.isArray(row) && row.length === 2) return row as unknown as Pair
  throw new UsageError(`${site} needs rows [key, value], got ${describeRow(row)}`)
}

function describeRow(row: unknown): string {
  try {
    return (JSON.stringify(row) ?? String(row)).slice(0, 120)
  } catch {
    return String(row)
  }
}

function* flatten(batches: Batches, enter: () => void): Generator<unknown> {
  for (const batch of batches) {
    enter()
    yield* batch
  }
}

function* rebatch(rows: Iterable<unknown>, enter?: () => void): Generator<unknown[]> {
  let batch: unknown[] = []
  for (const row of rows) {
    batch.push(row)
    if (batch.length === batchRows) {
      yield batch
      enter?.()
      batch = []
    }
  }
  if (batch.length > 0) yield batch
}

function* rangeBatches(node: Extract<PlanNode, { kind: 'range' }>, partition: number): Generator<number[]> {
  const total = Math.max(0, Math.ceil((node.end - node.start) / node.step))
  const from = Math.floor((total * partition) / node.partitions)
  const to = Math.floor((total * (partition + 1)) / node.partitions)
  for (let at = from; at < to; at += batchRows)
    yield Array.from({ length: Math.min(batchRows, to - at) }, (_, i) => node.start + (at + i) * node.step)
}

function sorted(batches: Batches, direction: 'ascending' | 'descending'): unknown[] {
  const rows: Pair[] = []
  for (const batch of batches) for (const row of batch) rows.push(row as Pair)
  // Array.prototype.sort is stable, so ties keep input order in both directions.
  return direction === 'ascending'
    ? rows.sort((a, b) => compareValues(a[0], b[0]))
    : rows.sort((a, b) => compareValues(b[0], a[0]))
}

function* cogroup(
  node: Extract<PlanNode, { kind: 'cogroup' }>,
  partition: number,
  scope: OperatorScope,
): Generator<unknown> {
  const groups = new KeyMap<unknown[][]>()
  for (const [side, parent] of node.parents.entries())
    for (const batch of scope.batchesOf(parent, partition))
      for (const row of batch) {
        const [key, value] = asPair(row, node.site)
        groups.getOrInsert(key, () => node.parents.map(() => []))[side]!.push(value)
      }
  for (const [key, sides] of groups.entries()) {
    if (!node.join) {
      yield [key, sides.map((values) => new Group(values))]
      continue
    }
    const [left, right] = sides as [unknown[], unknown[]]
    const outerLeft = node.join === 'left' || node.join === 'full'
    const outerRight = node.join === 'right' || node.join === 'full'
    const lefts = left.length === 0 && outerRight ? [undefined] : left
    const rights = right.length === 0 && outerLeft ? [undefined] : right
    for (const l of lefts) for (const r of rights) yield [key, [l, r]]
  }
}
