/** What an executor is told of a stage, once; tasks then name only the stage and their partition. */

import type { DatasetId, ShuffleId, StageId } from '../base/ids.ts'
import type { StorageLevel } from '../base/storage-level.ts'
import type { Closure } from '../closure/closure.ts'
import type { Aggregator, JoinKind } from '../lineage/node.ts'
import type { Partitioner } from '../lineage/partitioner.ts'

export interface TextSplit {
  readonly path: string
  readonly start: number
  readonly end: number
  readonly size: number
  readonly modifiedMs: number
}

/** One step of a pipeline; `parent` and `parents` are indices into `StagePlan.nodes`, always smaller than its own. */
export type PlanNode = {
  readonly datasetId: DatasetId
  readonly partitions: number
  readonly site: string
  readonly persist?: StorageLevel
} & (
  | { readonly kind: 'rows' }
  | { readonly kind: 'range'; readonly start: number; readonly end: number; readonly step: number }
  | { readonly kind: 'text'; readonly splits: readonly (readonly TextSplit[])[] }
  | {
      readonly kind: 'map' | 'filter' | 'flatMap' | 'mapValues' | 'flatMapValues' | 'keyBy' | 'mapPartitions'
      readonly parent: number
      readonly closure: Closure
      readonly indexed: boolean
    }
  | { readonly kind: 'keys' | 'values' | 'asKeys' | 'ones'; readonly parent: number }
  | { readonly kind: 'aggregate'; readonly parent: number; readonly aggregator: Aggregator }
  | { readonly kind: 'union'; readonly parents: readonly number[] }
  | { readonly kind: 'zipPartitions'; readonly parents: readonly number[]; readonly closure: Closure }
  | { readonly kind: 'cogroup'; readonly parents: readonly number[]; readonly join?: JoinKind }
  | {
      readonly kind: 'shuffle'
      readonly shuffleId: ShuffleId
      readonly aggregator?: Aggregator
      readonly sort?: 'ascending' | 'descending'
    }
)

export type StageOutput =
  | {
      readonly kind: 'shuffle'
      readonly shuffleId: ShuffleId
      readonly partitioner: Partitioner
      readonly aggregator?: Aggregator
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
  | { readonly kind: 'top'; readonly count: number }
  | { readonly kind: 'sampleKeys'; readonly count: number }
  | { readonly kind: 'lookup'; readonly key: Uint8Array }
  | { readonly kind: 'saveText'; readonly folder: string; readonly attemptFolder: string }

export interface StagePlan {
  readonly id: StageId
  readonly nodes: readonly PlanNode[]
  readonly output: StageOutput
  readonly partitions: number
  readonly broadcasts: readonly number[]
}
