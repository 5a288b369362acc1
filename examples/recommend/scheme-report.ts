/** What the main job reports of each scheme; the names are those of the JSON report. */

import type { Scheme } from './options.ts'

export interface SchemeReport {
  readonly seconds: number
  readonly secondsPerIteration: number
  /** Bytes per iteration, as are networkBytes and diskBytes; what is built before the first iteration is not in them. */
  readonly movedBytes: number
  readonly networkBytes: number
  readonly diskBytes: number
  readonly peakRssBytes: number
  /** After each iteration. */
  readonly loss: readonly number[]
  readonly recallAt20: number
  readonly ndcgAt20: number
  readonly factorsSha256: { readonly users: string; readonly items: string }
  readonly executorsLost: number
  readonly tasksRerun: number
  readonly kernel: string
}

export type SchemeReports = Partial<Record<Scheme, SchemeReport>>

export interface BaselineReport {
  /** How many were asked; a costly baseline asks only every n-th user of a large set. */
  readonly users: number
  readonly recallAt20: number
  readonly ndcgAt20: number
}
