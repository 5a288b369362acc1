/** What a task is given of blocks, and what it leaves. */

import type { StorageLevel } from '../base/storage-level.ts'
import type { TaskSuccess } from '../protocol/messages.ts'
import type { BlockPlace } from '../storage/block-place.ts'

/** A block that the task reads: where it lies here, or its bytes if they came from another executor. */
export type InputBlock =
  | {
      readonly kind: 'place'
      readonly place: BlockPlace
      readonly offset: number
      readonly bytes: number
      readonly checksum?: number
    }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array; readonly checksum?: number }

export type ResolvedInput =
  | {
      readonly kind: 'shuffle'
      readonly shuffleId: number
      readonly reduce: number
      readonly blocks: readonly InputBlock[]
    }
  | { readonly kind: 'cache'; readonly datasetId: number; readonly partition: number; readonly block: InputBlock }
  | {
      readonly kind: 'rows'
      readonly datasetId: number
      readonly partition: number
      readonly blocks: readonly Uint8Array[]
    }

export interface ProducedBlock {
  readonly name: string
  readonly place: BlockPlace
  readonly level?: StorageLevel
  /** Its task read a shuffle, so that making it again may run whole stages. */
  readonly costly?: boolean
}

export interface SlotResult {
  readonly success: TaskSuccess
  readonly blocks: readonly ProducedBlock[]
}
