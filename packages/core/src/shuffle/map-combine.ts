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
/** Texts and objects may be large, and little once they are merged: when so much of them waits, it is merged at once. */
const maxWaitingBytes = 2 ** 20
/** More keys than this leave the cache of a core; what is merged so far is passed on, and a new table begun. */
const maxKeys = 131_072

export class MapCombine {
  readonly #emit: (key: unknown, value: unknown) => void
  readonly #merging: Merging
  readonly #index: AdaptiveIndex
  readonly #fold: Fold
  readonly #batchRows: number
  readonly #ids: Int32Array
  readonly #check: () => void
  /** Until enough keys are counted. */
  #trial: DistinctCount | undefined
  /** Rows wait for that, since to count their keys costs a twentieth of merging them for nothing. */
  #waiting: Staging[] = []
  #waitingBytes = 0
  #rows = 0
  #isOn = true

  /** `check` throws where the task was cancelled; `emit` gets merged rows, in the order in which their keys first came. */
  constructor(
    merging: Merging,
    site: string,
    batchRows: number,
    check: () => void,
    emit: (key: unknown, value: unknown) => void,
  ) {
    this.#merging = merging
    this.#check = check
    this.#emit = emit
    this.#index = new AdaptiveIndex(site)
    this.#fold = new Fold(merging)
    this.#batchRows = batchRows
    this.#ids = new Int32Array(batchRows)
    this.#trial = new DistinctCount(site)
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
    if (!this.#trial) {
      this.#take(staging)
      staging.clear()
      return staging
    }
    this.#rows += staging.rows
    this.#trial.add(staging)
    this.#waiting.push(staging)
    this.#waitingBytes += staging.listBytes
    if (this.#trial.size > maxDistinct) this.#isOn = false
    if (!this.#isOn || this.#rows >= trialRows) this.#trial = undefined
    if (!this.#trial || this.#waitingBytes > maxWaitingBytes) this.#takeWaiting()
    return new Staging(this.#batchRows)
  }

  /** Emits all that it holds. */
  drain(): void {
    this.#takeWaiting()
    this.#emitMerged()
  }

  #takeWaiting(): void {
    if (!this.#isOn) this.#emitMerged()
    const waiting = this.#waiting
    this.#waiting = []
    this.#waitingBytes = 0
    for (const staging of waiting) {
      this.#check()
      this.#take(staging)
    }
  }

  #take(staging: Staging): void {
    if (this.#isOn) this.#merge(staging)
    else this.#passOn(staging)
  }

  #emitMerged(): void {
    const keys = this.#index.keys()
    const values = this.#fold.values()
    const { size } = this.#index
    for (let i = 0; i < size; i++) this.#emit(keys[i], values[i])
    this.#index.clear()
    this.#fold.clear()
  }

  #merge(staging: Staging): void {
    const { rows } = staging
    const keys: Column = staging.keysAreNumbers ? staging.keys : staging.keyList
    const values: Column = staging.valuesAreNumbers ? staging.values : staging.valueList
    this.#index.assign(keys, 0, rows, this.#ids)
    this.#fold.add(this.#ids, rows, values, 0)
    if (this.#index.size >= maxKeys) this.#emitMerged()
  }

  #passOn(staging: Staging): void {
    const { create } = this.#merging
    const { rows } = staging
    const keys = staging.keysAreNumbers ? staging.keys : staging.keyList
    const values = staging.valuesAreNumbers ? staging.values : staging.valueList
    for (let i = 0; i < rows; i++) this.#emit(keys[i], create ? create(values[i] as never) : values[i])
  }
}
