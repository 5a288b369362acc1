/**
 * Merges the values of equal keys before they are shuffled, as long as that makes fewer rows: it stops for good when
 * more than half of the first 65,536 rows were keys of their own. What it decides depends on the rows alone.
 */

import type { Column } from '../codec/columns/column.ts'
import { Fold } from './fold.ts'
import type { Merging } from './merging.ts'
import type { Staging } from './staging.ts'
import { AdaptiveIndex } from './value-index.ts'

const trialRows = 65_536
const maxDistinct = 0.5
/** More keys than this leave the cache of a core; what is merged so far is passed on, and a new table begun. */
const maxKeys = 131_072

export class MapCombine {
  readonly #emit: (key: unknown, value: unknown) => void
  readonly #merging: Merging
  readonly #index: AdaptiveIndex
  readonly #fold: Fold
  readonly #ids: Int32Array
  #rows = 0
  #isOn = true

  /** `emit` gets merged rows, in the order in which their keys first came. */
  constructor(merging: Merging, site: string, batchRows: number, emit: (key: unknown, value: unknown) => void) {
    this.#merging = merging
    this.#emit = emit
    this.#index = new AdaptiveIndex(site)
    this.#fold = new Fold(merging)
    this.#ids = new Int32Array(batchRows)
  }

  /** False once merging does not pay any more: rows then go through `passOn`, or straight on unless it `creates`. */
  get isOn(): boolean {
    return this.#isOn
  }

  /** Whether a value must be made a combiner before it is passed on. */
  get creates(): boolean {
    return this.#merging.create !== undefined
  }

  add(staging: Staging): void {
    const { rows } = staging
    const keys: Column = staging.keysAreNumbers ? staging.keys : staging.keyList
    const values: Column = staging.valuesAreNumbers ? staging.values : staging.valueList
    this.#index.assign(keys, 0, rows, this.#ids)
    this.#fold.add(this.#ids, rows, values, 0)
    this.#rows += rows
    const { size } = this.#index
    if (this.#rows >= trialRows && this.#rows - rows < trialRows && size > maxDistinct * this.#rows) {
      this.#isOn = false
      this.drain()
    } else if (size >= maxKeys) this.drain()
  }

  passOn(staging: Staging): void {
    const { create } = this.#merging
    const { rows } = staging
    const keys = staging.keysAreNumbers ? staging.keys : staging.keyList
    const values = staging.valuesAreNumbers ? staging.values : staging.valueList
    for (let i = 0; i < rows; i++) this.#emit(keys[i], create ? create(values[i] as never) : values[i])
  }

  drain(): void {
    const keys = this.#index.keys()
    const values = this.#fold.values()
    const { size } = this.#index
    for (let i = 0; i < size; i++) this.#emit(keys[i], values[i])
    this.#index.clear()
    this.#fold.clear()
  }
}
