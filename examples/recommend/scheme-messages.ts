/** What the main job and the process that trains one scheme say to each other. */

import type { RecommendOptions, Scheme } from './options.ts'
import type { SchemeReport } from './scheme-report.ts'
import type { NamedList } from './showcase.ts'

export interface TrainRequest {
  readonly scheme: Scheme
  readonly options: RecommendOptions
  /** For files of the engine and of mapreduce; the main job removes it. */
  readonly workFolder: string
  readonly wantsShowcase: boolean
}

export interface TrainedScheme {
  readonly report: Omit<SchemeReport, 'peakRssBytes'>
  readonly settings: Readonly<Record<string, unknown>>
  readonly warnings: readonly string[]
  readonly showcase: readonly NamedList[]
  /** On generated data: the share of related artists in the seed's genre. */
  readonly relatedInGenre?: number
  /** Of the training process alone; the main job measures the whole tree where it can. */
  readonly ownPeakRssBytes: number
}

export type SchemeMessage =
  | { readonly type: 'note'; readonly text: string }
  | {
      readonly type: 'iteration'
      readonly iteration: number
      readonly iterations: number
      readonly loss: number
      readonly seconds: number
    }
  | { readonly type: 'trained'; readonly trained: TrainedScheme }
  | { readonly type: 'failed'; readonly message: string }
