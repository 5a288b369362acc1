/** A run that rests in the file of its task, by reducer. */

import type { SpillFile } from '../storage/spill-file.ts'
import { SliceReader, type RunSlices } from './run.ts'

export class SpilledRun implements RunSlices {
  readonly #file: SpillFile
  readonly #start: number
  /** Where the slices end, counted from the run's start. */
  readonly #ends: Float64Array

  constructor(run: RunSlices, reducers: number, file: SpillFile) {
    this.#file = file
    this.#start = file.bytes
    this.#ends = new Float64Array(reducers)
    let end = 0
    const reader = new SliceReader()
    for (let reducer = 0; reducer < reducers; reducer++) {
      const slice = reader.read(run, reducer)
      file.append(slice)
      end += slice.length
      this.#ends[reducer] = end
    }
  }

  sliceBytes(reducer: number): number {
    return this.#ends[reducer]! - this.#startOf(reducer)
  }

  writeSlice(reducer: number, target: Uint8Array): void {
    this.#file.readInto(target, this.#start + this.#startOf(reducer))
  }

  #startOf(reducer: number): number {
    return reducer === 0 ? 0 : this.#ends[reducer - 1]!
  }
}
