/**
 * What a dataset is made of: frozen plain nodes with a `kind`, linked to their parents. A node never runs anything;
 * the planner reads it. What depends on data (a text file's splits, sort bounds) stands here as a specification.
 */

import type { CallSite } from '../base/call-site.ts'
import type { DatasetId, ShuffleId } from '../base/ids.ts'
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

export type JoinKind = 'inner' | 'left' | 'right' | 'full'

export interface RowsNode extends NodeBase {
  readonly kind: 'rows'
  /** One encoded block list per partition. */
  readonly slices: readonly (readonly Uint8Array[])[]
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
export interface TextNode extends NodeBase {
  readonly kind: 'text'
  readonly pattern: string
  readonly minPartitions: number
}
export interface FunctionNode extends NodeBase {
  readonly kind: 'map' | 'filter' | 'flatMap' | 'mapValues' | 'flatMapValues' | 'keyBy' | 'mapPartitions'
  readonly parent: LineageNode
  readonly closure: Closure
  readonly preservesPartitioning: boolean
  /** The partition's number is the first argument. */
  readonly indexed: boolean
}
export interface ProjectionNode extends NodeBase {
  /** `asKeys` makes `[row, null]`, `ones` makes `[key, 1]`. */
  readonly kind: 'keys' | 'values' | 'asKeys' | 'ones'
  readonly parent: LineageNode
}
export interface UnionNode extends NodeBase {
  readonly kind: 'union'
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
  | TextNode
  | FunctionNode
  | ProjectionNode
  | UnionNode
  | ZipPartitionsNode
  | ShuffleNode
  | AggregateNode
  | CogroupNode

export function parentsOf(node: LineageNode): readonly LineageNode[] {
  switch (node.kind) {
    case 'rows':
    case 'range':
    case 'text':
      return []
    case 'union':
    case 'zipPartitions':
    case 'cogroup':
      return node.parents
    default:
      return [node.parent]
  }
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
  const stack: { node: LineageNode; next: number }[] = [{ node: root, next: 0 }]
  seen.add(root.id)
  while (stack.length > 0) {
    const top = stack.at(-1)!
    const parent = parents(top.node)[top.next++]
    if (!parent) {
      order.push(top.node)
      stack.pop()
    } else if (!seen.has(parent.id)) {
      seen.add(parent.id)
      stack.push({ node: parent, next: 0 })
    }
  }
  return order
}

/** The partitioner of a dataset's rows, kept by operations that cannot change a key. */
export function partitionerOf(node: LineageNode): PartitionerSpec | undefined {
  for (let at = node; ;) {
    switch (at.kind) {
      case 'rows':
      case 'shuffle':
        return at.partitioner
      case 'mapValues':
      case 'flatMapValues':
      case 'filter':
      case 'aggregate':
        at = at.parent
        break
      case 'mapPartitions':
        if (!at.preservesPartitioning) return undefined
        at = at.parent
        break
      case 'cogroup':
        at = at.parents[0]!
        break
      default:
        return undefined
    }
  }
}

export function sameSpec(a: PartitionerSpec | undefined, b: PartitionerSpec | undefined): boolean {
  if (!a || !b) return false
  if (a.kind === 'sampled-range' || b.kind === 'sampled-range') return a === b
  return samePartitioner(a, b)
}
