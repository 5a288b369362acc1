/** Dataset<T>: a face over frozen lineage nodes. Transformations return new datasets at once; actions run jobs. */

import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { callSite, type CallSite } from '../base/call-site.ts'
import { UsageError } from '../base/errors.ts'
import { storageLevels, type StorageLevel } from '../base/storage-level.ts'
import { shipSymbol } from '../closure/closure.ts'
import type { Group } from '../codec/group.ts'
import { assertKey } from '../codec/key.ts'
import { compareValues } from '../codec/order.ts'
import { readSegment } from '../codec/segment.ts'
import { decodeValue, encodeValue } from '../codec/value.ts'
import {
  partitionerOf,
  sameSpec,
  type Aggregator,
  type JoinKind,
  type LineageNode,
  type PartitionerSpec,
} from '../lineage/node.ts'
import { checkPartitions, hashPartitioner, type Partitioner } from '../lineage/partitioner.ts'
import type { Sink } from '../protocol/stage-plan.ts'
import type { TaskContext } from '../task/task-context.ts'
import type { ActionOptions, JobRunner } from './job-runner.ts'

/** Lets `map(word => [word, 1])` be a dataset of pairs without `as const`. */
export type Row = [unknown, unknown] | {} | null | undefined
type Partitioning = number | Partitioner | undefined

/** A lazy, partitioned collection of plain values; nothing is computed until an action is called. */
export class Dataset<T> {
  /** @internal */
  readonly node: LineageNode
  readonly #runner: JobRunner

  /** @internal */
  constructor(node: LineageNode, runner: JobRunner) {
    this.node = Object.freeze(node)
    this.#runner = runner
    runner.created(node)
  }

  // Transformations without a shuffle

  /** Applies `fn` to each row. */
  map<U extends Row>(fn: (row: T) => U): Dataset<U> {
    return this.#narrow('map', fn)
  }

  /** Keeps the rows for which `fn` is true, and the partitioner. */
  filter(fn: (row: T) => boolean): Dataset<T> {
    return this.#narrow('filter', fn)
  }

  /** Applies `fn` to each row and flattens the iterables that it returns. */
  flatMap<U extends Row>(fn: (row: T) => Iterable<U>): Dataset<U> {
    return this.#narrow('flatMap', fn)
  }

  /** Applies `fn` once per partition to all of its rows; `rows` is read once. */
  mapPartitions<U extends Row>(
    fn: (rows: Iterable<T>, task: TaskContext) => Iterable<U>,
    options: { readonly preservesPartitioning?: boolean } = {},
  ): Dataset<U> {
    return this.#narrow('mapPartitions', fn, callSite('mapPartitions'), options)
  }

  /** Like `mapPartitions`, with the partition's number as first argument. */
  mapPartitionsWithIndex<U extends Row>(
    fn: (index: number, rows: Iterable<T>, task: TaskContext) => Iterable<U>,
    options: { readonly preservesPartitioning?: boolean } = {},
  ): Dataset<U> {
    return this.#narrow('mapPartitions', fn, callSite('mapPartitionsWithIndex'), { ...options, indexed: true })
  }

