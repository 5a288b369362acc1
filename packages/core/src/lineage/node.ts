/**
 * What a dataset is made of: frozen plain nodes with a `kind`, linked to their parents. A node never runs anything;
 * the planner reads it. What depends on data (the splits of files, sort bounds) stands here as a specification.
 */

import type { CallSite } from '../base/call-site.ts'
import type { ReadFormat } from '../base/file-format.ts'
import type { AccumulatorId, DatasetId, ShuffleId } from '../base/ids.ts'
import type { Closure } from '../closure/closure.ts'
import { samePartitioner, type Partitioner } from './partitioner.ts'

interface NodeBase {
  readonly id: DatasetId
  readonly site: CallSite
}

/** Sort bounds depend on the data: the planner samples them once, at the first action. */
export interface SampledRange {
  readonly kind: 'sampled-range'
  readonly partitions: number
  readonly ascending: boolean
}
export type PartitionerSpec = Partitioner | SampledRange

/** How values of one key meet. `zero` is encoded, so that each key gets its own copy. */
export type Aggregator =
  | { readonly kind: 'reduce'; readonly merge: Closure }
  | {
      readonly kind: 'aggregate'
      readonly zero: Uint8Array
      readonly mergeValue: Closure
      readonly mergeCombiners: Closure
    }
  | {
      readonly kind: 'combine'
      readonly create: Closure
      readonly mergeValue: Closure
      readonly mergeCombiners: Closure
    }
  | { readonly kind: 'first' }
  | { readonly kind: 'sum' }
  | { readonly kind: 'group' }
  /** Counts distinct values roughly: a HyperLogLog sketch with 2 ** precision registers. */
  | { readonly kind: 'sketch'; readonly precision: number }

/** `without` keeps the left rows whose key the right side lacks, `both` one row for each key of both sides. */
export type JoinKind = 'inner' | 'left' | 'right' | 'full' | 'without' | 'both'

interface KeyFractions {
  /** Encoded entries `[key, fraction][]`. */
  readonly fractions: Uint8Array
  readonly otherwise: number | undefined
  readonly replacement: boolean
}

/**
 * Which rows a sample takes: those whose random number lies in a range, Poisson copies, a fraction per key, or exactly that
 * part of each key's rows, which are counted first.
 */
export type Sampler =
  | { readonly kind: 'range'; readonly from: number; readonly to: number }
  | { readonly kind: 'poisson'; readonly mean: number }
  | ({ readonly kind: 'byKey' } & KeyFractions)
  | ({ readonly kind: 'exactByKey' } & KeyFractions)

