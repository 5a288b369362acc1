/** One attempt of a task: its inputs, the pipeline over them, and what it leaves. */

import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import { AbortedError, FetchError } from '../base/errors.ts'
import type { FileSplit } from '../base/file-split.ts'
import type { TaskId } from '../base/ids.ts'
import type { Region } from '../base/region.ts'
import type { StorageLevel } from '../base/storage-level.ts'
import type { Closure } from '../closure/closure.ts'
import { ValueClasses, withClasses } from '../codec/classes.ts'
import { checksum } from '../codec/checksum.ts'
import { plainRow } from '../codec/group.ts'
import { readSegment, SegmentBuilder } from '../codec/segment.ts'
import { decodeValue, encodeValue } from '../codec/value.ts'
import { neededInputs } from '../plan/inputs.ts'
import {
  cacheBlock,
  shuffleBlock,
  type AccumulatorUpdate,
  type CachedPartition,
  type Piece,
  type TaskDescription,
  type TaskSuccess,
} from '../protocol/messages.ts'
import type { PlanNode, Sink, StageOutput, StagePlan } from '../protocol/stage-plan.ts'
import { MapWriter, type MapOutput } from '../shuffle/map-writer.ts'
import type { SliceSource } from '../shuffle/slice.ts'
import { TaskSpills } from '../storage/task-spills.ts'
import { ShuffleParts } from './shuffle-parts.ts'
import type { MalformedReport } from '../files/malformed-rows.ts'
import { readRowsAsync } from '../files/read-rows.ts'
import { download, isS3, upload } from '../files/s3.ts'
import { readPlace, writeFileBlock, type BlockPlace } from '../storage/block-place.ts'
import { fileSegments } from '../storage/file-blocks.ts'
import { KeptPartition } from '../storage/kept-partition.ts'
import type { TaskContext } from '../task/task-context.ts'
import { mapInOrder } from './async-rows.ts'
import { barrierRows } from './barrier-rows.ts'
import { Meeting } from './meeting.ts'
import { entering } from './entering.ts'
import { computeChunks, type OperatorScope } from './operators.ts'
import { SharedRegionTable } from './shared-region-table.ts'
import { sync } from './row-checks.ts'
import { drain } from './sinks.ts'
import { batchesOfChunk, rowChunk, segmentChunks, type Chunk } from './pipeline/chunk.ts'
import type { LoopCache } from './pipeline/loop-cache.ts'
import { stretches, type PipelineScope, type PipelineSink } from './pipeline/stretches.ts'
import { isStep } from './steps.ts'
import type { InputBlock, ProducedBlock, ResolvedInput, SlotResult } from './task-blocks.ts'
import type { SlotServices } from './slot-services.ts'
import { taskContext, type Resources } from './make-task-context.ts'

/** All that belongs to one attempt; thrown away with it. */
export class TaskRun implements OperatorScope, PipelineScope {
  readonly nodes: readonly PlanNode[]
  readonly task: TaskContext
  readonly piece: Piece | undefined
  readonly functionOf: (closure: Closure) => (...args: unknown[]) => unknown
  readonly loops: LoopCache
  readonly #plan: StagePlan
  readonly #description: TaskDescription
  readonly #inputs: readonly ResolvedInput[]
  readonly #services: SlotServices
  readonly #blocks: ProducedBlock[] = []
  readonly #cached: CachedPartition[] = []
  readonly #sums = new Map<string, { accumulator: number; datasetId: number; partition: number; total: number }>()
  readonly #malformed = new Map<string, AccumulatorUpdate>()
  readonly #copies = new Map<string, readonly FileSplit[]>()
  readonly #ended = new Set<string>()
  /** Cached partitions in the making; what is left of them at the end of the task was not read to its end. */
  readonly #keeping = new Set<KeptPartition>()
  readonly #started = performance.now()
  #abort: AbortController | undefined
  #aborted: { readonly reason: unknown } | undefined
  readonly #awaited = new Map<string, Uint8Array>()
  readonly nextPath = () => this.#services.spillPath()
  readonly spills: TaskSpills
  readonly #parts: ShuffleParts
  #meeting: Meeting | undefined
  #movedBytes = 0
  #diskBytes = 0
  /** Whose function runs; undefined for the action's own. */
  #node: PlanNode | undefined
  #partition = 0

