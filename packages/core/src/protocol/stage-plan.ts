/** What an executor is told of a stage, once; tasks then name only the stage and their partition. */

import type { Compression, ReadFormat, WriteFormat } from '../base/file-format.ts'
import type { FileSplit } from '../base/file-split.ts'
import type { AccumulatorId, DatasetId, ShuffleId, StageId } from '../base/ids.ts'
import type { StorageLevel } from '../base/storage-level.ts'
import type { Closure } from '../closure/closure.ts'
import type { Aggregator, JoinKind, Sampler } from '../lineage/node.ts'
import type { Partitioner } from '../lineage/partitioner.ts'

/** Steps that look at one row at a time, and need nothing else. */
export const rowWiseKinds = [
  'map',
  'keyBy',
  'filter',
  'flatMap',
  'mapValues',
  'flatMapValues',
  'keys',
  'values',
  'asKeys',
  'ones',
] as const

/** Hosts or executors by partition. Only the scheduler asks for them: executors are not sent any. */
type Locations = readonly (readonly string[])[]

/** A sample of exact sizes comes with how many rows of each key it takes, by partition: `[key, how many, of how many][]`. */
export type PlanSampler =
  | Exclude<Sampler, { kind: 'exactByKey' }>
  | { readonly kind: 'allotted'; readonly allotted: readonly Uint8Array[]; readonly replacement: boolean }

/** One step of a pipeline; `parent` and `parents` are indices into `StagePlan.nodes`, always smaller than its own. */
export type PlanNode = {
  readonly datasetId: DatasetId
  readonly partitions: number
  readonly site: string
  readonly persist?: StorageLevel
  /** On how many executors its partitions are to be kept; 1 where absent. */
  readonly replicas?: number
} & (
  | { readonly kind: 'rows'; readonly locations?: Locations }
  | { readonly kind: 'range'; readonly start: number; readonly end: number; readonly step: number }
  | {
      readonly kind: 'files'
      readonly format: ReadFormat
      readonly splits: readonly (readonly FileSplit[])[]
      readonly malformed?: AccumulatorId
    }
  | { readonly kind: 'source'; readonly closure: Closure; readonly locations?: Locations }
  | {
      readonly kind: 'map' | 'filter' | 'flatMap' | 'mapValues' | 'flatMapValues' | 'keyBy'
      readonly parent: number
      readonly closure: Closure
    }
  | { readonly kind: 'mapAsync'; readonly parent: number; readonly closure: Closure; readonly concurrency: number }
  | { readonly kind: 'barrier'; readonly parent: number; readonly closure: Closure; readonly indexed: boolean }
  | {
      readonly kind: 'pipe'
      readonly parent: number
      readonly command: string | readonly string[]
      readonly env: Readonly<Record<string, string>>
      readonly cwd?: string
      readonly timeoutMs?: number
    }
  /** Held by executors under its id, and made of nothing. */
  | { readonly kind: 'kept' }
  /** flatMap, or flatMapValues where `keyed`, of a generator, row by row as far as they are taken. */
  | { readonly kind: 'generate'; readonly parent: number; readonly closure: Closure; readonly keyed: boolean }
  | { readonly kind: 'mapPartitions'; readonly parent: number; readonly closure: Closure; readonly indexed: boolean }
  | { readonly kind: 'keys' | 'values' | 'asKeys' | 'ones'; readonly parent: number }
  | { readonly kind: 'glom'; readonly parent: number }
  | { readonly kind: 'sample'; readonly parent: number; readonly sampler: PlanSampler; readonly seed: number }
  | {
      readonly kind: 'number'
      readonly parent: number
      readonly by: 'index' | 'uniqueId' | 'spread' | 'group'
      readonly targets: number
      /** For `index`: how many rows lie before each partition. */
      readonly offsets: readonly number[]
    }
  | { readonly kind: 'fold'; readonly parent: number; readonly zero?: Uint8Array; readonly closure: Closure }
  /** Partition p reads the parent's partitions from `starts[p]` up to, not with, `starts[p + 1]`. */
  | { readonly kind: 'coalesce'; readonly parent: number; readonly starts: readonly number[] }
  /** Partitions outside of [from, to) cannot hold such keys: they are empty, and nothing is read for them. */
  | {
      readonly kind: 'filterByRange'
      readonly parent: number
      readonly low: Uint8Array
      readonly high: Uint8Array
      readonly from: number
      readonly to: number
    }
  | { readonly kind: 'aggregate'; readonly parent: number; readonly aggregator: Aggregator }
  /** Parent i has the partitions from `starts[i]` on; where aligned, each partition is that of every parent. */
  | {
      readonly kind: 'union'
      readonly parents: readonly number[]
      readonly starts: readonly number[]
      readonly aligned: boolean
    }
  | { readonly kind: 'zip'; readonly parents: readonly number[] }
  /** Partition p pairs the left partition floor(p / rightPartitions) with the right one p % rightPartitions. */
  | { readonly kind: 'cartesian'; readonly parents: readonly number[]; readonly rightPartitions: number }
  | { readonly kind: 'zipPartitions'; readonly parents: readonly number[]; readonly closure: Closure }
  | { readonly kind: 'cogroup'; readonly parents: readonly number[]; readonly join?: JoinKind }
  | {
      readonly kind: 'shuffle'
      readonly shuffleId: ShuffleId
      readonly perReducer: number
      readonly aggregator?: Aggregator
      readonly sort?: 'ascending' | 'descending'
    }
)