export interface RowsNode extends NodeBase {
  readonly kind: 'rows'
  /** One encoded block list per partition. */
  readonly slices: readonly (readonly Uint8Array[])[]
  /** The hosts or executors where each partition would rather be read. */
  readonly locations?: readonly (readonly string[])[]
  /** Of a checkpoint whose rows lay by key. */
  readonly partitioner?: PartitionerSpec
}
export interface RangeNode extends NodeBase {
  readonly kind: 'range'
  readonly start: number
  readonly end: number
  readonly step: number
  readonly partitions: number
}
export interface FilesNode extends NodeBase {
  readonly kind: 'files'
  readonly pattern: string
  readonly format: ReadFormat
  /** Who reads the files: the executors that run the tasks, or the driver, which sends them the rows. */
  readonly from: 'executors' | 'driver'
  readonly minPartitions: number
  /** Of a checkpoint whose rows lay by key. */
  readonly partitioner?: PartitionerSpec
  /** The files were written to take the place of what a dataset was made of; they go with it. */
  readonly isCheckpoint?: true
  /** Where rows that are none are counted. */
  readonly malformed?: AccumulatorId
}
/** Rows that the user's function makes on the executors, per partition. */
export interface SourceNode extends NodeBase {
  readonly kind: 'source'
  readonly partitions: number
  readonly closure: Closure
  /** The hosts or executors where each partition would rather be read. */
  readonly locations?: readonly (readonly string[])[]
}
/** Rows that the driver reads from a stream at the first action. */
export interface StreamNode extends NodeBase {
  readonly kind: 'stream'
  readonly partitions: number
}
export interface FunctionNode extends NodeBase {
  readonly kind: 'map' | 'filter' | 'flatMap' | 'mapValues' | 'flatMapValues' | 'keyBy' | 'mapPartitions'
  readonly parent: LineageNode
  readonly closure: Closure
  /** A generator function of flatMap or flatMapValues, whose results are taken as they are needed. */
  readonly generates: boolean
  readonly preservesPartitioning: boolean
  /** The partition's number is the first argument. */
  readonly indexed: boolean
}
/** `closure` returns promises; up to `concurrency` of them are under way at a time. */
export interface MapAsyncNode extends NodeBase {
  readonly kind: 'mapAsync'
  readonly parent: LineageNode
  readonly closure: Closure
  readonly concurrency: number
}
/** All tasks of its stage start together; `closure` may wait for the others, and gives rows or a promise of them. */
export interface BarrierNode extends NodeBase {
  readonly kind: 'barrier'
  readonly parent: LineageNode
  readonly closure: Closure
  readonly preservesPartitioning: boolean
  readonly indexed: boolean
}
/** Rows as lines through a command: a program with its arguments, or a line for the shell. */
export interface PipeNode extends NodeBase {
  readonly kind: 'pipe'
  readonly parent: LineageNode
  readonly command: string | readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly timeoutMs?: number
}
/** What executors keep of a dataset of the same id, whose lineage was cut. */
export interface KeptNode extends NodeBase {
  readonly kind: 'kept'
  readonly partitions: number
  readonly partitioner?: PartitionerSpec
}
export interface ProjectionNode extends NodeBase {
  /** `asKeys` makes `[row, null]`, `ones` makes `[key, 1]`, `glom` one array of a partition's rows. */
  readonly kind: 'keys' | 'values' | 'asKeys' | 'ones' | 'glom'
  readonly parent: LineageNode
}
export interface SampleNode extends NodeBase {
  readonly kind: 'sample'
  readonly parent: LineageNode
  readonly sampler: Sampler
  readonly seed: number
}
/**
 * Puts a number beside each row: `index` and `uniqueId` make `[row, number]`; `spread` and `group` make `[partition, row]`
 * for a shuffle into `targets` partitions, in turn or in runs of neighbours.
 */
export interface NumberNode extends NodeBase {
  readonly kind: 'number'
  readonly parent: LineageNode
  readonly by: 'index' | 'uniqueId' | 'spread' | 'group'
  readonly targets: number
}
/** One row per partition: its rows merged by `closure`, from a clone of `zero` if there is one; none of an empty partition without. */
export interface FoldNode extends NodeBase {
  readonly kind: 'fold'
  readonly parent: LineageNode
  readonly zero?: Uint8Array
  readonly closure: Closure
}
/** Neighbouring partitions of the parent become one: no row moves to another task. */
export interface CoalesceNode extends NodeBase {
  readonly kind: 'coalesce'
  readonly parent: LineageNode
  readonly partitions: number
}
/** Rows whose key lies in [low, high]; where the parent is range-partitioned, only partitions that may hold such are read. */
export interface FilterByRangeNode extends NodeBase {
  readonly kind: 'filterByRange'
  readonly parent: LineageNode
  readonly low: Uint8Array
  readonly high: Uint8Array
}
export interface UnionNode extends NodeBase {
  readonly kind: 'union'
  readonly parents: readonly LineageNode[]
  /** All parents share one partitioner: partition p is theirs of that number, one after the other. */
  readonly aligned: boolean
}
/** `cartesian` has a partition for each pair of its parents' partitions; `zip` meets rows of equal place. */
export interface PairingNode extends NodeBase {
  readonly kind: 'cartesian' | 'zip'
  readonly parents: readonly LineageNode[]
}
export interface ZipPartitionsNode extends NodeBase {
  readonly kind: 'zipPartitions'
  readonly parents: readonly LineageNode[]
  readonly closure: Closure
}
export interface ShuffleNode extends NodeBase {
  readonly kind: 'shuffle'
  readonly shuffleId: ShuffleId
  readonly parent: LineageNode
  readonly partitioner: PartitionerSpec
  readonly aggregator?: Aggregator
  readonly sort?: 'ascending' | 'descending'
  /** Its rows are only read by a cogroup, so their order in a partition is free. */
  readonly forCogroup?: true
}
/** Merges the values of a key where its rows already lie in one partition: no shuffle. */
export interface AggregateNode extends NodeBase {
  readonly kind: 'aggregate'
  readonly parent: LineageNode
  readonly aggregator: Aggregator
}
/** Rows `[key, [group of parent 0, group of parent 1 ...]]`, or a join of two; parents share one partitioner. */
export interface CogroupNode extends NodeBase {
  readonly kind: 'cogroup'
  readonly parents: readonly LineageNode[]
  readonly join?: JoinKind
}

