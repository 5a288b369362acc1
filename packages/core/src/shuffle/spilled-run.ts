/** A run that rests in the file of its task, by reducer. */

import type { SpillFile } from '../storage/spill-file.ts'
import type { Run, RunSlices } from './run.ts'

export class SpilledRun implements RunSlices {
  readonly #file: SpillFile
  readonly #start: number
  /** Where the slices end, counted from the run's start. */
  readonly #ends: Float64Array

  constructor(run: Run, reducers: number, file: SpillFile) {
    this.#file = file
    this.#start = file.bytes
    this.#ends = new Float64Array(reducers)
    let end = 0
    let buffer = new Uint8Array(0)
    for (let reducer = 0; reducer < reducers; reducer++) {
      const bytes = run.sliceBytes(reducer)
      if (bytes > 0) {
        if (bytes > buffer.length) buffer = new Uint8Array(2 * bytes)
        const slice = buffer.subarray(0, bytes)
        run.writeSlice(reducer, slice)
        file.append(slice)
      }
      end += bytes
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
