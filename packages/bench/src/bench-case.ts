/** What a case of the core suite is: one computation, written as a user of each peer would write it. */

import type { Context } from '@gridify/core'
import type { SkaleContext } from './peers/skale-api.ts'

/** A few totals over the result; equal for every peer, or one of them computed something else. */
export type Checksum = Readonly<Record<string, number>>

/** The case at one size. Sizes are constants of the programs, so each program is written inside `at`. */
export interface SizedCase {
  /** Makes the files that the programs read, unless they are there. */
  readonly prepare?: () => void
  /** The natural program on the public API. Timed, without the start of the context. */
  readonly gridify: (context: Context) => Promise<Checksum>
  /** One thread, Maps and arrays: what a user writes without a library. */
  readonly plain: () => Checksum | Promise<Checksum>
  /** SQL statements; the last gives one row of doubles, named as the checksum names them. */
  readonly duckdb?: readonly string[]
  /** The body of `def job(sc: SparkContext): Seq[(String, Double)]`. */
  readonly scala?: string
  /** The body of `def job(sc):`, which returns a dict. */
  readonly python?: string
  readonly skale?: (context: SkaleContext) => Promise<Checksum>
}

export interface BenchCase {
  /** What `--case` takes. */
  readonly id: string
  readonly title: string
  /** Checksums by scale. At other scales peers are compared with each other. */
  readonly expected: Readonly<Record<number, Checksum>>
  readonly at: (scale: number) => SizedCase
}

/** The scale that tests run at. */
export const tinyScale = 0.001

/** Eight at scale 1 and below, as many more as there is more data. */
export function partitionsAt(scale: number): number {
  return Math.max(8, Math.ceil(8 * scale))
}
