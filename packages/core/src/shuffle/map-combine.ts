/**
 * Merges the values of equal keys before they are shuffled, where that makes fewer rows: not where more than half of the
 * first 65,536 rows have keys of their own. What it decides depends on the rows alone.
 */

import type { Column } from '../codec/columns/column.ts'
import { DistinctCount } from './distinct-count.ts'
import { Fold } from './fold.ts'
import type { Merging } from './merging.ts'
import { Staging } from './staging.ts'
import { AdaptiveIndex } from './value-index.ts'

const trialRows = 65_536
const maxDistinct = trialRows / 2
/** More keys than this leave the cache of a core; what is merged so far is passed on, and a new table begun. */
const maxKeys = 131_072

export class MapCombine {
  readonly #emit: (key: unknown, value: unknown) => void
  readonly #merging: Merging
  readonly #index: AdaptiveIndex
  readonly #fold: Fold
  readonly #batchRows: number
  readonly #ids: Int32Array
  /** Rows that wait for the end of the trial: to count their keys costs a twentieth of merging them for nothing. */
  #trial: { readonly keys: DistinctCount; readonly held: Staging[]; rows: number } | undefined
  #isOn = true

  /** `emit` gets merged rows, in the order in which their keys first came. */
  constructor(merging: Merging, site: string, batchRows: number, emit: (key: unknown, value: unknown) => void) {
    this.#merging = merging
    this.#emit = emit
    this.#index = new AdaptiveIndex(site)
    this.#fold = new Fold(merging)
    this.#batchRows = batchRows
    this.#ids = new Int32Array(batchRows)
    this.#trial = { keys: new DistinctCount(site), held: [], rows: 0 }
  }

  /** False once merging does not pay any more: rows then go through unless it `creates`. */
  get isOn(): boolean {
    return this.#isOn
  }

  /** Whether a value must be made a combiner before it is passed on. */
  get creates(): boolean {
    return this.#merging.create !== undefined
  }

  /** Takes the rows; the staging that it returns, which may be another one, is empty. */
  add(staging: Staging): Staging {
    const trial = this.#trial
    if (trial) {
      trial.held.push(staging)
      trial.rows += staging.rows
      trial.keys.add(staging)
      if (trial.keys.size > maxDistinct) this.#isOn = false
      if (!this.#isOn || trial.rows >= trialRows) this.#endTrial()
      return new Staging(this.#batchRows)
    }
    if (this.#isOn) this.#merge(staging)
    else this.#passOn(staging)
    staging.clear()
    return staging
  }

  /** Emits all that it holds. */
  drain(): void {
    this.#endTrial()
    const keys = this.#index.keys()
    const values = this.#fold.values()
    const { size } = this.#index
    for (let i = 0; i < size; i++) this.#emit(keys[i], values[i])
    this.#index.clear()
    this.#fold.clear()
  }

  #endTrial(): void {
    const held = this.#trial?.held ?? []
    this.#trial = undefined
    for (const staging of held) {
      if (this.#isOn) this.#merge(staging)
      else this.#passOn(staging)
    }
  }

  #merge(staging: Staging): void {
    const { rows } = staging
    const keys: Column = staging.keysAreNumbers ? staging.keys : staging.keyList
    const values: Column = staging.valuesAreNumbers ? staging.values : staging.valueList
    this.#index.assign(keys, 0, rows, this.#ids)
    this.#fold.add(this.#ids, rows, values, 0)
    if (this.#index.size >= maxKeys) this.drain()
  }

  #passOn(staging: Staging): void {
    const { create } = this.#merging
    const { rows } = staging
    const keys = staging.keysAreNumbers ? staging.keys : staging.keyList
    const values = staging.valuesAreNumbers ? staging.values : staging.valueList
    for (let i = 0; i < rows; i++) this.#emit(keys[i], create ? create(values[i] as never) : values[i])
  }
}
