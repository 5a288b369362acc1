/** Node kind -> batches of rows. A pipeline is pulled batch by batch; inside a batch each step is one tight loop. */

import { assertNever, UsageError } from '../base/errors.ts'
import type { FileSplit } from '../base/file-split.ts'
import { decodeValue } from '../codec/value.ts'
import { readsOf } from '../plan/inputs.ts'
import type { Piece } from '../protocol/messages.ts'
import type { PlanNode } from '../protocol/stage-plan.ts'
import { localAggregation } from '../shuffle/local.ts'
import { combinerMerging, finishing, type FunctionOf } from '../shuffle/merging.ts'
import { groupedByKey, mergedByKey } from '../shuffle/reduce.ts'
import { sortedRows } from '../shuffle/external-sort.ts'
import { rowsOfPiece } from '../shuffle/piece.ts'
import { slicePairs, wholeSlice, type PairColumns, type SliceSource } from '../shuffle/slice.ts'
import type { TaskSpills } from '../storage/task-spills.ts'
import type { TaskContext } from '../task/task-context.ts'
import { entering } from './entering.ts'
import { pipe } from './pipe.ts'
import { cartesian, cogroup, joinColumns, zip } from './pairing.ts'
import { asPair, iterable, pairsOf } from './row-checks.ts'
import { rowChunk, type Chunk } from './pipeline/chunk.ts'
import { keyRangeFilter, type StepNode } from './steps.ts'
import { malformedCounter, readRows } from '../files/read-rows.ts'
import type { MalformedReport } from '../files/malformed-rows.ts'

export type Batches = Iterable<unknown[]>

/** What an operator may ask of the task that it runs in. */
export interface OperatorScope {
  readonly nodes: readonly PlanNode[]
  readonly task: TaskContext
  readonly functionOf: FunctionOf
  /** The stretch of rows that the task makes where its partition is split. */
  readonly piece: Piece | undefined
  /** Marks whose function runs now, for accumulators and errors. */
  enter(node: PlanNode, partition: number): void
  batchesOf(index: number, partition: number): Batches
  rowsOf(datasetId: number, partition: number): Iterable<Chunk>
  slicesOf(shuffleId: number, reduce: number): SliceSource[]
  /** What the task may hold, and the files that it goes on in. */
  readonly spills: TaskSpills
  /** The results of an asynchronous step, which ran before. */
  awaitedOf(node: PlanNode, partition: number): Batches
  /** The parts of files behind a partition, those of S3 with their copies. */
  splitsOf(node: Extract<PlanNode, { kind: 'files' }>, partition: number): readonly FileSplit[]
  /** Tells the driver, once for the partition, what its files hold against their format. */
  reportMalformed(node: Extract<PlanNode, { kind: 'files' }>, partition: number, report: MalformedReport): void
  /** A file of this task's own. */
  readonly nextPath: () => string
}

const batchRows = 2048

/** The rows of a node that is no step, in the form in which they lie. */
export function* computeChunks(
  node: Exclude<PlanNode, StepNode>,
  partition: number,
  scope: OperatorScope,
): Generator<Chunk> {
  switch (node.kind) {
    case 'rows':
      yield* scope.rowsOf(node.datasetId, partition)
      return
    case 'range':
      yield rangeChunk(node, partition)
      return
    case 'aggregate': {
      const enter = () => scope.enter(node, partition)
      enter()
      const pairs = pairsOf(entering(scope.batchesOf(node.parent, partition), enter), node.site)
      yield* pairChunks(localAggregation(pairs, node.aggregator, scope.functionOf, node.site, scope.spills), enter)
      return
    }
    case 'shuffle': {
      const slices = scope.slicesOf(node.shuffleId, partition)
      // Rows that only change their partition are held by whoever takes them.
      const enter = () => (node.aggregator || node.sort ? scope.enter(node, partition) : undefined)
      enter()
      yield* pairChunks(shuffledPairs(node, slices, scope), enter)
      return
    }
    case 'cogroup':
      yield* cogroupChunks(node, partition, scope)
      return
    default:
      for (const batch of compute(node, partition, scope)) yield rowChunk(batch)
  }
}

