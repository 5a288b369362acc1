/** The map side of a shuffle: rows are staged, combined where that pays, and sorted by bucket into runs. */

import { checksum, RunningChecksum } from '../codec/checksum.ts'
import { TextWriter } from '../codec/columns/text-writer.ts'
import type { SegmentIndex } from '../protocol/messages.ts'
import type { StageOutput } from '../protocol/stage-plan.ts'
import type { TaskSpills } from '../storage/task-spills.ts'
import { bucketAssigner } from './buckets.ts'
import { MapCombine } from './map-combine.ts'
import { valueMerging, type FunctionOf } from './merging.ts'
import { Run, SliceReader, type AssignBuckets, type RunScratch, type RunSlices } from './run.ts'
import { SpilledRun } from './spilled-run.ts'
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
  readonly #groups: boolean
  readonly #combine: MapCombine | undefined
  readonly #runStaging: Staging
  readonly #scratch: RunScratch
  readonly #spills: TaskSpills
  readonly #runs: RunSlices[] = []
  /** Those that are still in memory, with their place among all. */
  #held: { readonly run: Run; readonly place: number }[] = []
  #heldBytes = 0

  /** `check` throws where the task was cancelled. */
  constructor(
    output: Extract<StageOutput, { kind: 'shuffle' }>,
    functionOf: FunctionOf,
    site: string,
    spills: TaskSpills,
    check: () => void = () => {},
  ) {
    this.#spills = spills
    const { partitioner, perReducer, aggregator, forCogroup } = output
    this.#groups = forCogroup ?? false
    this.#reducers = partitioner.partitions
    this.#perReducer = perReducer
    const runRows = Math.min(maxRunRows, Math.max(minRunRows, rowsPerReducer * this.#reducers))
    this.#assign = bucketAssigner(partitioner, perReducer, site, functionOf)
    this.#scratch = {
      places: new Int32Array(runRows),
      texts: new TextWriter(runRows),
      recordsFit: true,
    }
    this.#runStaging = new Staging(runRows)
    const merging = aggregator && aggregator.kind !== 'group' ? valueMerging(aggregator, functionOf) : undefined
    this.staging = merging ? new Staging(combineRows) : this.#runStaging
    this.#combine = merging && new MapCombine(merging, site, combineRows, check, (key, value) => this.#emit(key, value))
  }

  /** Takes the rows out of the staging and returns the one to go on with. */
  flush(): Staging {
    if (this.staging === this.#runStaging) this.#makeRun()
    else {
      this.staging = this.#combine!.add(this.staging)
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
    const run = new Run(this.#runStaging, this.#reducers, this.#perReducer, this.#assign, this.#scratch, this.#groups)
    this.#held.push({ run, place: this.#runs.push(run) - 1 })
    this.#runStaging.clear()
    this.#heldBytes += run.bytes
    if (this.#heldBytes > this.#spills.budget) this.#spillRuns()
  }

  /** Only where a run rests changes: what is laid out in the end is the same. */
  #spillRuns(): void {
    for (const { run, place } of this.#held) this.#runs[place] = new SpilledRun(run, this.#reducers, this.#spills.file)
    this.#held = []
    this.#heldBytes = 0
  }
}

/** What a map task has made, before it has found its place. */
export class MapOutput {
  readonly #runs: readonly RunSlices[]
  readonly #offsets: readonly number[]
  readonly bytes: number
  readonly reducers: number

  constructor(runs: readonly RunSlices[], reducers: number) {
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

  /** All parts one behind another, each piece valid until the next is asked for; `onPart` gets the checksum of each once its last slice is out. */
  *pieces(onPart: (checksum: number) => void): Generator<Uint8Array> {
    const reader = new SliceReader()
    for (let reducer = 0; reducer < this.reducers; reducer++) {
      const sum = new RunningChecksum()
      for (const run of this.#runs) {
        const slice = reader.read(run, reducer)
        if (slice.length === 0) continue
        sum.add(slice)
        yield slice
      }
      onPart(sum.value())
    }
  }

  index(checksums: readonly number[]): SegmentIndex {
    return {
      offsets: this.#offsets.slice(0, this.reducers),
      bytes: checksums.map((_, reducer) => this.partBytes(reducer)),
      checksums,
    }
  }
}
