/** What every scheme gives back, and how it is watched and stopped while it trains. */

import type { FactorModel } from '@gridify/mf'
import type { Factors } from './evaluate-factors.ts'
import type { Progress } from './progress-bar.ts'

export interface TrainedFactors {
  readonly factors: Factors
  /** Where the scheme gives one. */
  readonly model?: FactorModel
  readonly loss: readonly number[]
  readonly secondsPerIteration: number
  /** Bytes per iteration, as are the next two. */
  readonly movedBytes: number
  readonly networkBytes: number
  readonly diskBytes: number
  readonly kernel: string
  readonly settings: object
  readonly warnings: readonly string[]
}

export interface TrainingHooks {
  readonly onIteration: (progress: Progress) => void
  readonly signal: AbortSignal
}