function* compute(
  node: Exclude<PlanNode, StepNode | { kind: 'rows' | 'range' | 'aggregate' | 'shuffle' | 'cogroup' }>,
  partition: number,
  scope: OperatorScope,
): Generator<unknown[]> {
  const enter = () => scope.enter(node, partition)
  switch (node.kind) {
    case 'files': {
      if (node.format.kind === 'parquet') {
        yield* scope.awaitedOf(node, partition)
        return
      }
      const malformed = malformedCounter(node.format, node.site)
      yield* readRows(scope.splitsOf(node, partition), node.format, node.site, malformed)
      scope.reportMalformed(node, partition, malformed.report)
      return
    }
    case 'source': {
      enter()
      const rows = scope.functionOf(node.closure)(partition, scope.task)
      yield* rebatch(iterable(rows, node.site), enter)
      return
    }
    case 'mapAsync':
    case 'barrier':
      yield* scope.awaitedOf(node, partition)
      return
    case 'pipe':
      yield* pipe(node, scope.batchesOf(node.parent, partition), scope.nextPath)
      return
    case 'kept':
      throw new UsageError(
        `${node.site}: partition ${partition} was lost with its executor, and what it was made of was cut off; use checkpoint(), which survives that`,
      )
    case 'glom': {
      const all: unknown[] = []
      for (const batch of entering(scope.batchesOf(node.parent, partition), enter))
        for (const row of batch) all.push(row)
      yield [all]
      return
    }
    case 'fold':
      yield* fold(node, partition, scope)
      return
    case 'generate':
      yield* rebatch(
        generated(node, scope.batchesOf(node.parent, partition), scope.functionOf(node.closure), enter),
        enter,
      )
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
    case 'union':
    case 'coalesce':
      for (const read of readsOf(node, partition)) yield* scope.batchesOf(read.index, read.partition)
      return
    case 'filterByRange': {
      const keep = keyRangeFilter(node)
      for (const read of readsOf(node, partition))
        for (const batch of scope.batchesOf(read.index, read.partition)) yield keep(batch)
      return
    }
    case 'zip':
      yield* rebatch(zip(node, partition, scope))
      return
    case 'cartesian':
      yield* cartesian(node, partition, scope)
      return
    default:
      assertNever(node, 'plan node')
  }
}

function* cogroupChunks(
  node: Extract<PlanNode, { kind: 'cogroup' }>,
  partition: number,
  scope: OperatorScope,
): Generator<Chunk> {
  const { join } = node
  const enter = () => scope.enter(node, partition)
  enter()
  if (join === undefined || join === 'both' || join === 'without') {
    for (const batch of rebatch(cogroup(node, join, partition, scope), enter)) yield rowChunk(batch)
    return
  }
  const outer = { left: join === 'left' || join === 'full', right: join === 'right' || join === 'full' }
  yield* pairChunks(joinColumns(node, outer, partition, scope), enter)
}

function* fold(
  node: Extract<PlanNode, { kind: 'fold' }>,
  partition: number,
  scope: OperatorScope,
): Generator<unknown[]> {
  const merge = scope.functionOf(node.closure)
  let any = node.zero !== undefined
  let total = node.zero && decodeValue(node.zero)
  for (const batch of scope.batchesOf(node.parent, partition)) {
    scope.enter(node, partition)
    for (const row of batch) {
      total = any ? merge(total, row) : row
      any = true
    }
  }
  if (any) yield [total]
}

function* flatten(batches: Batches, enter: () => void): Generator<unknown> {
  for (const batch of batches) {
    enter()
    yield* batch
  }
}

function* generated(
  { site, keyed }: Extract<PlanNode, { kind: 'generate' }>,
  batches: Batches,
  fn: (...args: unknown[]) => unknown,
  enter: () => void,
): Generator<unknown> {
  for (const batch of batches) {
    enter()
    for (const row of batch) {
      if (!keyed) yield* iterable(fn(row), site)
      else {
        const [key, value] = asPair(row, site)
        for (const result of iterable(fn(value), site)) yield [key, result]
      }
    }
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

function rangeChunk(node: Extract<PlanNode, { kind: 'range' }>, partition: number): Chunk {
  const { start, end, step, partitions } = node
  const total = Math.max(0, Math.ceil((end - start) / step))
  const first = Math.floor((total * partition) / partitions)
  return { kind: 'range', start, step, first, length: Math.floor((total * (partition + 1)) / partitions) - first }
}

function* shuffledPairs(
  { aggregator, sort, site }: Extract<PlanNode, { kind: 'shuffle' }>,
  sources: readonly SliceSource[],
  { functionOf, spills, piece }: OperatorScope,
): Generator<PairColumns> {
  if (aggregator?.kind === 'group') yield* groupedByKey(sources, site, spills, piece)
  else if (aggregator) {
    const merging = combinerMerging(aggregator, functionOf)
    yield* finished(mergedByKey(sources, merging, site, spills, piece), finishing(aggregator))
  } else if (sort) yield* sortedRows(sources, sort, spills)
  else if (piece) for (const rows of rowsOfPiece(sources, piece)) yield slicePairs(rows)
  else for (const source of sources) yield slicePairs(wholeSlice(source))
}

function* finished(
  columns: Iterable<PairColumns>,
  finish: ((combiner: unknown) => unknown) | undefined,
): Iterable<PairColumns> {
  if (!finish) yield* columns
  else for (const { rows, keys, values } of columns) yield { rows, keys, values: Array.from(values, finish) }
}

/** Between chunks those have run who take them. */
function* pairChunks(columns: Iterable<PairColumns>, enter: () => void): Generator<Chunk> {
  for (const { rows, keys, values } of columns) {
    yield { kind: 'pairs', length: rows, keys, values }
    enter()
  }
}