/** What executors need of a plan. */
export function forExecutors(whole: StagePlan): StagePlan {
  const { empty: _, ...plan } = whole
  if (!plan.nodes.some((node) => 'locations' in node)) return plan
  const nodes = plan.nodes.map((node) => {
    if (!('locations' in node)) return node
    const { locations: _, ...rest } = node
    return rest
  })
  return { ...plan, nodes }
}

/** The steps that a step reads, by index. */
export function parentsOfStep(node: PlanNode): readonly number[] {
  if ('parents' in node) return node.parents
  return 'parent' in node ? [node.parent] : []
}

export type StageOutput =
  | {
      readonly kind: 'shuffle'
      readonly shuffleId: ShuffleId
      readonly partitioner: Partitioner
      /** How many buckets each partition of a hash partitioner is made of, so that the tables of one fit in a cache. */
      readonly perReducer: number
      readonly aggregator?: Aggregator
      /** Rows of a key meet those of other sides: within a bucket, only the order of keys and that of their rows count. */
      readonly forCogroup?: true
      readonly storage: 'memory' | 'disk'
    }
  | Sink

/** What a result task makes of its partition's rows; its value goes to the driver. */
export type Sink =
  | { readonly kind: 'collect' }
  | { readonly kind: 'count' }
  | { readonly kind: 'reduce'; readonly closure: Closure }
  | { readonly kind: 'aggregate'; readonly zero: Uint8Array; readonly closure: Closure }
  | { readonly kind: 'foreach'; readonly closure: Closure }
  | { readonly kind: 'take'; readonly count: number }
  | { readonly kind: 'foreachPartition'; readonly closure: Closure }
  /** The first rows in an order: that of values, backwards for `largest`, or that of the user's comparison. */
  | { readonly kind: 'top'; readonly count: number; readonly order: 'smallest' | 'largest'; readonly closure?: Closure }
  | { readonly kind: 'moments'; readonly what: string }
  | { readonly kind: 'histogram'; readonly bounds: readonly number[] }
  | { readonly kind: 'sketch'; readonly precision: number }
  /** The rows at these places of each partition, ascending; a place that stands twice is taken twice. */
  | { readonly kind: 'pick'; readonly places: Readonly<Record<number, readonly number[]>> }
  | { readonly kind: 'sampleKeys'; readonly count: number }
  /** How many rows each key has, as `[key, rows][]`. */
  | { readonly kind: 'countKeys' }
  | { readonly kind: 'lookup'; readonly key: Uint8Array }
  | SaveSink

/** Each attempt writes a file of its own into a folder that the driver has made and marked, and gives its name back. */
export interface SaveSink {
  readonly kind: 'save'
  /** The action's name, for errors. */
  readonly operation: string
  readonly attemptFolder: string
  /** What the file `_marker` in there holds: whoever sees it sees the driver's folder. */
  readonly marker: string
  readonly format: WriteFormat
  readonly compression?: Compression
}

export interface StagePlan {
  readonly id: StageId
  readonly nodes: readonly PlanNode[]
  readonly output: StageOutput
  /** The user's line of the action, or of the operation that the shuffle is for. */
  readonly site: string
  readonly partitions: number
  readonly broadcasts: readonly number[]
  /** Partitions without rows, for which no task is started where that can be helped; ascending. */
  readonly empty?: readonly number[]
  /** The user's line of its first `barrier()`, if it has one: its tasks run together or not at all. */
  readonly barrier?: string
}
