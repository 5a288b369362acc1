/** The user's entry: makes datasets, broadcasts and accumulators, runs jobs, and owns the cluster. */

import { inspect, types } from 'node:util'
import { AbortedError, UsageError } from '../base/errors.ts'
import { callSite, describeCallSite, type CallSite } from '../base/call-site.ts'
import type { Clock } from '../base/clock.ts'
import { checkAddress } from '../base/file-address.ts'
import { describeThrown } from '../base/describe-thrown.ts'
import type { LogRecord } from '../base/logger.ts'
import type { Config } from '../base/config.ts'
import type { Persistence } from '../base/storage-level.ts'
import type { JsonValue, ReadFormat } from '../base/file-format.ts'
import { promisedError } from '../base/promised-error.ts'
import { wrongOption } from '../base/wrong-option.ts'
import {
  createIdSource,
  handleIds,
  type AccumulatorId,
  type BroadcastId,
  type DatasetId,
  type JobId,
  type ShuffleId,
  type StageId,
} from '../base/ids.ts'
import { captureClosure } from '../closure/capture.ts'
import { meetClass } from '../closure/register-class.ts'
import { shipSymbol, type Closure } from '../closure/closure.ts'
import { driverClasses } from '../codec/classes.ts'
import { SegmentBuilder } from '../codec/segment.ts'
import { encodeValue } from '../codec/value.ts'
import { Dataset, type Row } from '../dataset/dataset.ts'
import { FileDataset, MalformedRows } from '../dataset/file-dataset.ts'
import type { ActionOptions, JobRunner } from '../dataset/job-runner.ts'
import { locationsOf, type PreferredLocations } from '../dataset/locations.ts'
import { isS3 } from '../files/s3.ts'
import type { MalformedReport } from '../files/malformed-rows.ts'
import { parentsOf, partitionerOf, type FilesNode, type LineageNode, type StreamNode } from '../lineage/node.ts'
import { checkPartitions } from '../lineage/partitioner.ts'
import { explainStages } from '../plan/explain.ts'
import { lastStage, partitionCount, resolvePartitioner, splitStages, type Resolutions } from '../plan/split-stages.ts'
import type { Sink } from '../protocol/stage-plan.ts'
import { Accumulator } from '../task/accumulator.ts'
import { Broadcast, droppedBroadcast } from '../task/broadcast.ts'
import type { TaskContext } from '../task/task-context.ts'
import { JobDriver, type ExecutorInfo, type Metrics } from './job-driver.ts'
import { CheckpointFiles } from './checkpoint-files.ts'
import { Scope } from './scope.ts'
import { readOnDriver } from './driver-files.ts'
import {
  checkColumns,
  checkFiles,
  csvFormat,
  csvNames,
  jsonLinesFormat,
  jsonLinesNames,
  operationOf,
  type CsvOptions,
  type FileOptions,
  type JsonLinesOptions,
  type ParquetOptions,
} from './file-options.ts'
import { Reachability } from './reachability.ts'
import { awaitSources, listSources, resolveLineage, type ResolvePorts } from './resolve-lineage.ts'
import { readStream } from './stream-source.ts'

/** What the context needs of a cluster; see cluster/. */
export interface ContextCluster {
  readonly clock: Clock
  readonly executors: readonly {
    id: string
    url: string
    channel: unknown
    readonly describeEnd?: () => Promise<string | undefined>
  }[]
  readonly sessionKey: string
  readonly ca?: string
  stop(): Promise<void>
}

/** How `source` reads. */
export interface SourceOptions {
  /** Where each partition lies. */
  readonly preferredLocations?: PreferredLocations | undefined
}

/** How `parallelize` cuts its rows. */
export interface ParallelizeOptions extends SourceOptions {
  /** One per slot by default. */
  readonly partitions?: number | undefined
}

/** Their functions may return promises. */
const asynchronousOperations = new Set(['mapAsync', 'barrier().mapPartitions', 'barrier().mapPartitionsWithIndex'])

const mergingOperations = new Set([
  'reduce',
  'treeReduce',
  'fold',
  'aggregate',
  'treeAggregate',
  'reduceByKey',
  'foldByKey',
  'combineByKey',
  'aggregateByKey',
])

/** Which context each node belongs to. */
const owners = new WeakMap<LineageNode, Context>()