  constructor(
    plan: StagePlan,
    description: TaskDescription,
    inputs: readonly ResolvedInput[],
    services: SlotServices,
    shared: SharedRegionTable,
    functionOf: (closure: Closure) => (...args: unknown[]) => unknown,
    resources: Resources,
    loops: LoopCache,
  ) {
    this.loops = loops
    this.nodes = plan.nodes
    this.piece = description.piece
    this.functionOf = functionOf
    this.#plan = plan
    this.#description = description
    this.#inputs = inputs
    this.#services = services
    this.spills = new TaskSpills(services.executionBytes, this.nextPath)
    this.#parts = new ShuffleParts(services.pool, services.executionBytes, description.piece !== undefined)
    this.task = taskContext({
      stage: plan.id,
      description,
      services,
      shared,
      resources,
      signal: () => this.#signal(),
    })
  }

  /** Runs the asynchronous steps, upstream first; the synchronous pipeline then reads their encoded results. */
  async awaitSteps(classes: ValueClasses): Promise<void> {
    const { awaited } = neededInputs(this.#plan, this.#description.partition, (dataset, partition) =>
      this.#inputs.some(
        (input) => input.kind === 'cache' && input.datasetId === dataset && input.partition === partition,
      ),
    )
    for (const { index, partition } of awaited) {
      const node = this.nodes[index]!
      const results = new SegmentBuilder()
      if (node.kind === 'files' && node.format.kind !== 'parquet') {
        const copies: FileSplit[] = []
        this.#copies.set(`${node.datasetId}-${partition}`, copies)
        for (const split of node.splits[partition]!) {
          this.checkCancelled()
          const copy = this.nextPath()
          copies.push({ ...split, copy })
          await download(split, copy, node.site)
        }
        continue
      }
      if (node.kind === 'files') {
        for await (const batch of readRowsAsync(node.splits[partition]!, node.format, node.site)) {
          this.checkCancelled()
          results.pushAll(batch)
        }
        this.#awaited.set(`${node.datasetId}-${partition}`, results.join())
        continue
      }
      if (node.kind !== 'mapAsync' && node.kind !== 'barrier') continue
      const fn = this.functionOf(node.closure)
      if (node.kind === 'barrier') {
        const enter = () => this.enter(node, partition)
        const rows = entered(readWith(classes, this.batchesOf(node.parent, partition)), enter)
        const task = { ...this.task, ...this.#meet(classes).methods }
        await barrierRows(() => (node.indexed ? fn(partition, rows, task) : fn(rows, task)), {
          site: node.site,
          signal: this.task.signal,
          enter,
          take: (made) => {
            this.checkCancelled()
            withClasses(classes, () => results.pushAll(made))
          },
        })
        this.#ended.add(`${node.datasetId}-${partition}`)
        this.#awaited.set(
          `${node.datasetId}-${partition}`,
          withClasses(classes, () => results.join()),
        )
        continue
      }
      await mapInOrder(
        readWith(classes, this.batchesOf(node.parent, partition)),
        node.concurrency,
        (row) => {
          this.enter(node, partition)
          return fn(row, this.task)
        },
        (result) => withClasses(classes, () => results.push(result)),
        () => this.checkCancelled(),
      )
      this.#ended.add(`${node.datasetId}-${partition}`)
      const bytes = withClasses(classes, () => results.join())
      this.#awaited.set(`${node.datasetId}-${partition}`, bytes)
    }
  }

  /** One for all barriers of the stage, since its tasks count their calls through all of them. */
  #meet(classes: ValueClasses): Meeting {
    this.#meeting ??= new Meeting({
      task: this.#description.id,
      together: this.#description.together ?? [],
      site: this.#plan.barrier!,
      signal: this.task.signal,
      tell: (message) => this.#services.tell(message),
      withClasses: (run) => withClasses(classes, run),
    })
    return this.#meeting
  }

  met(task: TaskId, values: readonly Uint8Array[]): void {
    if (task === this.#description.id) this.#meeting?.met(values)
  }

  /** Ends what waits in the task; without an id, whichever task it is. */
  cancel(task = this.#description.id): void {
    if (task === this.#description.id) this.#abortFor(new AbortedError(`task ${task} was cancelled`))
  }

  #abortFor(reason: unknown): void {
    this.#aborted ??= { reason }
    this.#abort?.abort(reason)
  }

  #signal(): AbortSignal {
    if (!this.#abort) {
      this.#abort = new AbortController()
      if (this.#aborted) this.#abort.abort(this.#aborted.reason)
    }
    return this.#abort.signal
  }

  splitsOf(node: Extract<PlanNode, { kind: 'files' }>, partition: number): readonly FileSplit[] {
    return this.#copies.get(`${node.datasetId}-${partition}`) ?? node.splits[partition]!
  }

  /** Sends the file of a save to where attempts go, where that is a bucket. */
  async publish(result: SlotResult): Promise<SlotResult> {
    const { output } = this.#plan
    if (output.kind !== 'save' || !isS3(output.attemptFolder)) return result
    const written = decodeValue(result.success.value!) as string | undefined
    if (written === undefined) return result
    try {
      const address = `${output.attemptFolder}/${this.#description.partition}-${this.#description.attempt}-${randomUUID()}`
      await upload(written, address, `${output.operation}()`)
      return { ...result, success: { ...result.success, value: encodeValue(address) } }
    } finally {
      rmSync(written, { force: true })
    }
  }

  /** Removes copies of objects and what was spilled. */
  end(): void {
    this.spills.removeAll()
    this.#parts.close()
    for (const kept of this.#keeping) kept.discard()
    for (const splits of this.#copies.values()) for (const { copy } of splits) rmSync(copy!, { force: true })
  }

  reportMalformed(node: Extract<PlanNode, { kind: 'files' }>, partition: number, report: MalformedReport): void {
    const { datasetId, malformed } = node
    if (malformed === undefined || report.count === 0) return
    const value = encodeValue(report)
    this.#malformed.set(`${datasetId}-${partition}`, { accumulator: malformed, datasetId, partition, value })
  }

  awaitedOf(node: PlanNode, partition: number): Generator<unknown[]> {
    return readSegment(this.#awaited.get(`${node.datasetId}-${partition}`)!)
  }

  checkCancelled(): void {
    this.#services.checkHeap?.()
    if (this.#services.claims.isCancelled) throw new AbortedError(`task ${this.#description.id} was cancelled`)
  }

  toEnd(): SlotResult {
    const { output } = this.#plan
    let success: Pick<TaskSuccess, 'index' | 'value'>
    if (output.kind === 'shuffle') {
      const written = this.#writeMapOutput(output)
      const { place, checksums } = this.#placeOutput(written, output.storage)
      this.#blocks.push({ name: shuffleBlock(output.shuffleId, this.#description.unit), place })
      success = { index: written.index(checksums) }
    } else success = { value: this.#drain(output) }
    this.ended(this.#sinkId, this.#description.partition)
    const accumulators: AccumulatorUpdate[] = [...this.#malformed.values()]
    for (const sum of this.#sums.values())
      if (this.#ended.has(`${sum.datasetId}-${sum.partition}`))
        accumulators.push({
          accumulator: sum.accumulator,
          datasetId: sum.datasetId,
          partition: sum.partition,
          value: encodeValue(sum.total),
        })
    const metrics = {
      movedBytes: this.#movedBytes,
      // The session knows what crossed the network.
      networkBytes: 0,
      diskBytes: this.#diskBytes + this.spills.bytes,
      milliseconds: performance.now() - this.#started,
    }
    return { success: { ...success, cached: this.#cached, accumulators, metrics }, blocks: this.#blocks }
  }

  #writeMapOutput(output: Extract<StageOutput, { kind: 'shuffle' }>): MapOutput {
    const { site } = this.#plan
    const writer = new MapWriter(output, this.functionOf, site, this.spills, () => this.checkCancelled())
    this.#pour({ kind: 'shuffle', site }, writer)
    return writer.finish()
  }

  /** The sinks that a generated loop feeds row by row, and the others batch by batch. */
  #drain(output: Sink): Uint8Array {
    const { site } = this.#plan
    switch (output.kind) {
      case 'count':
        return encodeValue(this.#pour({ kind: 'count', site }, { count: 0 }).count)
      case 'reduce': {
        const start: { any: boolean; total: unknown } = { any: false, total: undefined }
        const { any, total } = this.#pour({ kind: 'reduce', merge: output.closure, site }, start)
        return encodeValue(any ? [plainRow(sync(total, site))] : [])
      }
      case 'aggregate': {
        const start = { total: decodeValue(output.zero) }
        const { total } = this.#pour({ kind: 'aggregate', merge: output.closure, site }, start)
        return encodeValue(sync(total, site))
      }
      default: {
        const batches = this.batchesOf(this.nodes.length - 1, this.#description.partition)
        // What the sink's own function adds and throws is the action's.
        const enter = () => this.enter(undefined, this.#description.partition)
        enter()
        return drain(entering(batches, enter), output, site, this.functionOf, this.task, this.nextPath)
      }
    }
  }

  #pour<T extends object>(sink: PipelineSink, target: T): T {
    this.enter(undefined, this.#description.partition)
    const steps = stretches(this, this.nodes.length - 1, this.#description.partition, sink, target)
    while (!steps.next().done);
    return target
  }

  /** Removes the files of an attempt that failed; its pages go with their owner. */
  discard(reason: unknown): void {
    this.#abortFor(reason)
    for (const { place } of this.#blocks) if (place.kind === 'disk') rmSync(place.path, { force: true })
  }

  /** The user's line whose function runs, for error messages; none where it is the action's. */
  get site(): string | undefined {
    return this.#node?.site
  }

  enter(node: PlanNode | undefined, partition: number): void {
    this.#node = node
    this.#partition = partition
  }

  /** For what the functions of the stage's end add. The map side of a shuffle is no dataset, and its partitions are not those of the shuffled one. */
  get #sinkId(): number {
    const { output } = this.#plan
    if (output.kind !== 'shuffle') return 0
    const shuffle: number = output.shuffleId
    return -shuffle
  }

  accumulate(accumulator: number, amount: number): void {
    const datasetId = this.#node?.datasetId ?? this.#sinkId
    const key = `${accumulator}-${datasetId}-${this.#partition}`
    const sum = this.#sums.get(key)
    if (sum) sum.total += amount
    else this.#sums.set(key, { accumulator, datasetId, partition: this.#partition, total: amount })
  }

  *batchesOf(index: number, partition: number): Generator<unknown[]> {
    const node = this.nodes[index]!
    yield* isStep(node) && !node.persist
      ? this.#steppedBatches(index, partition, { kind: 'rows', site: '' })
      : this.#keptBatches(index, partition)
  }

  *#keptBatches(index: number, partition: number): Generator<unknown[]> {
    for (const chunk of this.chunksOf(index, partition)) yield* batchesOfChunk(chunk, () => this.checkCancelled())
  }

  *#steppedBatches(index: number, partition: number, sink: PipelineSink): Generator<unknown[]> {
    const target: { out: unknown[] } = { out: [] }
    for (const _ of stretches(this, index, partition, sink, target)) {
      yield target.out
      target.out = []
    }
  }

  /** The rows of a node: from the cache, or computed, and then kept where the user asked for it. */
  *chunksOf(index: number, partition: number): Generator<Chunk> {
    const node = this.nodes[index]!
    const held = this.#inputs.find(
      (input) => input.kind === 'cache' && input.datasetId === node.datasetId && input.partition === partition,
    )
    if (held?.kind === 'cache') {
      for (const segment of this.#segments(held.block)) yield* segmentChunks(segment)
      return
    }
    const made = isStep(node)
      ? mapped(this.#steppedBatches(index, partition, { kind: 'rows', site: '', keeps: true }), rowChunk)
      : computeChunks(node, partition, this)
    if (node.persist) yield* this.#kept(made, node, node.persist, partition)
    else
      for (const chunk of made) {
        this.checkCancelled()
        yield chunk
      }
    this.ended(node.datasetId, partition)
  }

  ended(datasetId: number, partition: number): void {
    this.#ended.add(`${datasetId}-${partition}`)
  }

  *#kept(chunks: Iterable<Chunk>, node: PlanNode, level: StorageLevel, partition: number): Generator<Chunk> {
    const { datasetId } = node
    const kept = new KeptPartition({
      pool: this.#services.pool,
      level,
      allocate: (bytes, mayEvict) =>
        mayEvict ? this.#allocate(bytes, datasetId) : this.#services.pool.tryAllocate(bytes, this.#services.owner),
      nextPath: this.nextPath,
    })
    this.#keeping.add(kept)
    const store = new SegmentBuilder((part) => kept.add(part))
    // Rows go on when they are encoded: a function that changes what it is given does not change what is kept.
    const passing: unknown[][] = []
    let passingRows = 0
    for (const chunk of chunks) {
      for (const rows of batchesOfChunk(chunk, () => this.checkCancelled())) {
        store.pushAll(rows)
        passing.push(rows)
        passingRows += rows.length
        for (let next = passing[0]; next && passingRows - next.length >= store.waitingRows; next = passing[0]) {
          passingRows -= next.length
          yield rowChunk(passing.shift()!)
        }
      }
    }
    store.flush()
    for (const rows of passing) yield rowChunk(rows)
    const name = cacheBlock(datasetId, partition)
    // One that is read twice in a task is made twice, and kept once.
    if (this.#blocks.some((block) => block.name === name)) return
    const place = kept.finish()
    this.#keeping.delete(kept)
    if (!place) return
    if (place.kind === 'disk') this.#diskBytes += place.bytes
    const costly = this.#inputs.some((input) => input.kind === 'shuffle')
    this.#blocks.push({ name, place, level, costly })
    this.#cached.push({ datasetId, partition, bytes: store.bytes })
  }

  *rowsOf(datasetId: number, partition: number): Generator<Chunk> {
    for (const input of this.#inputs)
      if (input.kind === 'rows' && input.datasetId === datasetId && input.partition === partition)
        for (const block of input.blocks) yield* segmentChunks(block)
  }

  slicesOf(shuffleId: number, reduce: number): SliceSource[] {
    const blocks = this.#inputs.flatMap((input) =>
      input.kind === 'shuffle' && input.shuffleId === shuffleId && input.reduce === reduce ? input.blocks : [],
    )
    const { sources, movedBytes, diskBytes } = this.#parts.read(blocks)
    this.#movedBytes += movedBytes
    this.#diskBytes += diskBytes
    return sources
  }

  /** A cached partition, a stretch at a time where it rests in a file. */
  *#segments(block: InputBlock): Generator<Uint8Array> {
    if (block.kind === 'bytes' || block.place.kind === 'memory') {
      yield this.#read(block)
      return
    }
    this.#diskBytes += block.bytes
    yield* fileSegments(block.place.path, block.offset, block.bytes)
  }

  #read(block: InputBlock): Uint8Array {
    const bytes =
      block.kind === 'bytes' ? block.bytes : readPlace(this.#services.pool, block.place, block.offset, block.bytes)
    if (block.kind === 'place' && block.place.kind === 'disk') this.#diskBytes += bytes.length
    // Only bytes that left memory can have changed.
    if (
      block.checksum !== undefined &&
      (block.kind === 'bytes' || block.place.kind === 'disk') &&
      checksum(bytes) !== block.checksum
    )
      throw new FetchError('a block does not have the checksum that it was written with')
    return bytes
  }

  /** Writes each reducer's part of a map output where it is to rest. */
  #placeOutput(output: MapOutput, storage: 'memory' | 'disk'): { place: BlockPlace; checksums: number[] } {
    const checksums: number[] = []
    const region = storage === 'disk' ? undefined : this.#allocate(output.bytes)
    if (region) {
      const target = this.#services.pool.view(region)
      let at = 0
      for (let reducer = 0; reducer < output.reducers; reducer++) {
        const end = at + output.partBytes(reducer)
        checksums.push(output.writePart(reducer, target.subarray(at, end)))
        at = end
      }
      return { place: { kind: 'memory', region }, checksums }
    }
    this.#diskBytes += output.bytes
    const pieces = output.pieces((sum) => checksums.push(sum))
    return { place: writeFileBlock(this.#services.spillPath(), pieces), checksums }
  }

  /** `writing` is the dataset whose own partitions do not leave for it. */
  #allocate(bytes: number, writing?: number): Region | undefined {
    const { pool, owner } = this.#services
    const region = pool.tryAllocate(bytes, owner)
    if (region) return region
    this.#services.makeRoom(bytes, writing)
    return pool.tryAllocate(bytes, owner)
  }
}

/** Each step of a generator sees these classes; between steps others run. */
function* readWith<T>(classes: ValueClasses, batches: Iterator<T>): Generator<T> {
  for (;;) {
    const next = withClasses(classes, () => batches.next())
    if (next.done) return
    yield next.value
  }
}

function* mapped<T, U>(items: Iterable<T>, fn: (item: T) => U): Generator<U> {
  for (const item of items) yield fn(item)
}

function* entered(batches: Iterable<unknown[]>, enter: () => void): Generator<unknown> {
  for (const batch of entering(batches, enter)) yield* batch
}