  /** Applies `fn` to the partitions of both datasets that have the same number. @throws UsageError where the counts differ. */
  zipPartitions<B, U extends Row>(
    other: Dataset<B>,
    fn: (left: Iterable<T>, right: Iterable<B>, task: TaskContext) => Iterable<U>,
  ): Dataset<U> {
    const site = callSite('zipPartitions')
    return this.#make({
      ...this.#base(site),
      kind: 'zipPartitions',
      parents: [this.node, other.node],
      closure: this.#runner.capture(fn, site),
    })
  }

  /** Pairs each row with the key that `fn` gives it: `[fn(row), row]`. */
  keyBy<K extends Row>(fn: (row: T) => K): Dataset<[K, T]> {
    return this.#narrow('keyBy', fn)
  }

  mapValues<K, V, U extends Row>(this: Dataset<[K, V]>, fn: (value: V) => U): Dataset<[K, U]> {
    return this.#narrow('mapValues', fn)
  }

  flatMapValues<K, V, U extends Row>(this: Dataset<[K, V]>, fn: (value: V) => Iterable<U>): Dataset<[K, U]> {
    return this.#narrow('flatMapValues', fn)
  }

  keys<K, V>(this: Dataset<[K, V]>): Dataset<K> {
    return this.#make({ ...this.#base(callSite('keys')), kind: 'keys', parent: this.node })
  }

  values<K, V>(this: Dataset<[K, V]>): Dataset<V> {
    return this.#make({ ...this.#base(callSite('values')), kind: 'values', parent: this.node })
  }

  /** All rows of both, duplicates kept; its partitions are those of the one, then those of the other. */
  union(...others: readonly Dataset<T>[]): Dataset<T> {
    return this.#make({
      ...this.#base(callSite('union')),
      kind: 'union',
      parents: [this.node, ...others.map(({ node }) => node)],
    })
  }

  // Transformations with a shuffle

  /** Each value once. Shuffles one row per distinct value and partition. */
  distinct(partitions?: number): Dataset<T> {
    const site = callSite('distinct')
    const keyed = this.#make<[T, null]>({ ...this.#base(site), kind: 'asKeys', parent: this.node })
    return keyed.#aggregate({ kind: 'first' }, partitions, site).keys() as Dataset<T>
  }

  /** Moves each row to the partition of its key. Shuffles every row, unless it lies there already. */
  partitionBy<K, V>(this: Dataset<[K, V]>, partitioning: number | Partitioner): Dataset<[K, V]> {
    const site = callSite('partitionBy')
    const spec = this.#spec(partitioning, [this.node], site)
    if (sameSpec(partitionerOf(this.node), spec)) return this
    return this.#shuffle(spec, site, {})
  }

  /** Merges the values of each key with `create`, `mergeValue` and `mergeCombiners`; the map side combines first. */
  combineByKey<K, V, C extends Row>(
    this: Dataset<[K, V]>,
    create: (value: V) => C,
    mergeValue: (combiner: C, value: V) => C,
    mergeCombiners: (left: C, right: C) => C,
    partitioning?: Partitioning,
  ): Dataset<[K, C]> {
    const site = callSite('combineByKey')
    const capture = (fn: Function) => this.#runner.capture(fn, site)
    return this.#aggregate(
      {
        kind: 'combine',
        create: capture(create),
        mergeValue: capture(mergeValue),
        mergeCombiners: capture(mergeCombiners),
      },
      partitioning,
      site,
    )
  }

  /** Merges the values of each key with an associative `fn`. Shuffles one row per key and partition. */
  reduceByKey<K, V>(this: Dataset<[K, V]>, fn: (left: V, right: V) => V, partitioning?: Partitioning): Dataset<[K, V]> {
    const site = callSite('reduceByKey')
    return this.#aggregate({ kind: 'reduce', merge: this.#runner.capture(fn, site) }, partitioning, site)
  }

  /** Like `combineByKey`, from a zero value that is cloned for each key. */
  aggregateByKey<K, V, C extends Row>(
    this: Dataset<[K, V]>,
    zero: C,
    mergeValue: (combiner: C, value: V) => C,
    mergeCombiners: (left: C, right: C) => C,
    partitioning?: Partitioning,
  ): Dataset<[K, C]> {
    const site = callSite('aggregateByKey')
    return this.#aggregate(
      {
        kind: 'aggregate',
        zero: encodeValue(zero),
        mergeValue: this.#runner.capture(mergeValue, site),
        mergeCombiners: this.#runner.capture(mergeCombiners, site),
      },
      partitioning,
      site,
    )
  }

  /** Groups the values of each key. Shuffles every value; prefer `reduceByKey` where a total is enough. */
  groupByKey<K, V>(this: Dataset<[K, V]>, partitioning?: Partitioning): Dataset<[K, Group<V>]> {
    return this.#aggregate({ kind: 'group' }, partitioning, callSite('groupByKey'))
  }

  /** For each key of either side, its values on both. Shuffles the sides that do not lie by the partitioner already. */
  cogroup<K, V, W>(
    this: Dataset<[K, V]>,
    other: Dataset<[K, W]>,
    partitioning?: Partitioning,
  ): Dataset<[K, [Group<V>, Group<W>]]> {
    return this.#cogroup(other, partitioning, callSite('cogroup'))
  }

  join<K, V, W>(this: Dataset<[K, V]>, other: Dataset<[K, W]>, partitioning?: Partitioning): Dataset<[K, [V, W]]> {
    return this.#cogroup(other, partitioning, callSite('join'), 'inner')
  }

  leftOuterJoin<K, V, W>(
    this: Dataset<[K, V]>,
    other: Dataset<[K, W]>,
    partitioning?: Partitioning,
  ): Dataset<[K, [V, W | undefined]]> {
    return this.#cogroup(other, partitioning, callSite('leftOuterJoin'), 'left')
  }

  rightOuterJoin<K, V, W>(
    this: Dataset<[K, V]>,
    other: Dataset<[K, W]>,
    partitioning?: Partitioning,
  ): Dataset<[K, [V | undefined, W]]> {
    return this.#cogroup(other, partitioning, callSite('rightOuterJoin'), 'right')
  }

  fullOuterJoin<K, V, W>(
    this: Dataset<[K, V]>,
    other: Dataset<[K, W]>,
    partitioning?: Partitioning,
  ): Dataset<[K, [V | undefined, W | undefined]]> {
    return this.#cogroup(other, partitioning, callSite('fullOuterJoin'), 'full')
  }

  /** Sorts by key over all partitions; ties keep input order. Shuffles every row; the first action samples the keys. */
  sortByKey<K, V>(
    this: Dataset<[K, V]>,
    options: { readonly ascending?: boolean; readonly partitions?: number } = {},
  ): Dataset<[K, V]> {
    return this.#sort(callSite('sortByKey'), options)
  }

  /** Sorts by what `fn` makes of a row; ties keep input order. Shuffles every row. */
  sortBy<K extends Row>(
    fn: (row: T) => K,
    options: { readonly ascending?: boolean; readonly partitions?: number } = {},
  ): Dataset<T> {
    const site = callSite('sortBy')
    return this.#narrow<[K, T]>('keyBy', fn, site).#sort(site, options).values() as Dataset<T>
  }

  // Persistence

  /** Keeps the partitions in memory once an action has computed them. */
  cache(): this {
    return this.persist('memory')
  }

  /** Keeps the partitions where `level` says once an action has computed them. */
  persist(level: StorageLevel = 'memory'): this {
    if (!storageLevels.includes(level))
      throw new UsageError(`persist(): '${String(level)}' is no storage level; use ${storageLevels.join(', ')}`)
    this.#runner.persist(this.node, level)
    return this
  }

  /** Drops the kept partitions; they are computed again where they are needed again. */
  unpersist(): this {
    this.#runner.unpersist(this.node)
    return this
  }

  /**
   * Computes the dataset and cuts it off from what it was made of: the driver keeps the encoded partitions, and a lost
   * one is sent again instead of computed. Partitions that executors keep stay where they are. What the dataset was
   * made of may then be dropped, so a job that goes on for long keeps a lineage of constant length. Each encoded
   * partition moves to the driver, which holds it until the scope that was open at the call ends.
   * @throws AbortedError when `signal` aborts.
   * @example
   * state = await state.map(step).cache().checkpoint()
   */
  async checkpoint(options: ActionOptions = {}): Promise<Dataset<T>> {
    const site = callSite('checkpoint')
    const parts = await this.#run({ kind: 'collect' }, site, options)
    const partitioner = partitionerOf(this.node)
    return new Dataset<T>(
      {
        id: this.node.id,
        site,
        kind: 'rows',
        slices: parts.map((part) => [part]),
        ...(partitioner ? { partitioner } : {}),
      },
      this.#runner,
    )
  }

  // Actions

  /** All rows, in the order of partitions. */
  async collect(options: ActionOptions = {}): Promise<T[]> {
    const parts = await this.#run({ kind: 'collect' }, callSite('collect'), options)
    return parts.flatMap((part) => [...readSegment(part)].flat(1) as T[])
  }

  async count(options: ActionOptions = {}): Promise<number> {
    const counts = await this.#run({ kind: 'count' }, callSite('count'), options)
    return counts.reduce((sum, bytes) => sum + (decodeValue(bytes) as number), 0)
  }

  /** Merges all rows with an associative `fn`, in the order of partitions. @throws UsageError on an empty dataset. */
  async reduce(fn: (left: T, right: T) => T, options: ActionOptions = {}): Promise<T> {
    const site = callSite('reduce')
    const parts = await this.#run({ kind: 'reduce', closure: this.#runner.capture(fn, site) }, site, options)
    const totals = parts.flatMap((bytes) => decodeValue(bytes) as T[])
    if (totals.length === 0)
      throw new UsageError(`reduce() at ${site.location}: the dataset is empty; use fold() with a zero value`)
    return totals.reduce((left, right) => fn(left, right))
  }

  /** Like `reduce`, from a zero value that is cloned for each partition and once more on the driver. */
  async fold(zero: T, fn: (left: T, right: T) => T, options: ActionOptions = {}): Promise<T> {
    return this.#fold(zero, fn, fn, callSite('fold'), options)
  }

  async aggregate<U>(
    zero: U,
    mergeRow: (total: U, row: T) => U,
    mergeTotals: (left: U, right: U) => U,
    options: ActionOptions = {},
  ): Promise<U> {
    return this.#fold(zero, mergeRow, mergeTotals, callSite('aggregate'), options)
  }

  /** The first `count` rows, from as few partitions as it takes. */
  async take(count: number, options: ActionOptions = {}): Promise<T[]> {
    return this.#take(count, callSite('take'), options)
  }

  /** The first row. @throws UsageError on an empty dataset. */
  async first(options: ActionOptions = {}): Promise<T> {
    const site = callSite('first')
    const rows = await this.#take(1, site, options)
    if (rows.length === 0) throw new UsageError(`first() at ${site.location}: the dataset is empty; use take(1)`)
    return rows[0]!
  }

  /** The `count` largest rows in the total order of values, largest first. */
  async top(count: number, options: ActionOptions = {}): Promise<T[]> {
    checkCount(count, 'top()')
    const parts = await this.#run({ kind: 'top', count }, callSite('top'), options)
    return parts
      .flatMap((bytes) => decodeValue(bytes) as T[])
      .sort((a, b) => compareValues(b, a))
      .slice(0, count)
  }

  /** Calls `fn` for each row, on the executors. */
  async foreach(fn: (row: T, task: TaskContext) => void, options: ActionOptions = {}): Promise<void> {
    const site = callSite('foreach')
    await this.#run({ kind: 'foreach', closure: this.#runner.capture(fn, site) }, site, options)
  }

  /** How many rows each key has. */
  async countByKey<K, V>(this: Dataset<[K, V]>, options: ActionOptions = {}): Promise<Map<K, number>> {
    const site = callSite('countByKey')
    const ones = this.#make<[K, number]>({ ...this.#base(site), kind: 'ones', parent: this.node })
    return new Map((await ones.#aggregate<number>({ kind: 'sum' }, undefined, site).collect(options)) as [K, number][])
  }

  /** The values of one key; reads one partition only where the partitioner is known. */
  async lookup<K, V>(this: Dataset<[K, V]>, key: K, options: ActionOptions = {}): Promise<V[]> {
    assertKey(key, 'lookup()')
    const parts = await this.#run({ kind: 'lookup', key: encodeValue(key) }, callSite('lookup'), options)
    return parts.flatMap((part) => [...readSegment(part)].flat(1) as V[])
  }

  /** How many partitions the dataset has; lists the files of a text source. */
  async partitionCount(): Promise<number> {
    return this.#runner.partitionCount(this.node)
  }

  /** Rows as they come, a few partitions at a time: no more than those are held on the driver. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    const site = callSite('for await')
    const count = await this.#runner.partitionCount(this.node)
    const window = this.#runner.defaultPartitions
    for (let from = 0; from < count; from += window) {
      const partitions = Array.from({ length: Math.min(window, count - from) }, (_, i) => from + i)
      for (const part of await this.#runner.runJob(this.node, { kind: 'collect' }, site, { partitions }))
        for (const batch of readSegment(part)) yield* batch as T[]
    }
  }

  /** Writes one text file per partition and a `_SUCCESS` marker at the end; what is not marked is not there. */
  async saveAsTextFile(folder: string, options: ActionOptions = {}): Promise<void> {
    const target = resolve(folder)
    if (existsSync(target) && readdirSync(target).length > 0)
      throw new UsageError(`saveAsTextFile(): ${target} exists and is not empty; remove it or choose another folder`)
    const attemptFolder = join(target, '_temporary')
    mkdirSync(attemptFolder, { recursive: true })
    try {
      const files = await this.#run(
        { kind: 'saveText', folder: target, attemptFolder },
        callSite('saveAsTextFile'),
        options,
      )
      for (const [partition, bytes] of files.entries()) {
        const written = decodeValue(bytes) as string
        if (!existsSync(written))
          throw new UsageError(
            `saveAsTextFile(): ${written} was written by an executor but is not seen here; ${target} must be a shared folder`,
          )
        renameSync(written, join(target, `part-${String(partition).padStart(5, '0')}`))
      }
      rmSync(attemptFolder, { recursive: true, force: true })
      writeFileSync(join(target, '_SUCCESS'), '')
    } catch (error) {
      rmSync(target, { recursive: true, force: true })
      throw error
    }
  }

  /** The stages that an action would run, as text. Runs nothing. */
  explain(): string {
    return this.#runner.explain(this.node)
  }

  [shipSymbol](): never {
    throw new UsageError('is a dataset, which lives on the driver; collect() it first, or join() with it')
  }

  #base(site: CallSite) {
    return { id: this.#runner.nextDatasetId(), site }
  }

  #make<U>(node: LineageNode): Dataset<U> {
    return new Dataset<U>(node, this.#runner)
  }

  #narrow<U>(
    kind: 'map' | 'filter' | 'flatMap' | 'mapValues' | 'flatMapValues' | 'keyBy' | 'mapPartitions',
    fn: Function,
    site: CallSite = callSite(kind),
    options: { readonly preservesPartitioning?: boolean; readonly indexed?: boolean } = {},
  ): Dataset<U> {
    if (typeof fn !== 'function')
      throw new UsageError(`${site.operation}() at ${site.location} needs a function, got ${typeof fn}`)
    return this.#make({
      ...this.#base(site),
      kind,
      parent: this.node,
      closure: this.#runner.capture(fn, site),
      preservesPartitioning: options.preservesPartitioning ?? false,
      indexed: options.indexed ?? false,
    })
  }

  #spec(partitioning: Partitioning, nodes: readonly LineageNode[], site: CallSite): PartitionerSpec {
    if (typeof partitioning === 'number') return hashPartitioner(checkPartitions(partitioning, `${site.operation}()`))
    if (partitioning) return partitioning
    let largest: PartitionerSpec | undefined
    for (const node of nodes) {
      const spec = partitionerOf(node)
      if (spec && spec.partitions > (largest?.partitions ?? 0)) largest = spec
    }
    return largest ?? hashPartitioner(this.#runner.defaultPartitions)
  }

  #shuffle<U>(
    partitioner: PartitionerSpec,
    site: CallSite,
    how: { aggregator?: Aggregator; sort?: 'ascending' | 'descending' },
  ): Dataset<U> {
    return this.#make({
      ...this.#base(site),
      kind: 'shuffle',
      shuffleId: this.#runner.nextShuffleId(),
      parent: this.node,
      partitioner,
      ...how,
    })
  }

  #aggregate<C>(
    aggregator: Aggregator,
    partitioning: Partitioning,
    site: CallSite,
  ): Dataset<[never, C]> & Dataset<any> {
    const spec = this.#spec(partitioning, [this.node], site)
    if (sameSpec(partitionerOf(this.node), spec))
      return this.#make<any>({ ...this.#base(site), kind: 'aggregate', parent: this.node, aggregator })
    return this.#shuffle<any>(spec, site, { aggregator })
  }

  #cogroup<U>(other: Dataset<any>, partitioning: Partitioning, site: CallSite, join?: JoinKind): Dataset<U> {
    const spec = this.#spec(partitioning, [this.node, other.node], site)
    const sides = [this as Dataset<any>, other].map((side) =>
      sameSpec(partitionerOf(side.node), spec) ? side.node : side.#shuffle(spec, site, {}).node,
    )
    return this.#make({ ...this.#base(site), kind: 'cogroup', parents: sides, ...(join ? { join } : {}) })
  }

  #sort(site: CallSite, options: { readonly ascending?: boolean; readonly partitions?: number }): Dataset<any> {
    const partitions = checkPartitions(
      options.partitions ?? this.#spec(undefined, [this.node], site).partitions,
      `${site.operation}()`,
    )
    const ascending = options.ascending ?? true
    return this.#shuffle(Object.freeze({ kind: 'sampled-range', partitions, ascending }), site, {
      sort: ascending ? 'ascending' : 'descending',
    })
  }

  #run(sink: Sink, site: CallSite, options: ActionOptions): Promise<Uint8Array[]> {
    return this.#runner.runJob(this.node, sink, site, options)
  }

  async #fold<U>(
    zero: U,
    mergeRow: Function,
    mergeTotals: (left: U, right: U) => U,
    site: CallSite,
    options: ActionOptions,
  ): Promise<U> {
    const encoded = encodeValue(zero)
    const sink: Sink = { kind: 'aggregate', zero: encoded, closure: this.#runner.capture(mergeRow, site) }
    const totals = (await this.#run(sink, site, options)).map((bytes) => decodeValue(bytes) as U)
    return totals.reduce((left, right) => mergeTotals(left, right), decodeValue(encoded) as U)
  }

  async #take(count: number, site: CallSite, options: ActionOptions): Promise<T[]> {
    checkCount(count, `${site.operation}()`)
    const total = await this.#runner.partitionCount(this.node)
    const rows: T[] = []
    for (let from = 0, step = 1; from < total && rows.length < count; from += step, step *= 4) {
      const partitions = Array.from({ length: Math.min(step, total - from) }, (_, i) => from + i)
      const sink: Sink = { kind: 'take', count: count - rows.length }
      for (const part of await this.#runner.runJob(this.node, sink, site, { ...options, partitions }))
        for (const batch of readSegment(part)) rows.push(...(batch as T[]))
    }
    return rows.slice(0, count)
  }
}

function checkCount(count: number, what: string): void {
  if (!Number.isInteger(count) || count < 0)
    throw new UsageError(`${what} needs a whole number of rows >= 0, got ${String(count)}`)
}