/**
 * What `createContext()` gives: makes datasets, broadcasts and accumulators, runs their jobs, and owns the executors
 * that it started. Each dataset belongs to one context.
 */
export class Context {
  readonly #config: Config
  readonly #cluster: ContextCluster
  readonly #driver: JobDriver
  readonly #ids = createIdSource()
  readonly #broadcasts = new Map<number, { readonly bytes: Uint8Array; readonly handle: WeakRef<object> }>()
  /** What a function captured lives as long as it does, also where the user has let go of it. */
  readonly #captured = new WeakMap<Closure, readonly (object | undefined)[]>()
  readonly #reachability = new Reachability(
    ({ datasets, shuffles, malformed }) => this.#forget(datasets, shuffles, malformed),
    (handle) => (handle.kind === 'broadcast' ? this.#dropBroadcast(handle.id) : this.#dropAccumulator(handle.id)),
  )
  readonly #totals = new Map<number, number>()
  /** Ends what the driver itself reads. */
  readonly #ending = new AbortController()
  /** By the accumulator under which executors report. */
  readonly #malformed = new Map<number, MalformedRows>()
  /** Whose rows the driver reads, with the partitions whose malformed rows are counted. */
  readonly #driverFiles = new Map<DatasetId, { readonly node: WeakRef<FilesNode>; readonly counted: Set<number> }>()
  readonly #resolutions: Resolutions = {
    splits: new WeakMap(),
    bounds: new WeakMap(),
    offsets: new Map(),
    allotted: new Map(),
    levels: new Map(),
    names: new Map(),
    mapStages: new Map(),
  }
  readonly #slices = new Map<DatasetId, readonly (readonly Uint8Array[])[]>()
  readonly #streams = new Map<DatasetId, { rows: AsyncIterable<unknown>; read?: Promise<void> }>()
  readonly #resolvePorts: ResolvePorts = {
    resolutions: this.#resolutions,
    runJob: (node, sink, site, options) => this.#runJob(node, sink, site, options),
    readStream: (node, signal) => this.#readStream(node, signal),
    slots: () => this.executors().reduce((sum, { cores }) => sum + cores, 0),
    hasOutputs: (shuffle) => this.#driver.heldBlocks.hasOutputs(shuffle),
  }
  readonly #scopes: Scope[] = []
  /** What captures warned of already, each once per call site. */
  readonly #warned = new Set<string>()
  readonly #checkpoints: CheckpointFiles | undefined
  readonly #runner: JobRunner
  #defaultPartitions = 1
  #stopped: Promise<void> | undefined

  /** @internal Use `createContext()`. */
  constructor(config: Config, cluster: ContextCluster) {
    this.#config = config
    driverClasses.meet = meetClass
    this.#cluster = cluster
    if (config.checkpointDir !== undefined)
      this.#checkpoints = new CheckpointFiles(config.checkpointDir, (message) =>
        this.#log({ level: 'warn', source: 'driver', message }),
      )
    this.#driver = new JobDriver({
      clock: cluster.clock,
      limits: {
        maxFailures: config.taskMaxFailures,
        maxLosses: config.taskMaxLosses,
        localityWaitMs: config.localityWaitMs,
        skewSplit: config.skewSplit,
      },
      sliceOf: (dataset, partition) => {
        const found = this.#slices.get(dataset)?.[partition]
        if (found) return found
        const files = this.#driverFiles.get(dataset)
        if (files) return this.#readOnDriver(files.node.deref()!, partition)
        throw new UsageError('rows of parallelize() or checkpoint() are read after the end of their scope')
      },
      broadcastBytes: (id) => {
        const found = this.#broadcasts.get(id)
        if (!found) throw droppedBroadcast(id)
        return found.bytes
      },
      accumulate: (id, value) => {
        if (typeof value === 'number') {
          const total = this.#totals.get(id)
          if (total !== undefined) this.#totals.set(id, total + value)
        } else this.#malformed.get(id)?.add(value as MalformedReport)
      },
      onLog: (record) => this.#log(record),
      onTask: config.onTask,
    })
    const context = this
    this.#runner = {
      get defaultPartitions() {
        return context.#defaultPartitions
      },
      nextDatasetId: () => this.#ids.next<DatasetId>('dataset'),
      nextShuffleId: () => this.#ids.next<ShuffleId>('shuffle'),
      capture: (fn, site) => this.#capture(fn, site),
      runJob: (node, sink, site, options) => this.#runJob(node, sink, site, options),
      partitionCount: async (node) => {
        await awaitSources(node, this.#resolutions)
        listSources(node, this.#resolutions)
        return partitionCount(node, this.#resolutions)
      },
      partitioner: async (node, options) => {
        await resolveLineage(node, this.#resolvePorts, options)
        return resolvePartitioner(partitionerOf(node), this.#resolutions)
      },
      preferredLocations: async (node, partition) => {
        await awaitSources(node, this.#resolutions)
        listSources(node, this.#resolutions)
        return this.#driver.preferredLocations(lastStage(node, this.#resolutions), partition)
      },
      checkpointFolder: (node) => this.#checkpoints?.next(node.id),
      persist: (node, persistence) => this.#persist(node, persistence),
      setName: (node, name) => this.#resolutions.names.set(node.id, name),
      nameOf: (node) => this.#resolutions.names.get(node.id),
      unpersist: (node) => this.#unpersist(node.id),
      explain: (node) => {
        listSources(node, this.#resolutions)
        return explainStages(node, this.#resolutions, this.#driver.heldBlocks)
      },
      created: (node) => this.#adopt(node),
    }
  }

  /** @internal */
  async connect(): Promise<this> {
    type Channel = Parameters<JobDriver['addExecutor']>[2]
    type Id = Parameters<JobDriver['addExecutor']>[0]
    await Promise.all(
      this.#cluster.executors.map(({ id, url, channel, describeEnd }) =>
        this.#driver.addExecutor(id as Id, url, channel as Channel, describeEnd),
      ),
    )
    await this.#driver.introduce(
      this.#cluster.executors.map(({ id, url }) => ({ id: id as Id, url })),
      {
        key: this.#cluster.sessionKey,
        ...(this.#cluster.ca === undefined ? {} : { ca: this.#cluster.ca }),
        compression: this.#config.networkCompression,
      },
    )
    this.#defaultPartitions = this.executors().reduce((sum, { cores }) => sum + cores, 0)
    return this
  }

  /**
   * A dataset of the rows of an iterable, cut into `partitions` runs of even length (default: one per slot). The driver
   * keeps the encoded rows and sends each partition with its task, which runs where `preferredLocations` says, if it can.
   * @throws UsageError where `partitions` is no whole number >= 1, a row is no plain data, or locations are not told for each partition.
   * @example
   * await context.parallelize(['a', 'b', 'c'], 2).glom().collect() // [['a'], ['b', 'c']]
   */
  parallelize<T extends Row>(rows: Iterable<T>, options: number | ParallelizeOptions = {}): Dataset<T> {
    const site = callSite('parallelize')
    const given = typeof options === 'number' ? { partitions: options } : options
    const wrong = wrongOption(given, ['partitions', 'preferredLocations'])
    if (wrong !== undefined) throw new UsageError(`${describeCallSite(site)} ${wrong}`)
    const { partitions, preferredLocations } = given
    if (typeof (rows as Iterable<T> | undefined)?.[Symbol.iterator] !== 'function')
      throw new UsageError(
        `${describeCallSite(site)} needs an iterable of rows, such as an array, got ${inspect(rows, { depth: 0 })}`,
      )
    const all = Array.isArray(rows) ? (rows as T[]) : [...rows]
    const count = checkPartitions(partitions ?? this.#defaultPartitions, 'parallelize()')
    const located = preferredLocations ? { locations: locationsOf(preferredLocations, count, site) } : {}
    const slices = Array.from({ length: count }, (_, partition) => {
      const slice = new SegmentBuilder()
      const end = Math.floor((all.length * (partition + 1)) / count)
      for (let i = Math.floor((all.length * partition) / count); i < end; i++) slice.push(all[i])
      return [slice.join()]
    })
    return new Dataset<T>({ id: this.#runner.nextDatasetId(), site, kind: 'rows', slices, ...located }, this.#runner)
  }

  /**
   * A dataset of rows that come as a stream: a Node Readable in object mode or of lines, or any async iterable. It is read
   * to its end by the first action, on the driver, which keeps the encoded rows for later actions.
   * @throws UsageError at the first action, where a row is no plain data; what the stream itself throws is passed on.
   * @example
   * async function* pages() {
   *   yield* ['first', 'second']
   * }
   * await context.fromStream(pages()).count() // 2
   */
  fromStream<T extends Row>(rows: AsyncIterable<T>, partitions?: number): Dataset<T> {
    if (typeof (rows as Partial<AsyncIterable<T>> | null)?.[Symbol.asyncIterator] !== 'function')
      throw new UsageError('fromStream() needs an async iterable or a Node stream; use parallelize() for arrays')
    const count = checkPartitions(partitions ?? this.#defaultPartitions, 'fromStream()')
    const id = this.#runner.nextDatasetId()
    this.#streams.set(id, { rows })
    return new Dataset<T>({ id, site: callSite('fromStream'), kind: 'stream', partitions: count }, this.#runner)
  }

  /**
   * A dataset of your own making: `fn(partition, task)` returns the rows of a partition as an iterable, on the executors.
   * It must return the same rows each time that it is asked, since lost partitions are computed again. A task runs where
   * `preferredLocations` says, if it can.
   * @throws UsageError where `partitions` is no whole number >= 1, or locations are not told for each; ClosureError where the function cannot travel.
   * @example
   * await context.source(2, (partition) => [partition, partition * 10]).collect() // [0, 0, 1, 10]
   */
  source<T extends Row>(
    partitions: number,
    fn: (partition: number, task: TaskContext) => Iterable<T>,
    options: SourceOptions = {},
  ): Dataset<T> {
    const site = callSite('source')
    const wrong = wrongOption(options, ['preferredLocations'])
    if (wrong !== undefined) throw new UsageError(`${describeCallSite(site)} ${wrong}`)
    const closure = this.#runner.capture(fn, site)
    checkPartitions(partitions, 'source()')
    const { preferredLocations } = options
    const located = preferredLocations ? { locations: locationsOf(preferredLocations, partitions, site) } : {}
    const base = { id: this.#runner.nextDatasetId(), site }
    return new Dataset<T>({ ...base, kind: 'source', partitions, closure, ...located }, this.#runner)
  }

  /**
   * The numbers from `start` up to, not with, `end`; no number is stored or sent.
   * @throws UsageError for numbers that are not finite and for a step of 0.
   * @example
   * await context.range(10, 0, { step: -4 }).collect() // [10, 6, 2]
   */
  range(
    start: number,
    end: number,
    options: { readonly step?: number; readonly partitions?: number } = {},
  ): Dataset<number> {
    const site = callSite('range')
    const wrong = wrongOption(options, ['step', 'partitions'])
    if (wrong !== undefined) throw new UsageError(`${describeCallSite(site)} ${wrong}`)
    const { step = 1, partitions = this.#defaultPartitions } = options
    if (![start, end, step].every(Number.isFinite) || step === 0)
      throw new UsageError(`range() needs finite numbers and a step that is not 0, got ${start}, ${end}, step ${step}`)
    return new Dataset<number>(
      {
        id: this.#runner.nextDatasetId(),
        site,
        kind: 'range',
        start,
        end,
        step,
        partitions: checkPartitions(partitions, 'range()'),
      },
      this.#runner,
    )
  }

  /**
   * The lines of a file, of a folder's files or of those that a glob (`*`, `?`) names; `.gz` and, from Node 22.15 on, `.zst`
   * are inflated. `partitions` is the least number of them, by default one per slot. Executors read the files, which they
   * must see under the same path; with `from: 'driver'` the driver reads each partition when its task starts, and sends the
   * lines.
   * @throws UsageError for an address that is neither `file://` nor `s3://`; at the first action, where nothing matches or an executor sees
   * another file.
   * @example
   * await context.range(0, 3).saveAsTextFile(folder + '/lines')
   * await context.textFile(folder + '/lines/part-*').count() // 3
   */
  textFile(pattern: string, options: number | FileOptions = {}): Dataset<string> {
    const given = typeof options === 'number' ? { partitions: options } : options
    return this.#files(pattern, given, { kind: 'text' }, [])
  }

  /**
   * The values of files with one JSON value per line, as `textFile` finds and reads them; `T` is what you know of them.
   * Empty lines are none. What `onMalformed: 'skip'` or `'collect'` leaves out is counted in the dataset's `malformed`.
   * @throws UsageError for a bad option; at the action with file and line, where a line is no JSON.
   * @example
   * await context.parallelize(['{"n": 1}', '{"n": 2', '', '[3]'], 1).saveAsTextFile(folder + '/mixed')
   * const rows = context.jsonLines(folder + '/mixed', { onMalformed: 'collect' })
   * const found = await rows.collect()
   * ;[found, rows.malformed.count, rows.malformed.rows[0]!.line] // [[{ n: 1 }, [3]], 1, 2]
   */
  jsonLines<T extends Row = JsonValue>(pattern: string, options: JsonLinesOptions = {}): FileDataset<T> {
    return this.#files(pattern, options, jsonLinesFormat(options), jsonLinesNames)
  }

  /**
   * The records of CSV and TSV files: lists of text, or objects by column where `header` or `columns` names those. Values
   * stay text, so that `007` does. Since a quoted value may hold newlines, each file is one partition; `multiline: false`
   * says that none does, and lets files be cut.
   * @throws UsageError for a bad option; at the action with file and line, where the quoting is broken, a column is missing,
   * or a record has not one value for each column.
   * @example
   * await context.parallelize(['id,name', '007,"Bond, James"'], 1).saveAsTextFile(folder + '/agents')
   * await context.csv(folder + '/agents', { header: true }).collect() // [{ id: '007', name: 'Bond, James' }]
   */
  csv<const C extends readonly string[]>(
    pattern: string,
    options: CsvOptions<C> & { readonly columns: C },
  ): FileDataset<{ [Column in C[number]]: string }>
  csv(pattern: string, options: CsvOptions & { readonly header: true }): FileDataset<Record<string, string>>
  csv(
    pattern: string,
    options?: CsvOptions & { readonly header?: false; readonly columns?: never },
  ): FileDataset<string[]>
  csv<T extends Row>(pattern: string, options: CsvOptions = {}): FileDataset<T> {
    return this.#files(pattern, options, csvFormat(options), csvNames)
  }

  /**
   * The rows of Parquet files as objects, a partition for each row group; only the `columns` named are read. INT64 becomes
   * bigint, dates and timestamps Date. Needs the package `hyparquet`. A row group is read to its end before later steps begin.
   * @throws UsageError at the first action, where the package, a file or a column is missing.
   * @example
   * await context.parallelize([{ id: 1, name: 'a' }, { id: 2, name: 'b' }], 1).saveAsParquet(folder + '/parquet')
   * await context.parquet(folder + '/parquet', { columns: ['name'] }).collect() // [{ name: 'a' }, { name: 'b' }]
   */
  parquet<T extends Row = Record<string, unknown>>(pattern: string, options: ParquetOptions = {}): Dataset<T> {
    if (options.columns !== undefined) checkColumns('parquet', options.columns)
    const { columns, ...others } = options
    return this.#files(pattern, others, { kind: 'parquet', columns }, ['columns'])
  }

  /**
   * Each file as a row `[path, text]`, for many small files; compressed ones are inflated as by `textFile`. Neighbours share a
   * partition, up to about an even part of all bytes for each of `partitions`.
   * @throws UsageError as `textFile`, and where a text is longer than a string may be.
   * @example
   * await context.parallelize(['a', 'b'], 1).saveAsTextFile(folder + '/whole')
   * await context.wholeTextFiles(folder + '/whole').values().collect() // ['a\nb\n']
   */
  wholeTextFiles(pattern: string, options: FileOptions = {}): Dataset<[path: string, text: string]> {
    return this.#files(pattern, options, { kind: 'wholeText' }, [])
  }

  /**
   * Each file as a row `[path, bytes]`, as it lies there; otherwise like `wholeTextFiles`.
   * @throws UsageError as `textFile`.
   * @example
   * await context.parallelize(['a'], 1).saveAsTextFile(folder + '/binary')
   * await context.binaryFiles(folder + '/binary').values().map((bytes) => [...bytes]).collect() // [[97, 10]]
   */
  binaryFiles(pattern: string, options: FileOptions = {}): Dataset<[path: string, bytes: Uint8Array]> {
    return this.#files(pattern, options, { kind: 'binary' }, [])
  }

  /**
   * The rows that `saveAsObjectFile` wrote, a partition for each file: equal to what was saved in every part.
   * @throws UsageError at the action, where a file is none of this form, or was changed.
   * @example
   * await context.parallelize([new Map([[1n, new Date(0)]])], 1).saveAsObjectFile(folder + '/objects')
   * const [saved] = await context.objectFile<Map<bigint, Date>>(folder + '/objects').collect()
   * saved!.get(1n)!.getTime() // 0
   */
  objectFile<T extends Row>(pattern: string, options: FileOptions = {}): Dataset<T> {
    return this.#files(pattern, options, { kind: 'objects' }, [])
  }

  /**
   * A read-only value that each executor gets once, for functions to capture.
   * @throws UsageError where the value is no plain data.
   * @example
   * const names = context.broadcast(new Map([[1, 'one']]))
   * await context.range(1, 2).map((n) => names.value.get(n)!).collect() // ['one']
   */
  broadcast<T>(value: T): Broadcast<T> {
    this.#refuseStopped(callSite('broadcast'))
    const id = handleIds.next<BroadcastId>('broadcast')
    const bytes = encodeValue(value)
    const broadcast = new Broadcast<T>(
      id,
      () => {
        if (!this.#broadcasts.has(id)) throw droppedBroadcast(id)
        return value
      },
      () => this.#dropBroadcast(id),
    )
    this.#broadcasts.set(id, { bytes, handle: new WeakRef(broadcast) })
    this.#reachability.watchHandle(broadcast, { kind: 'broadcast', id })
    this.#scopes.at(-1)?.onEnd(() => this.#dropBroadcast(id))
    return broadcast
  }

  /**
   * A sum that tasks add to; each partition counts once, however often it is run.
   * @example
   * const seen = context.accumulator()
   * await context.range(0, 5).foreach(() => seen.add(1))
   * seen.value // 5
   */
  accumulator(initial = 0): Accumulator {
    this.#refuseStopped(callSite('accumulator'))
    if (typeof initial !== 'number')
      throw new UsageError(
        `${describeCallSite(callSite('accumulator'))} adds up numbers, got ${inspect(initial, { depth: 0 })}`,
      )
    const id = handleIds.next<AccumulatorId>('accumulator')
    this.#totals.set(id, initial)
    const accumulator = new Accumulator(
      id,
      (amount) => this.#totals.set(id, this.#totals.get(id)! + amount),
      () => this.#totals.get(id)!,
    )
    this.#reachability.watchHandle(accumulator, { kind: 'accumulator', id })
    return accumulator
  }

  /**
   * What is made until the scope is disposed goes with it: kept partitions, map outputs and broadcasts.
   * @example
   * using scope = context.scope()
   * await context.range(0, 3).cache().count() // 3
   */
  scope(): Scope {
    const scope = new Scope((nodes) => {
      this.#scopes.splice(this.#scopes.indexOf(scope), 1)
      for (const node of nodes) this.#reachability.forget(node)
      this.#forget(
        nodes.map(({ id }) => id),
        nodes.flatMap((node) => (node.kind === 'shuffle' ? [node.shuffleId] : [])),
        nodes.flatMap((node) => (node.kind === 'files' && node.malformed !== undefined ? [node.malformed] : [])),
      )
    })
    this.#scopes.push(scope)
    return scope
  }

  /**
   * The executors that take tasks now.
   * @example
   * context.executors().map(({ cores }) => cores) // [2]
   */
  executors(): ExecutorInfo[] {
    return this.#driver.executors
  }

  /**
   * Running totals of this context: tasks, bytes moved, executors lost.
   * @example
   * const before = context.metrics().tasks
   * await context.range(0, 3, { partitions: 2 }).count()
   * context.metrics().tasks - before // 2
   */
  metrics(): Metrics {
    return this.#driver.metrics
  }

  /**
   * Ends running jobs with an AbortedError, and the cluster; safe to call again. `await using` does it at the end of a block.
   * @example
   * const other = await createContext({ master: 'memory[1]' })
   * await other.stop()
   * await other.range(0, 1).count().catch((error) => error.name) // 'UsageError'
   */
  stop(): Promise<void> {
    this.#stopped ??= (async () => {
      this.#ending.abort(new AbortedError('the context was stopped'))
      this.#driver.stop()
      await this.#cluster.stop()
      await this.#checkpoints?.end()
    })()
    return this.#stopped
  }

  /**
   * What `await using` calls: `stop`.
   * @example
   * await using other = await createContext({ master: 'memory[1]' })
   * await other.range(0, 3).count() // 3
   */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  /** @internal */
  [shipSymbol](): never {
    throw new UsageError(
      'is the context, which lives on the driver; use its datasets and broadcasts outside of functions',
    )
  }

  #capture(fn: Function, site: CallSite): Closure {
    if (types.isAsyncFunction(fn) && !asynchronousOperations.has(site.operation))
      throw promisedError(describeCallSite(site), 'is async')
    if (types.isGeneratorFunction(fn) && mergingOperations.has(site.operation))
      throw new UsageError(
        `${describeCallSite(site)} needs a function that returns what it merged: a generator function returns a generator whatever it does, so write an ordinary one`,
      )
    const closure = captureClosure(fn, site)
    for (const { kind, id } of closure.references)
      if (!(kind === 'broadcast' ? this.#broadcasts : this.#totals).has(id))
        throw new UsageError(
          `${describeCallSite(site)} uses ${kind === 'broadcast' ? 'a' : 'an'} ${kind} that this context does not have: it belongs to another context, or was unpersisted`,
        )
    if (closure.references.length > 0)
      this.#captured.set(
        closure,
        closure.references.map(({ id }) => this.#broadcasts.get(id)?.handle.deref()),
      )
    const { warnings } = closure
    const shown =
      warnings.length > shownWarnings
        ? [
            ...warnings.slice(0, shownWarnings),
            `and ${warnings.length - shownWarnings} more like it; explainClosure(fn) lists them`,
          ]
        : warnings
    for (const warning of shown) {
      const message = `${describeCallSite(site)} ${warning}`
      if (this.#warned.has(message)) continue
      this.#warned.add(message)
      this.#log({ level: 'warn', source: 'driver', message })
    }
    return closure
  }

  #refuseStopped(site: CallSite): void {
    if (this.#stopped) throw new UsageError(`${describeCallSite(site)}: the context is stopped; create another one`)
  }

  async #runJob(
    node: LineageNode,
    sink: Sink,
    site: CallSite,
    options: ActionOptions & { partitions?: readonly number[] } = {},
  ): Promise<Uint8Array[]> {
    this.#refuseStopped(site)
    if (options.signal !== undefined && !(options.signal instanceof AbortSignal))
      throw new UsageError(`${describeCallSite(site)}: \`signal\` must be an AbortSignal, got ${typeof options.signal}`)
    if (options.signal?.aborted)
      throw new AbortedError(`${describeCallSite(site)} was aborted before it began`, { cause: options.signal.reason })
    return this.#reachability.during({ node, sink }, () => this.#runReachable(node, sink, site, options))
  }

  async #runReachable(
    node: LineageNode,
    sink: Sink,
    site: CallSite,
    options: ActionOptions & { partitions?: readonly number[] },
  ): Promise<Uint8Array[]> {
    await resolveLineage(node, this.#resolvePorts, options, { site, partitions: options.partitions })
    const stages = splitStages(node, sink, this.#resolutions, {
      nextStageId: () => this.#ids.next<StageId>('stage'),
      shuffleStorage: this.#config.shuffleStorage,
      site,
    })
    const partitions =
      options.partitions ?? Array.from({ length: stages.at(-1)!.partitions }, (_, partition) => partition)
    return this.#driver.run(this.#ids.next<JobId>('job'), stages, partitions, options.signal)
  }

  /** A stream is read once; later actions wait for the same reading. */
  async #readStream({ id, partitions, site }: StreamNode, signal: AbortSignal | undefined): Promise<void> {
    const stream = this.#streams.get(id)!
    stream.read ??= readStream(
      stream.rows,
      partitions,
      describeCallSite(site),
      AbortSignal.any([this.#ending.signal, ...(signal ? [signal] : [])]),
    ).then((slices) => void this.#slices.set(id, slices))
    await stream.read
  }

  /** A new node belongs to the innermost scope; a checkpoint, which has the id of the node that it replaces, moves there. */
  #adopt(node: LineageNode): void {
    for (const parent of parentsOf(node))
      if (owners.get(parent) !== this)
        throw new UsageError(
          `${describeCallSite(node.site)} combines datasets of two contexts; collect() one of them and parallelize() it in the other context`,
        )
    if (owners.get(node) !== this) this.#reachability.watch(node)
    owners.set(node, this)
    const isCheckpoint = node.kind === 'files' && node.isCheckpoint
    if (node.kind === 'rows') this.#slices.set(node.id, node.slices)
    if (isCheckpoint) this.#checkpoints!.keep(node.id, node.pattern)
    if (node.kind === 'rows' || isCheckpoint) for (const scope of this.#scopes) scope.remove(node.id)
    if (node.kind === 'files' && node.from === 'driver')
      this.#driverFiles.set(node.id, { node: new WeakRef(node), counted: new Set() })
    this.#scopes.at(-1)?.add(node)
  }

  #files<T extends Row>(
    pattern: string,
    options: FileOptions,
    format: ReadFormat,
    optionNames: readonly string[],
  ): FileDataset<T> {
    const operation = operationOf[format.kind]
    const site = callSite(operation)
    if (typeof pattern !== 'string' || pattern === '')
      throw new UsageError(
        `${describeCallSite(site)} needs the path of a file or folder, or a pattern of paths, got ${inspect(pattern)}`,
      )
    checkAddress(pattern, describeCallSite(site))
    if (options.from === 'driver' && isS3(pattern))
      throw new UsageError(`${operation}(): executors read from S3 themselves; leave { from: 'driver' } out`)
    const checked = checkFiles(operation, format, options, optionNames, this.#defaultPartitions)
    const base = { id: this.#runner.nextDatasetId(), site, kind: 'files', pattern } as const
    const malformed = new MalformedRows()
    if (!('onMalformed' in format) || format.onMalformed === 'error')
      return new FileDataset<T>({ ...base, ...checked }, this.#runner, malformed)
    const counter = handleIds.next<AccumulatorId>('accumulator')
    this.#malformed.set(counter, malformed)
    return new FileDataset<T>({ ...base, ...checked, malformed: counter }, this.#runner, malformed)
  }

  /** Each time that a task starts; what is malformed counts at the first. */
  #readOnDriver(node: FilesNode, partition: number): readonly Uint8Array[] {
    const { blocks, report } = readOnDriver(node, this.#resolutions.splits.get(node)![partition]!)
    const { counted } = this.#driverFiles.get(node.id)!
    if (!counted.has(partition) && node.malformed !== undefined) this.#malformed.get(node.malformed)!.add(report)
    counted.add(partition)
    return blocks
  }

  #dropBroadcast(id: BroadcastId): void {
    if (this.#broadcasts.delete(id) && !this.#stopped) this.#driver.drop([], [], [id])
  }

  #dropAccumulator(id: AccumulatorId): void {
    this.#totals.delete(id)
    this.#driver.forgetAdds([id])
  }

  /** What the user's function throws here would have no caller to catch it. */
  #log(record: LogRecord): void {
    try {
      ;(this.#config.onLog ?? printWarnings)(record)
    } catch (error) {
      process.emitWarning(`onLog threw: ${describeThrown(error)}`)
    }
  }

  #persist(node: LineageNode, persistence: Persistence): void {
    const executors = this.executors().length
    if (persistence.replicas > executors) {
      this.#log({
        level: 'warn',
        source: 'driver',
        message: `persist() of ${describeCallSite(node.site)} asks for ${persistence.replicas} replicas, more than there are executors (${executors}): each partition is kept on as many as there are`,
      })
    }
    this.#resolutions.levels.set(node.id, persistence)
  }

  #unpersist(id: DatasetId): void {
    if (this.#resolutions.levels.delete(id)) this.#driver.drop([id], [], [])
  }

  #forget(datasets: readonly DatasetId[], shuffles: readonly ShuffleId[], malformed: readonly number[]): void {
    const kept = datasets.filter((id) => this.#resolutions.levels.delete(id))
    for (const id of datasets) {
      this.#resolutions.offsets.delete(id)
      this.#resolutions.allotted.delete(id)
      this.#resolutions.names.delete(id)
      this.#slices.delete(id)
      this.#streams.delete(id)
      this.#driverFiles.delete(id)
    }
    this.#checkpoints?.drop(datasets)
    for (const id of malformed) this.#malformed.delete(id)
    this.#driver.forgetAdds(malformed)
    if (!this.#stopped && kept.length + shuffles.length > 0) this.#driver.drop(kept, shuffles, [])
    for (const id of shuffles) this.#resolutions.mapStages.delete(id)
  }
}

/** Of one function: a library that it reaches has them by the dozen. */
const shownWarnings = 3

/** Without an `onLog`, what users print in tasks and what goes wrong is shown, the rest is not. */
function printWarnings({ level, source, message }: { level: string; source: string; message: string }): void {
  if (level === 'debug') return
  process.stderr.write(`[${source}] ${message}\n`)
}