export type LineageNode =
  | RowsNode
  | RangeNode
  | FilesNode
  | SourceNode
  | StreamNode
  | FunctionNode
  | MapAsyncNode
  | BarrierNode
  | PipeNode
  | KeptNode
  | ProjectionNode
  | SampleNode
  | NumberNode
  | FoldNode
  | CoalesceNode
  | FilterByRangeNode
  | UnionNode
  | PairingNode
  | ZipPartitionsNode
  | ShuffleNode
  | AggregateNode
  | CogroupNode

export function parentsOf(node: LineageNode): readonly LineageNode[] {
  if ('parents' in node) return node.parents
  return 'parent' in node ? [node.parent] : []
}

/** What a node reads inside its own stage: nothing, where a shuffle begins it. */
export function narrowParentsOf(node: LineageNode): readonly LineageNode[] {
  return node.kind === 'shuffle' ? [] : parentsOf(node)
}

/** Parents before children, each node once; iterative, since lineages of iterative jobs are deep. */
export function topologicalOrder(
  root: LineageNode,
  parents: (node: LineageNode) => readonly LineageNode[] = parentsOf,
): LineageNode[] {
  const order: LineageNode[] = []
  const seen = new Set<DatasetId>()
  const stack: { node: LineageNode; parents: readonly LineageNode[]; next: number }[] = []
  const visit = (node: LineageNode) => {
    seen.add(node.id)
    stack.push({ node, parents: parents(node), next: 0 })
  }
  visit(root)
  while (stack.length > 0) {
    const top = stack.at(-1)!
    const parent = top.parents[top.next++]
    if (!parent) {
      order.push(top.node)
      stack.pop()
    } else if (!seen.has(parent.id)) visit(parent)
  }
  return order
}

/** Found origins; `null` where there is none. Chains of operations ask for each of their links. */
const origins = new WeakMap<LineageNode, LineageNode | null>()

/** The node that gave a dataset's rows their partitioner: operations that cannot change a key keep it. */
function partitionerOriginOf(node: LineageNode): LineageNode | undefined {
  const passed: LineageNode[] = []
  let origin: LineageNode | null | undefined
  for (let at: LineageNode | undefined = node; at; at = keyKeepingParent(at)) {
    origin = ownPartitioner(at) ? at : origins.get(at)
    if (origin !== undefined) break
    passed.push(at)
  }
  for (const each of passed) origins.set(each, origin ?? null)
  return origin ?? undefined
}

function ownPartitioner(node: LineageNode): PartitionerSpec | undefined {
  return 'partitioner' in node ? node.partitioner : undefined
}

/** The parent whose rows keep their keys and their partitions in `node`. */
function keyKeepingParent(node: LineageNode): LineageNode | undefined {
  switch (node.kind) {
    case 'mapValues':
    case 'flatMapValues':
    case 'filter':
    case 'sample':
    case 'filterByRange':
    case 'aggregate':
      return node.parent
    case 'mapPartitions':
    case 'barrier':
      return node.preservesPartitioning ? node.parent : undefined
    case 'union':
      return node.aligned ? node.parents[0] : undefined
    case 'cogroup':
      return node.parents[0]
    default:
      return undefined
  }
}

export function partitionerOf(node: LineageNode): PartitionerSpec | undefined {
  const origin = partitionerOriginOf(node)
  return origin && ownPartitioner(origin)
}

/** Two sampled ranges are one where one dataset's sort made them: its bounds are sampled once, for all who use them. */
export function sameSpec(a: PartitionerSpec | undefined, b: PartitionerSpec | undefined): boolean {
  if (!a || !b) return false
  if (a.kind === 'sampled-range' || b.kind === 'sampled-range') return a === b
  return samePartitioner(a, b)
}
