/** The map side of a shuffle: rows are staged, combined where that pays, and sorted by bucket into runs. */

import { checksum } from '../codec/checksum.ts'
import type { SegmentIndex } from '../protocol/messages.ts'
import type { StageOutput } from '../protocol/stage-plan.ts'
import { bucketAssigner } from './buckets.ts'
import { MapCombine } from './map-combine.ts'
import { valueMerging, type FunctionOf } from './merging.ts'
import { Run, type AssignBuckets, type RunScratch } from './run.ts'
import { Staging } from './staging.ts'

/** A run of two int32 columns takes 256 KiB, which leaves a core's cache room for what it is sorted from. */
const minRunRows = 32_768
const maxRunRows = 1_048_576
/** Slices of fewer rows would be mostly header. */
const rowsPerReducer = 128
const combineRows = 4096

export class MapWriter {
  /** Where rows are put until it is full. */
  staging: Staging
  readonly #reducers: number
  readonly #perReducer: number
  readonly #assign: AssignBuckets
  readonly #combine: MapCombine | undefined
  readonly #runStaging: Staging
  readonly #scratch: RunScratch
  readonly #runs: Run[] = []

  constructor(output: Extract<StageOutput, { kind: 'shuffle' }>, functionOf: FunctionOf, site: string) {
    const { partitioner, perReducer, aggregator } = output
    this.#reducers = partitioner.partitions
    this.#perReducer = perReducer
    const runRows = Math.min(maxRunRows, Math.max(minRunRows, rowsPerReducer * this.#reducers))
    this.#assign = bucketAssigner(partitioner, perReducer, site, functionOf)
    this.#scratch = { places: new Int32Array(runRows), hashes: new Int32Array(runRows) }
    this.#runStaging = new Staging(runRows)
    const merging = aggregator && aggregator.kind !== 'group' ? valueMerging(aggregator, functionOf) : undefined
    this.staging = merging ? new Staging(combineRows) : this.#runStaging
    this.#combine = merging && new MapCombine(merging, site, combineRows, (key, value) => this.#emit(key, value))
  }

  /** Takes the rows out of the staging and returns the one to go on with. */
  flush(): Staging {
    if (this.staging === this.#runStaging) this.#makeRun()
    else {
      if (this.#combine!.isOn) this.#combine!.add(this.staging)
      else this.#combine!.passOn(this.staging)
      this.staging.clear()
      if (!this.#combine!.isOn && !this.#combine!.creates) this.staging = this.#runStaging
    }
    return this.staging
  }

  /** All that came, by reducer. */
  finish(): MapOutput {
    if (this.staging !== this.#runStaging && this.staging.rows > 0) this.flush()
    this.#combine?.drain()
    if (this.#runStaging.rows > 0) this.#makeRun()
    return new MapOutput(this.#runs, this.#reducers)
  }

  #emit(key: unknown, value: unknown): void {
    this.#runStaging.push(key, value)
    if (this.#runStaging.isFull) this.#makeRun()
  }

  #makeRun(): void {
    this.#runs.push(new Run(this.#runStaging, this.#reducers, this.#perReducer, this.#assign, this.#scratch))
    this.#runStaging.clear()
  }
}

/** What a map task has made, before it has found its place. */
export class MapOutput {
  readonly #runs: readonly Run[]
  readonly #offsets: readonly number[]
  readonly bytes: number
  readonly reducers: number

  constructor(runs: readonly Run[], reducers: number) {
    this.#runs = runs
    this.reducers = reducers
    const offsets = [0]
    for (let reducer = 0; reducer < reducers; reducer++) {
      let bytes = offsets[reducer]!
      for (const run of runs) bytes += run.sliceBytes(reducer)
      offsets.push(bytes)
    }
    this.#offsets = offsets
    this.bytes = offsets[reducers]!
  }

  partBytes(reducer: number): number {
    return this.#offsets[reducer + 1]! - this.#offsets[reducer]!
  }

  /** Writes one reducer's part to `target`, which begins at a multiple of eight, and returns its checksum. */
  writePart(reducer: number, target: Uint8Array): number {
    let at = 0
    for (const run of this.#runs) {
      const bytes = run.sliceBytes(reducer)
      if (bytes > 0) run.writeSlice(reducer, target.subarray(at, at + bytes))
      at += bytes
    }
    return checksum(target)
  }

  index(checksums: readonly number[]): SegmentIndex {
    return {
      offsets: this.#offsets.slice(0, this.reducers),
      bytes: checksums.map((_, reducer) => this.partBytes(reducer)),
      checksums,
    }
  }
}
