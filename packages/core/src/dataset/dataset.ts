/** Dataset<T>: a face over frozen lineage nodes. Transformations return new datasets at once; actions run jobs. */

import { inspect } from 'node:util'
import { callSite, describeCallSite, type CallSite } from '../base/call-site.ts'
import { UsageError } from '../base/errors.ts'
import { storageLevels, type StorageLevel } from '../base/storage-level.ts'
import { wrongOption } from '../base/wrong-option.ts'
import { shipSymbol } from '../closure/closure.ts'
import type { Group } from '../codec/group.ts'
import { KeyMap } from '../codec/key.ts'
import { comparisonAt } from '../codec/order.ts'
import { mapByValue } from '../codec/value-map.ts'
import { encodeValue } from '../codec/value.ts'
import { parentsOf, partitionerOf, sameSpec, type JoinKind, type LineageNode } from '../lineage/node.ts'
import { checkPartitions, type Partitioner } from '../lineage/partitioner.ts'
import type { TaskContext } from '../task/task-context.ts'
import * as actions from './actions.ts'
import { countApproxDistinct, sketchAggregator } from './approximate.ts'
import { BarrierDataset } from './barrier-dataset.ts'
import * as nodes from './build-nodes.ts'
import type { Partitioning, PipeOptions, SortOptions } from './build-nodes.ts'
import type { ActionOptions, JobRunner } from './job-runner.ts'
import { checkNarrow } from './narrowness.ts'
import { histogram, stats, type Histogram, type Stats } from './numeric.ts'
import { randomSplit, sample, sampleByKey, takeSample, type SampleOptions } from './sampling.ts'
import {
  csvSaveFormat,
  parquetSaveFormat,
  saveFiles,
  type CsvSaveOptions,
  type ParquetSaveOptions,
  type SaveOptions,
} from './save-files.ts'
import { treeAggregate, treeReduce, type TreeOptions } from './tree.ts'
import { encodeZero } from './zero-value.ts'

/** Lets `map(word => [word, 1])` be a dataset of pairs without `as const`. */
export type Row = [unknown, unknown] | {} | null | undefined

/** A row that is no promise: a function that returns one is for `mapAsync(fn, { concurrency })`. */
export type SyncRow = [unknown, unknown] | { readonly then?: never; toString(): string } | null | undefined

/** Whether the rows that a per-partition function returns keep the keys and partitions of those it was given. */
export interface PartitionOptions {
  /** True says that they do, so that a later join need not shuffle; false by default. */
  readonly preservesPartitioning?: boolean
}

/** What a dataset is made of, one step back. */
export interface Dependency {
  /** Whether its rows are moved, or read within the same tasks. */
  readonly kind: 'narrow' | 'shuffle'
  /** The number of the dataset. */
  readonly id: number
}

/**
 * A lazy, partitioned collection of plain values; nothing is computed until an action is called.
 *
 * Transformations return a new dataset at once; what they shuffle is said at each, and where nothing is said nothing moves.
 * Actions run a job and return a promise. It rejects with a TaskError where a function throws on its last attempt, with an
 * AbortedError where their `signal` fires or the context is stopped, and with a ClusterError where machines fail for good.
 * @example
 * const lines = context.parallelize(['to be', 'or not', 'to be'])
 * const counts = lines.flatMap((line) => line.split(' ')).map((word) => [word, 1]).reduceByKey((a, b) => a + b)
 * await counts.sortByKey().collect() // [['be', 2], ['not', 1], ['or', 1], ['to', 2]]
 */
export class Dataset<T> {
  /** @internal */
  readonly node: LineageNode
  /** @internal */
  readonly runner: JobRunner

  /** @internal */
  constructor(node: LineageNode, runner: JobRunner) {
    this.node = Object.freeze(node)
    this.runner = runner
    runner.created(node)
  }

  /**
   * A number that is this dataset's alone within its context.
   * @example
   * const rows = context.range(0, 3)
   * rows.filter((n) => n > 1).dependencies()[0]!.id === rows.id // true
   */
  get id(): number {
    return this.node.id
  }

  /**
   * What `setName` called it.
   * @example
   * context.range(0, 3).name // undefined
   */
  get name(): string | undefined {
    return this.runner.nameOf(this.node)
  }

  /**
   * Gives the dataset a name, which `explain()` shows beside the line that made it.
   * @example
   * context.range(0, 3).setName('ids').name // 'ids'
   */
  setName(name: string): this {
    this.runner.setName(this.node, name)
    return this
  }

  // Transformations without a shuffle

  /**
   * Applies `fn` to each row. The partitioner is given up, since `fn` may change keys; `mapValues` keeps it.
   * @example
   * await context.range(0, 3).map((n) => n * 10).collect() // [0, 10, 20]
   */
  map<U extends SyncRow>(fn: (row: T) => U): Dataset<U> {
    return this.#function('map', fn)
  }

  /**
   * Like `map` for a function that returns a promise, such as one that asks a service: up to `concurrency` calls of a
   * task are under way at a time, and rows keep their order. The task's `signal` fires when it fails or is cancelled. A
   * partition is awaited to its end, its encoded results held in memory, before later steps begin.
   * @throws UsageError where `concurrency` is no whole number >= 1; at the action, where a result is no plain data.
   * @example
   * const delayed = context.range(0, 3).mapAsync(async (n) => n * 10, { concurrency: 2 })
   * await delayed.collect() // [0, 10, 20]
   */
  mapAsync<U extends Row>(
    fn: (row: T, task: TaskContext) => PromiseLike<U> | U,
    options: { readonly concurrency?: number } = {},
  ): Dataset<U> {
    return this.#make(
      nodes.mapAsyncNode(this, fn, options.concurrency ?? 16, this.#site('mapAsync', options, ['concurrency'])),
    )
  }

  /**
   * Sends each partition through a command on its executor: rows as lines to its input, lines of its output as rows. A
   * text is a line for the shell, a list a program with its arguments. Both go through temporary files. A line is `String(row)`.
   * @throws UsageError for no command; at the action, where a row is or holds an object without a text of its own, which would come out as
   * `[object Object]`, and a TaskError with the end of stderr, where the command fails.
   * @example
   * await context.range(8, 11, { partitions: 1 }).pipe(['sort', '-r']).collect() // ['9', '8', '10']
   */
  pipe(command: string | readonly string[], options: PipeOptions = {}): Dataset<string> {
    return this.#make(nodes.pipeNode(this, command, options, this.#site('pipe', options, ['env', 'cwd', 'timeoutMs'])))
  }

  /**
   * Keeps the rows for which `fn` is true, and the partitioner.
   * @example
   * await context.range(0, 5).filter((n) => n % 2 === 0).collect() // [0, 2, 4]
   */
  filter<U extends T>(fn: (row: T) => row is U): Dataset<U>
  filter(fn: (row: T) => boolean): Dataset<T>
  filter(fn: (row: T) => boolean): Dataset<T> {
    return this.#function('filter', fn)
  }

  /**
   * Applies `fn` to each row and flattens the iterables that it returns; what a generator function yields is taken as far
   * as it is needed.
   * @example
   * await context.parallelize(['a b', 'c']).flatMap((line) => line.split(' ')).collect() // ['a', 'b', 'c']
   */
  flatMap<U extends Row>(fn: (row: T) => Iterable<U>): Dataset<U> {
    return this.#function('flatMap', fn)
  }

  /**
   * Applies `fn` once per partition to all of its rows; `rows` is read once, so that a partition may be larger than memory.
   * @example
   * const lengths = context.range(0, 5, { partitions: 2 }).mapPartitions((rows) => [[...rows].length])
   * await lengths.collect() // [2, 3]
   */
  mapPartitions<U extends Row>(
    fn: (rows: Iterable<T>, task: TaskContext) => Iterable<U>,
    options: PartitionOptions = {},
  ): Dataset<U> {
    return this.#function('mapPartitions', fn, this.#site('mapPartitions', options, ['preservesPartitioning']), options)
  }

  /**
   * Like `mapPartitions`, with the partition's number as first argument.
   * @example
   * const rows = context.range(0, 4, { partitions: 2 })
   * await rows.mapPartitionsWithIndex((index, rows) => [...rows].map((n) => `${index}:${n}`)).collect() // ['0:0', '0:1', '1:2', '1:3']
   */
  mapPartitionsWithIndex<U extends Row>(
    fn: (index: number, rows: Iterable<T>, task: TaskContext) => Iterable<U>,
    options: PartitionOptions = {},
  ): Dataset<U> {
    const site = this.#site('mapPartitionsWithIndex', options, ['preservesPartitioning'])
    return this.#function('mapPartitions', fn, site, { ...options, indexed: true })
  }

  /**
   * Marks the next step as one whose tasks need each other: they start together or not at all, and can wait for each other
   * and exchange messages, as the workers of a distributed training do. There must be a slot for each partition. One that
   * fails or is lost makes all of them run again.
   * @example
   * const together = context.range(0, 4, { partitions: 2 }).barrier()
   * await together.mapPartitions(async (rows, task) => task.allGather([...rows].length)).collect() // [2, 2, 2, 2]
   */
  barrier(): BarrierDataset<T> {
    return new BarrierDataset<T>(this, (node) => this.#make(node))
  }

  /**
   * Applies `fn` to the partitions of up to four datasets that have the same number.
   * @throws UsageError at the first action, where the numbers of partitions differ.
   * @example
   * const left = context.range(0, 4, { partitions: 2 })
   * const right = context.range(10, 13, { partitions: 2 })
   * await left.zipPartitions(right, (a, b) => [[...a, ...b].length]).collect() // [3, 4]
   */
  zipPartitions<B, U extends Row>(
    other: Dataset<B>,
    fn: (first: Iterable<T>, second: Iterable<B>, task: TaskContext) => Iterable<U>,
  ): Dataset<U>
  zipPartitions<B, C, U extends Row>(
    second: Dataset<B>,
    third: Dataset<C>,
    fn: (first: Iterable<T>, second: Iterable<B>, third: Iterable<C>, task: TaskContext) => Iterable<U>,
  ): Dataset<U>
  zipPartitions<B, C, D, U extends Row>(
    second: Dataset<B>,
    third: Dataset<C>,
    fourth: Dataset<D>,
    fn: (
      first: Iterable<T>,
      second: Iterable<B>,
      third: Iterable<C>,
      fourth: Iterable<D>,
      task: TaskContext,
    ) => Iterable<U>,
  ): Dataset<U>
  zipPartitions(...args: unknown[]): Dataset<any> {
    const site = callSite('zipPartitions')
    const closure = this.runner.capture(args.at(-1) as Function, site)
    const others = args.slice(0, -1).map((other) => checkDataset(other as Dataset<unknown>, site).node)
    return this.#make({ ...this.#base(site), kind: 'zipPartitions', parents: [this.node, ...others], closure })
  }

  /**
   * Pairs rows of equal place: the first of each partition, the second, and so on.
   * @throws UsageError at the first action: where the numbers of partitions differ, or, naming it, where a partition is longer on one side.
   * @example
   * await context.range(0, 2).zip(context.parallelize(['a', 'b'])).collect() // [[0, 'a'], [1, 'b']]
   */
  zip<U>(other: Dataset<U>): Dataset<[T, U]> {
    const site = callSite('zip')
    return this.#make({ ...this.#base(site), kind: 'zip', parents: [this.node, checkDataset(other, site).node] })
  }

  /**
   * Pairs each row with its place in the dataset. The first action counts the rows of all partitions but the last, in a
   * job of its own, if there is more than one.
   * @example
   * await context.parallelize(['a', 'b', 'c'], 2).zipWithIndex().collect() // [['a', 0], ['b', 1], ['c', 2]]
   */
  zipWithIndex(): Dataset<[T, number]> {
    return this.#number('index', callSite('zipWithIndex'))
  }

  /**
   * Pairs each row with a number of its own: k, k + n, k + 2n ... in partition k of n. Needs no job, leaves gaps.
   * @example
   * await context.parallelize(['a', 'b', 'c'], 2).zipWithUniqueId().collect() // [['a', 0], ['b', 1], ['c', 3]]
   */
  zipWithUniqueId(): Dataset<[T, number]> {
    return this.#number('uniqueId', callSite('zipWithUniqueId'))
  }

  /**
   * One row per partition: the array of its rows, which must fit into memory.
   * @example
   * await context.range(0, 3, { partitions: 2 }).glom().collect() // [[0], [1, 2]]
   */
  glom(): Dataset<T[]> {
    return this.#projection('glom', callSite('glom'))
  }

  /**
   * Pairs each row with the key that `fn` gives it: `[fn(row), row]`.
   * @example
   * await context.parallelize(['pear', 'fig']).keyBy((word) => word.length).collect() // [[4, 'pear'], [3, 'fig']]
   */
  keyBy<K extends SyncRow>(fn: (row: T) => K): Dataset<[K, T]> {
    return this.#function('keyBy', fn)
  }

  /**
   * Applies `fn` to the value of each pair; keys stay, and so does the partitioner.
   * @example
   * await context.parallelize([['a', 1], ['b', 2]]).mapValues((n) => n * 10).collect() // [['a', 10], ['b', 20]]
   */
  mapValues<K, V, U extends SyncRow>(this: Dataset<[K, V]>, fn: (value: V) => U): Dataset<[K, U]> {
    return this.#function('mapValues', fn)
  }

  /**
   * Pairs each key with each of the values that `fn` makes of its value; the partitioner stays.
   * @example
   * await context.parallelize([['a', 'x y']]).flatMapValues((text) => text.split(' ')).collect() // [['a', 'x'], ['a', 'y']]
   */
  flatMapValues<K, V, U extends Row>(this: Dataset<[K, V]>, fn: (value: V) => Iterable<U>): Dataset<[K, U]> {
    return this.#function('flatMapValues', fn)
  }

  /**
   * The keys of pairs, as often as they occur.
   * @example
   * await context.parallelize([['a', 1], ['a', 2]]).keys().collect() // ['a', 'a']
   */
  keys<K, V>(this: Dataset<[K, V]>): Dataset<K> {
    return this.#projection('keys', callSite('keys'))
  }

  /**
   * The values of pairs.
   * @example
   * await context.parallelize([['a', 1], ['a', 2]]).values().collect() // [1, 2]
   */
  values<K, V>(this: Dataset<[K, V]>): Dataset<V> {
    return this.#projection('values', callSite('values'))
  }

  /**
   * All rows of all, duplicates kept. Its partitions are those of the one, then those of the other; but where all lie by
   * one partitioner, those of equal number come together and the partitioner stays, so that a later join moves nothing.
   * @example
   * await context.range(0, 2).union(context.range(5, 7)).collect() // [0, 1, 5, 6]
   */
  union(...others: readonly Dataset<T>[]): Dataset<T> {
    const site = callSite('union')
    const parents = [this.node, ...others.map((other) => checkDataset(other, site).node)]
    return this.#make(nodes.unionNode(this.runner, parents, site))
  }

  /**
   * Every row of this with every row of the other. There is a partition for each pair of partitions, and the other's
   * partition is held in memory while this one's streams by. Moves nothing, but computes partitions again: cache both.
   * @example
   * await context.range(0, 2, { partitions: 1 }).cartesian(context.parallelize(['a', 'b'], 1)).collect() // [[0, 'a'], [0, 'b'], [1, 'a'], [1, 'b']]
   */
  cartesian<U>(other: Dataset<U>): Dataset<[T, U]> {
    const site = callSite('cartesian')
    return this.#make({ ...this.#base(site), kind: 'cartesian', parents: [this.node, checkDataset(other, site).node] })
  }

  /**
   * A random part of the rows: each is taken with probability `fraction`, or, with `replacement`, `fraction` times on
   * average. Equal seeds give equal samples on every kind of cluster, for equal partitions.
   * @throws UsageError for a fraction that is none.
   * @example
   * const some = await context.range(0, 1000).sample(0.1, { seed: 7 }).count()
   * some > 60 && some < 140 // true
   */
  sample(fraction: number, options: SampleOptions = {}): Dataset<T> {
    return this.#make(sample(this, fraction, options, this.#site('sample', options, ['replacement', 'seed'])))
  }

  /**
   * Like `sample`, with a fraction for each key. A key without a fraction is an error, unless `otherwise` has one for it.
   * @throws UsageError for a fraction that is none; at the first action, for a key that has none.
   * @example
   * const pairs = context.parallelize([['a', 1], ['b', 2], ['a', 3]])
   * await pairs.sampleByKey(new Map([['a', 1]]), { otherwise: 0 }).collect() // [['a', 1], ['a', 3]]
   */
  sampleByKey<K, V>(
    this: Dataset<[K, V]>,
    fractions: Iterable<readonly [K, number]>,
    options: SampleOptions & { readonly otherwise?: number } = {},
  ): Dataset<[K, V]> {
    const site = this.#site('sampleByKey', options, ['replacement', 'seed', 'otherwise'])
    return this.#make(sampleByKey(this, fractions, options, site))
  }

  /**
   * Like `sampleByKey`, with exactly that part of each key's rows, rounded up. The first action counts the rows of each key,
   * in a job of its own; the counts of all partitions come to the driver, which draws from them how many each gives.
   * @throws UsageError for a fraction that is none; at the first action, for a key that has none.
   * @example
   * const pairs = context.range(0, 100).keyBy((n) => n % 4 === 0 ? 'few' : 'many')
   * const sampled = pairs.sampleByKeyExact([['few', 1], ['many', 0.2]])
   * const counts = await sampled.countByKey()
   * ;[counts.get('few'), counts.get('many')] // [25, 15]
   */
  sampleByKeyExact<K, V>(
    this: Dataset<[K, V]>,
    fractions: Iterable<readonly [K, number]>,
    options: SampleOptions & { readonly otherwise?: number } = {},
  ): Dataset<[K, V]> {
    const site = this.#site('sampleByKeyExact', options, ['replacement', 'seed', 'otherwise'])
    return this.#make(sampleByKey(this, fractions, options, site, true))
  }

  /**
   * Cuts the dataset into random parts, with the chances of `weights`; each row is in exactly one of them. Each part
   * reads the dataset anew: cache it first.
   * @throws UsageError for weights below 0 or without a sum.
   * @example
   * const [train, test] = context.range(0, 100).randomSplit([0.8, 0.2], 42)
   * await train.count() + await test.count() // 100
   */
  randomSplit<const W extends readonly number[]>(weights: W, seed = 1): { [part in keyof W]: Dataset<T> } {
    const parts = randomSplit(this, weights, seed, callSite('randomSplit')).map((node) => this.#make<T>(node))
    return parts as { [part in keyof W]: Dataset<T> }
  }

  /**
   * Fewer partitions without a shuffle: neighbours become one. Which ones depends on the numbers alone, so that order and
   * results never depend on the cluster; each task runs where most of its cached inputs lie. `repartition` makes more, or even ones.
   * @throws UsageError where `partitions` is no whole number >= 1.
   * @example
   * await context.range(0, 6, { partitions: 6 }).coalesce(2).glom().collect() // [[0, 1, 2], [3, 4, 5]]
   */
  coalesce(partitions: number): Dataset<T> {
    checkPartitions(partitions, 'coalesce()')
    return this.#make({ ...this.#base(callSite('coalesce')), kind: 'coalesce', parent: this.node, partitions })
  }

  /**
   * The pairs with a key from `low` to `high`, both included, in the order of values. Where the keys lie in ranges, as
   * after `sortByKey`, only the partitions that may hold such keys are read.
   * @example
   * await context.range(0, 100).keyBy((n) => n).sortByKey().filterByRange(40, 42).keys().collect() // [40, 41, 42]
   */
  filterByRange<K, V>(this: Dataset<[K, V]>, low: K, high: K): Dataset<[K, V]> {
    const site = callSite('filterByRange')
    for (const bound of [low, high]) comparisonAt(site)(bound, bound)
    return this.#make({
      ...this.#base(site),
      kind: 'filterByRange',
      parent: this.node,
      low: encodeValue(low),
      high: encodeValue(high),
    })
  }

  // Transformations with a shuffle

  /**
   * Each value once; the first one seen is kept. Shuffles one row per distinct value and partition.
   * @example
   * (await context.parallelize([1, 2, 1]).distinct().collect()).sort() // [1, 2]
   */
  distinct(partitions?: number): Dataset<T> {
    const site = callSite('distinct')
    const found = nodes.inner(this.runner, nodes.distinctNode(this, partitions, site))
    return this.#make(nodes.projectionNode(found, 'keys', site))
  }

  /**
   * The values that both have, each once. Shuffles the rows of both.
   * @example
   * (await context.range(0, 4).intersection(context.range(2, 6)).collect()).sort() // [2, 3]
   */
  intersection(other: Dataset<T>, partitioning?: Partitioning): Dataset<T> {
    const site = callSite('intersection')
    return this.#make(nodes.setNode(this, checkDataset(other, site), 'both', partitioning, site))
  }

  /**
   * The rows of this that the other has not, duplicates kept. Shuffles the rows of both.
   * @example
   * (await context.range(0, 4).subtract(context.range(2, 6)).collect()).sort() // [0, 1]
   */
  subtract(other: Dataset<T>, partitioning?: Partitioning): Dataset<T> {
    const site = callSite('subtract')
    return this.#make(nodes.setNode(this, checkDataset(other, site), 'without', partitioning, site))
  }

  /**
   * The pairs whose key the other has not. Shuffles the sides that do not lie by the partitioner already.
   * @example
   * const banned = context.parallelize([['b', true]])
   * await context.parallelize([['a', 1], ['b', 2]]).subtractByKey(banned).collect() // [['a', 1]]
   */
  subtractByKey<K, V, W>(this: Dataset<[K, V]>, other: Dataset<[K, W]>, partitioning?: Partitioning): Dataset<[K, V]> {
    return this.#cogroup([other], partitioning, callSite('subtractByKey'), 'without')
  }

  /**
   * Spreads the rows evenly over `partitions` partitions, whatever they were. Shuffles every row; `coalesce` does not.
   * @throws UsageError where `partitions` is no whole number >= 1.
   * @example
   * await context.range(0, 4, { partitions: 1 }).repartition(2).glom().collect() // [[0, 2], [1, 3]]
   */
  repartition(partitions: number): Dataset<T> {
    return this.#make(nodes.repartitionNode(this, partitions, callSite('repartition')))
  }

  /**
   * Moves each row to the partition of its key. Shuffles every row, unless it lies there already.
   * @throws UsageError where the number of partitions is no whole number >= 1.
   * @example
   * const placed = context.parallelize([['a', 1], ['b', 2]]).partitionBy(4).cache()
   * placed.join(placed.mapValues((n) => -n)).assertNarrow() instanceof Dataset // true
   */
  partitionBy<K, V>(this: Dataset<[K, V]>, partitioning: number | Partitioner): Dataset<[K, V]> {
    const site = callSite('partitionBy')
    const spec = nodes.specOf(this.runner, partitioning, [this.node], site)
    if (sameSpec(partitionerOf(this.node), spec)) return this
    return this.#make(nodes.shuffleNode(this, spec, site))
  }

  /**
   * Like `partitionBy`, with the rows of each partition sorted by key; ties keep input order. Shuffles every row once;
   * partitions larger than memory are sorted in files.
   * @example
   * const pairs = context.parallelize([[3, 'c'], [1, 'a'], [2, 'b']])
   * await pairs.repartitionAndSortWithinPartitions(rangePartitioner([1])).keys().glom().collect() // [[1], [2, 3]]
   */
  repartitionAndSortWithinPartitions<K, V>(this: Dataset<[K, V]>, partitioning: number | Partitioner): Dataset<[K, V]> {
    const site = callSite('repartitionAndSortWithinPartitions')
    const spec = nodes.specOf(this.runner, partitioning, [this.node], site)
    return this.#make(nodes.shuffleNode(this, spec, site, { sort: 'ascending' }))
  }

  /**
   * Merges the values of each key with `create`, `mergeValue` and `mergeCombiners`; the map side combines first. Shuffles
   * one row per key and partition.
   * @example
   * const pairs = context.parallelize([['a', 1], ['a', 2]], 2)
   * const lists = pairs.combineByKey((n) => [n], (list, n) => [...list, n], (left, right) => [...left, ...right])
   * await lists.collect() // [['a', [1, 2]]]
   */
  combineByKey<K, V, C>(
    this: Dataset<[K, V]>,
    create: (value: V) => C,
    mergeValue: (combiner: C, value: V) => C,
    mergeCombiners: (left: C, right: C) => C,
    partitioning?: Partitioning,
  ): Dataset<[K, C]> {
    const site = callSite('combineByKey')
    const [first, second, third] = [create, mergeValue, mergeCombiners].map((fn) => this.runner.capture(fn, site))
    const aggregator = { kind: 'combine', create: first!, mergeValue: second!, mergeCombiners: third! } as const
    return this.#make(nodes.aggregateNode(this, aggregator, partitioning, site))
  }

  /**
   * Merges the values of each key with an associative `fn`. Shuffles one row per key and partition.
   * @example
   * await context.parallelize([['a', 1], ['a', 2]]).reduceByKey((a, b) => a + b).collect() // [['a', 3]]
   */
  reduceByKey<K, V>(this: Dataset<[K, V]>, fn: (left: V, right: V) => V, partitioning?: Partitioning): Dataset<[K, V]> {
    const site = callSite('reduceByKey')
    const merge = this.runner.capture(fn, site)
    return this.#make(nodes.aggregateNode(this, { kind: 'reduce', merge }, partitioning, site))
  }

  /**
   * Like `reduceByKey`, from a zero value that is cloned for each key and partition.
   * @example
   * await context.parallelize([['a', 1], ['a', 2]], 1).foldByKey(10, (a, b) => a + b).collect() // [['a', 13]]
   */
  foldByKey<K, V>(
    this: Dataset<[K, V]>,
    zero: V,
    fn: (left: V, right: V) => V,
    partitioning?: Partitioning,
  ): Dataset<[K, V]> {
    return this.#aggregateByKey(zero, fn, fn, partitioning, callSite('foldByKey'))
  }

  /**
   * Like `combineByKey`, from a zero value that is cloned for each key and partition.
   * @example
   * const pairs = context.parallelize([['a', 'x'], ['a', 'yz']])
   * await pairs.aggregateByKey(0, (sum, text) => sum + text.length, (a, b) => a + b).collect() // [['a', 3]]
   */
  aggregateByKey<K, V, C>(
    this: Dataset<[K, V]>,
    zero: C,
    mergeValue: (combiner: C, value: V) => C,
    mergeCombiners: (left: C, right: C) => C,
    partitioning?: Partitioning,
  ): Dataset<[K, C]> {
    return this.#aggregateByKey(zero, mergeValue, mergeCombiners, partitioning, callSite('aggregateByKey'))
  }

  /**
   * Groups the values of each key. Shuffles every value; prefer `reduceByKey` where a total is enough.
   * @example
   * await context.parallelize([['a', 1], ['a', 2]]).groupByKey().mapValues((group) => group.size).collect() // [['a', 2]]
   */
  groupByKey<K, V>(this: Dataset<[K, V]>, partitioning?: Partitioning): Dataset<[K, Group<V>]> {
    return this.#make(nodes.aggregateNode(this, { kind: 'group' }, partitioning, callSite('groupByKey')))
  }

  /**
   * Groups rows by the key that `fn` gives them. Shuffles every row.
   * @example
   * await context.range(0, 4).groupBy((n) => n > 9).collect() // [[false, [0, 1, 2, 3]]]
   */
  groupBy<K extends Row>(fn: (row: T) => K, partitioning?: Partitioning): Dataset<[K, Group<T>]> {
    const site = callSite('groupBy')
    const keyed = nodes.inner(this.runner, nodes.functionNode(this, 'keyBy', fn, site))
    return this.#make(nodes.aggregateNode(keyed, { kind: 'group' }, partitioning, site))
  }

  /**
   * For each key of any of two to four datasets, its values in each. Shuffles the sides that do not lie by the
   * partitioner already; groups larger than memory are read from files.
   * @example
   * const ages = context.parallelize([['ann', 30]])
   * const towns = context.parallelize([['ann', 'Ulm'], ['ann', 'Bonn']])
   * await ages.cogroup(towns).collect() // [['ann', [[30], ['Ulm', 'Bonn']]]]
   */
  cogroup<K, V, W>(
    this: Dataset<[K, V]>,
    other: Dataset<[K, W]>,
    partitioning?: Partitioning,
  ): Dataset<[K, [Group<V>, Group<W>]]>
  cogroup<K, V, W, X>(
    this: Dataset<[K, V]>,
    second: Dataset<[K, W]>,
    third: Dataset<[K, X]>,
    partitioning?: Partitioning,
  ): Dataset<[K, [Group<V>, Group<W>, Group<X>]]>
  cogroup<K, V, W, X, Y>(
    this: Dataset<[K, V]>,
    second: Dataset<[K, W]>,
    third: Dataset<[K, X]>,
    fourth: Dataset<[K, Y]>,
    partitioning?: Partitioning,
  ): Dataset<[K, [Group<V>, Group<W>, Group<X>, Group<Y>]]>
  cogroup(...args: unknown[]): Dataset<any> {
    const site = callSite('cogroup')
    const sides = args.findIndex((arg) => !(arg instanceof Dataset))
    const others = args.slice(0, sides < 0 ? args.length : Math.max(1, sides)) as Dataset<any>[]
    if (others.length < 1 || others.length > 3 || args.length > others.length + 1)
      throw new UsageError(`${describeCallSite(site)} takes one to three datasets, then a partitioning`)
    return this.#cogroup(others, args[others.length] as Partitioning, site)
  }

  /**
   * Each value of a key with each value of that key in the other. Shuffles the sides that do not lie by the partitioner already.
   * @example
   * const ages = context.parallelize([['ann', 30], ['bob', 40]])
   * await ages.join(context.parallelize([['ann', 'Ulm']])).collect() // [['ann', [30, 'Ulm']]]
   */
  join<K, V, W>(this: Dataset<[K, V]>, other: Dataset<[K, W]>, partitioning?: Partitioning): Dataset<[K, [V, W]]> {
    return this.#cogroup([other], partitioning, callSite('join'), 'inner')
  }

  /**
   * Like `join`, with `undefined` where the other has no value.
   * @example
   * await context.parallelize([['bob', 40]]).leftOuterJoin(context.parallelize([['ann', 'Ulm']])).collect() // [['bob', [40, undefined]]]
   */
  leftOuterJoin<K, V, W>(
    this: Dataset<[K, V]>,
    other: Dataset<[K, W]>,
    partitioning?: Partitioning,
  ): Dataset<[K, [V, W | undefined]]> {
    return this.#cogroup([other], partitioning, callSite('leftOuterJoin'), 'left')
  }

  /**
   * Like `join`, with `undefined` where this has no value.
   * @example
   * await context.parallelize([['bob', 40]]).rightOuterJoin(context.parallelize([['ann', 'Ulm']])).collect() // [['ann', [undefined, 'Ulm']]]
   */
  rightOuterJoin<K, V, W>(
    this: Dataset<[K, V]>,
    other: Dataset<[K, W]>,
    partitioning?: Partitioning,
  ): Dataset<[K, [V | undefined, W]]> {
    return this.#cogroup([other], partitioning, callSite('rightOuterJoin'), 'right')
  }

  /**
   * Like `join`, with `undefined` where either has no value.
   * @example
   * await context.parallelize([['bob', 40]]).fullOuterJoin(context.parallelize([['ann', 'Ulm']])).count() // 2
   */
  fullOuterJoin<K, V, W>(
    this: Dataset<[K, V]>,
    other: Dataset<[K, W]>,
    partitioning?: Partitioning,
  ): Dataset<[K, [V | undefined, W | undefined]]> {
    return this.#cogroup([other], partitioning, callSite('fullOuterJoin'), 'full')
  }

  /**
   * Sorts by key over all partitions, in the one order of values; ties keep input order. Shuffles every row, into equal
   * ranges; the first action samples the keys for them, in a job of its own.
   * @example
   * await context.parallelize([[2, 'b'], [1, 'a']]).sortByKey().values().collect() // ['a', 'b']
   */
  sortByKey<K, V>(this: Dataset<[K, V]>, options: SortOptions = {}): Dataset<[K, V]> {
    return this.#make(nodes.sortNode(this, options, this.#site('sortByKey', options, ['ascending', 'partitions'])))
  }

  /**
   * Sorts by what `fn` makes of a row, like `sortByKey`.
   * @example
   * await context.parallelize(['pear', 'fig']).sortBy((word) => word.length).collect() // ['fig', 'pear']
   */
  sortBy<K extends Row>(fn: (row: T) => K, options: SortOptions = {}): Dataset<T> {
    const site = this.#site('sortBy', options, ['ascending', 'partitions'])
    const keyed = nodes.inner(this.runner, nodes.functionNode(this, 'keyBy', fn, site))
    const sorted = nodes.inner(this.runner, nodes.sortNode(keyed, options, site))
    return this.#make(nodes.projectionNode(sorted, 'values', site))
  }

  /**
   * How many distinct values each key has, roughly: with a standard error of `relativeError`. Shuffles one sketch of
   * (1.04 / relativeError)² bytes per key and partition. HyperLogLog++ after Heule, Nunkesser and Hall, "HyperLogLog in
   * Practice", 2013; codec/distinct-sketch.ts says where it differs.
   * @throws UsageError for an error outside of 0.0011 to 1.
   * @example
   * await context.parallelize([['a', 1], ['a', 2], ['a', 1]]).countApproxDistinctByKey().collect() // [['a', 2]]
   */
  countApproxDistinctByKey<K, V>(
    this: Dataset<[K, V]>,
    options: { readonly relativeError?: number; readonly partitioning?: Partitioning } = {},
  ): Dataset<[K, number]> {
    const site = this.#site('countApproxDistinctByKey', options, ['relativeError', 'partitioning'])
    const { relativeError = 0.05, partitioning } = options
    return this.#make(nodes.aggregateNode(this, sketchAggregator(relativeError), partitioning, site))
  }

  // Persistence and lineage

  /**
   * Keeps the partitions in memory once an action has computed them; those that find no room are computed again each time.
   * @example
   * const kept = context.range(0, 3).map((n) => n * n).cache()
   * await kept.count() + await kept.count() // 6
   */
  cache(): this {
    return this.persist('memory')
  }

  /**
   * Keeps the partitions where `level` says once an action has computed them. With `replicas`, each partition that was
   * kept moves to so many executors in all, as far as there are as many, before the action ends; when one is lost, its
   * partitions are read from the others, and copied again.
   * @throws UsageError for an unknown level, and for replicas that are no whole number from 1.
   * @example
   * await context.range(0, 3).persist('memory-and-disk', { replicas: 2 }).count() // 3
   */
  persist(level: StorageLevel = 'memory', options: { readonly replicas?: number } = {}): this {
    this.#site('persist', options, ['replicas'])
    const { replicas = 1 } = options
    if (!storageLevels.includes(level))
      throw new UsageError(`persist(): '${String(level)}' is no storage level; use ${storageLevels.join(', ')}`)
    if (!Number.isSafeInteger(replicas) || replicas < 1)
      throw new UsageError(`persist(): \`replicas\` must be a whole number from 1, got ${String(replicas)}`)
    this.runner.persist(this.node, { level, replicas })
    return this
  }

  /**
   * Drops the kept partitions; they are computed again where they are needed again.
   * @example
   * await context.range(0, 3).cache().unpersist().count() // 3
   */
  unpersist(): this {
    this.runner.unpersist(this.node)
    return this
  }

  /**
   * Computes the dataset and cuts it off from what it was made of: a lost partition is read again instead of computed.
   * Partitions that executors keep stay where they are. What the dataset was made of may then be dropped, so a job that
   * goes on for long keeps a lineage of constant length.
   *
   * With `checkpointDir` of the context, executors write the partitions there, each once, and nothing moves; they survive the
   * loss of every executor. Without it, each encoded partition moves to the driver, which holds it. Both go when nobody holds
   * the dataset any more, when the scope that was open at the call ends, and with the context; `saveAsObjectFile` is for keeps.
   * @throws AbortedError when `signal` aborts; UsageError where the folder is not one that driver and executors share.
   * @example
   * let state = context.range(0, 3)
   * for (let step = 0; step < 3; step++) state = await state.map((n) => n * 2).cache().checkpoint()
   * await state.collect() // [0, 8, 16]
   */
  async checkpoint(options: ActionOptions = {}): Promise<Dataset<T>> {
    const action = this.#action('checkpoint', options)
    const pattern = this.runner.checkpointFolder(this.node)
    if (pattern !== undefined) return this.#checkpointTo(pattern, action)
    const parts = await actions.run(action, { kind: 'collect' })
    const partitioner = await this.runner.partitioner(this.node, options)
    const slices = parts.map((part) => [part])
    const { site } = action
    return this.#make({ id: this.node.id, site, kind: 'rows', slices, ...(partitioner ? { partitioner } : {}) })
  }

  /**
   * The folder that `checkpoint` wrote; undefined where it did not write one, or is not what made this dataset.
   * @example
   * await using other = await createContext({ master: 'memory[1]', checkpointDir: folder })
   * const kept = await other.range(0, 3).checkpoint()
   * kept.getCheckpointFile()!.startsWith(folder) // true
   */
  getCheckpointFile(): string | undefined {
    return this.node.kind === 'files' && this.node.isCheckpoint ? this.node.pattern : undefined
  }

  /**
   * Computes the dataset, keeps it on the executors and cuts it off from what it was made of. Moves nothing, but the loss
   * of an executor is the loss of the result; `checkpoint` survives it.
   * @throws UsageError at a later action, where an executor was lost meanwhile.
   * @example
   * const kept = await context.range(0, 3).map((n) => n * n).localCheckpoint()
   * kept.dependencies().length // 0
   */
  async localCheckpoint(options: ActionOptions = {}): Promise<Dataset<T>> {
    const action = this.#action('localCheckpoint', options)
    this.persist('memory-and-disk')
    await actions.count(action)
    const partitions = await this.runner.partitionCount(this.node)
    const partitioner = await this.runner.partitioner(this.node, options)
    const { site } = action
    return this.#make({ id: this.node.id, site, kind: 'kept', partitions, ...(partitioner ? { partitioner } : {}) })
  }

  /**
   * What it is made of, one step back: through a shuffle, or within the same tasks.
   * @example
   * const pairs = context.parallelize([['a', 1]])
   * pairs.reduceByKey((a, b) => a + b).dependencies().map(({ kind }) => kind) // ['shuffle']
   */
  dependencies(): Dependency[] {
    const kind = this.node.kind === 'shuffle' ? 'shuffle' : 'narrow'
    return parentsOf(this.node).map(({ id }) => ({ kind, id }))
  }

  /**
   * Checks that the operation behind this dataset moves no rows: that a join, say, finds both sides placed by
   * one partitioner. Looks through `map`, `filter` and the like to the operation before them. Runs nothing.
   * @returns this dataset.
   * @throws UsageError that says what would be shuffled and why.
   * @example
   * const placed = context.parallelize([['a', 1]]).partitionBy(4)
   * await placed.join(placed).assertNarrow().count() // 1
   */
  assertNarrow(): this {
    checkNarrow(this.node)
    return this
  }

  /**
   * The stages that an action would run, as text: why each shuffle exists, how rows are partitioned, and which stages
   * are skipped since their output or a cache is there. Runs nothing.
   * @example
   * context.range(0, 3).explain().startsWith('stage 1') // true
   */
  explain(): string {
    return this.runner.explain(this.node)
  }

  /**
   * Spark's name of `explain`.
   * @example
   * context.range(0, 3).toDebugString().startsWith('stage 1') // true
   */
  toDebugString(): string {
    return this.explain()
  }

  // Actions

  /**
   * All rows, in the order of partitions. They must fit into memory; `for await` streams them.
   * @example
   * await context.range(0, 3).collect() // [0, 1, 2]
   */
  async collect(options: ActionOptions = {}): Promise<T[]> {
    return actions.collect<T>(this.#action('collect', options))
  }

  /**
   * How many rows there are.
   * @example
   * await context.range(0, 3).count() // 3
   */
  async count(options: ActionOptions = {}): Promise<number> {
    return actions.count(this.#action('count', options))
  }

  /**
   * Whether there is no row; reads no more partitions than it takes to find one.
   * @example
   * await context.range(0, 3).filter((n) => n > 5).isEmpty() // true
   */
  async isEmpty(options: ActionOptions = {}): Promise<boolean> {
    return (await actions.take(this.#action('isEmpty', options), 1)).length === 0
  }

  /**
   * Merges all rows with an associative `fn`, in the order of partitions.
   * @throws UsageError on an empty dataset.
   * @example
   * await context.range(1, 4).reduce((a, b) => a * b) // 6
   */
  async reduce(fn: (left: T, right: T) => T, options: ActionOptions = {}): Promise<T> {
    return actions.reduce(this.#action('reduce', options), fn)
  }

  /**
   * Like `reduce`, from a zero value that is cloned for each partition and once more on the driver.
   * @example
   * await context.parallelize(['a', 'b']).fold('', (left, right) => left + right) // 'ab'
   */
  async fold(zero: T, fn: (left: T, right: T) => T, options: ActionOptions = {}): Promise<T> {
    return actions.aggregate(this.#action('fold', options), zero, fn, fn)
  }

  /**
   * Merges rows into a total per partition and those on the driver, each from a clone of `zero`.
   * @example
   * await context.parallelize(['a', 'bc']).aggregate(0, (sum, word) => sum + word.length, (a, b) => a + b) // 3
   */
  async aggregate<U>(
    zero: U,
    mergeRow: (total: U, row: T) => U,
    mergeTotals: (left: U, right: U) => U,
    options: ActionOptions = {},
  ): Promise<U> {
    return actions.aggregate(this.#action('aggregate', options), zero, mergeRow, mergeTotals)
  }

  /**
   * Like `reduce`, merging partitions in levels on the executors, so that the driver gets a few totals only. Shuffles one
   * row per partition and level.
   * @throws UsageError on an empty dataset.
   * @example
   * await context.range(0, 100, { partitions: 10 }).treeReduce((a, b) => a + b) // 4950
   */
  async treeReduce(fn: (left: T, right: T) => T, options: ActionOptions & TreeOptions = {}): Promise<T> {
    return treeReduce(this.#action('treeReduce', options, ['depth']), fn, options)
  }

  /**
   * Like `aggregate`, merging partitions in levels on the executors. Shuffles one row per partition and level.
   * @example
   * await context.range(0, 100, { partitions: 10 }).treeAggregate(0, (sum, n) => sum + n, (a, b) => a + b) // 4950
   */
  async treeAggregate<U>(
    zero: U,
    mergeRow: (total: U, row: T) => U,
    mergeTotals: (left: U, right: U) => U,
    options: ActionOptions & TreeOptions = {},
  ): Promise<U> {
    return treeAggregate(this.#action('treeAggregate', options, ['depth']), zero, mergeRow, mergeTotals, options)
  }

  /**
   * The first `count` rows, from as few partitions as it takes.
   * @example
   * await context.range(0, 1000).take(2) // [0, 1]
   */
  async take(count: number, options: ActionOptions = {}): Promise<T[]> {
    return actions.take(this.#action('take', options), count)
  }

  /**
   * The first row.
   * @throws UsageError on an empty dataset.
   * @example
   * await context.range(5, 9).first() // 5
   */
  async first(options: ActionOptions = {}): Promise<T> {
    return actions.first(this.#action('first', options))
  }

  /**
   * Exactly `size` random rows in random order, or all of a smaller dataset. Reads the dataset twice.
   * @example
   * (await context.range(0, 100).takeSample(5, { seed: 3 })).length // 5
   */
  async takeSample(size: number, options: ActionOptions & SampleOptions = {}): Promise<T[]> {
    return takeSample(this.#action('takeSample', options, ['replacement', 'seed']), size, options)
  }

  /**
   * The `count` largest rows, largest first: in the order of values, or in that of `compare`. Ties keep the dataset's order.
   * @example
   * await context.parallelize([3, 9, 4]).top(2) // [9, 4]
   */
  async top(count: number, options: ActionOptions & { readonly compare?: actions.Compare<T> } = {}): Promise<T[]> {
    return actions.ordered(this.#action('top', options, ['compare']), count, 'largest', options.compare)
  }

  /**
   * The `count` smallest rows, smallest first: in the order of values, or in that of `compare`. Ties keep the dataset's order.
   * @example
   * await context.parallelize(['pear', 'fig', 'apple']).takeOrdered(2, { compare: (a, b) => a.length - b.length }) // ['fig', 'pear']
   */
  async takeOrdered(
    count: number,
    options: ActionOptions & { readonly compare?: actions.Compare<T> } = {},
  ): Promise<T[]> {
    return actions.ordered(this.#action('takeOrdered', options, ['compare']), count, 'smallest', options.compare)
  }

  /**
   * The smallest row, in the order of values or in that of `compare`; the first of equal ones. NaN is larger than any number: it is the
   * smallest only of itself.
   * @throws UsageError on an empty dataset.
   * @example
   * await context.parallelize([3, 9, 4]).min() // 3
   */
  async min(options: ActionOptions & { readonly compare?: actions.Compare<T> } = {}): Promise<T> {
    return actions.extreme(this.#action('min', options, ['compare']), 'smallest', options.compare)
  }

  /**
   * The largest row, in the order of values or in that of `compare`; the first of equal ones. NaN is larger than any number.
   * @throws UsageError on an empty dataset.
   * @example
   * await context.parallelize([3, 9, 4]).max() // 9
   */
  async max(options: ActionOptions & { readonly compare?: actions.Compare<T> } = {}): Promise<T> {
    return actions.extreme(this.#action('max', options, ['compare']), 'largest', options.compare)
  }

  /**
   * Count, sum, mean, extremes and spread of numbers, in one pass.
   * @throws UsageError where a row is no number.
   * @example
   * const { count, mean, stdev } = await context.parallelize([1, 3]).stats()
   * ;[count, mean, stdev] // [2, 2, 1]
   */
  async stats(this: Dataset<number>, options: ActionOptions = {}): Promise<Stats> {
    return stats(this.#action('stats', options))
  }

  /**
   * The sum of numbers; 0 of none.
   * @throws UsageError where a row is no number.
   * @example
   * await context.range(0, 5).sum() // 10
   */
  async sum(this: Dataset<number>, options: ActionOptions = {}): Promise<number> {
    return (await stats(this.#action('sum', options))).sum
  }

  /**
   * The mean of numbers; NaN of none.
   * @throws UsageError where a row is no number.
   * @example
   * await context.range(0, 5).mean() // 2
   */
  async mean(this: Dataset<number>, options: ActionOptions = {}): Promise<number> {
    return (await stats(this.#action('mean', options))).mean
  }

  /**
   * The variance of the numbers themselves, divided by their count; NaN of none.
   * @throws UsageError where a row is no number.
   * @example
   * await context.range(0, 5).variance() // 2
   */
  async variance(this: Dataset<number>, options: ActionOptions = {}): Promise<number> {
    return (await stats(this.#action('variance', options))).variance
  }

  /**
   * An estimate of the variance of what the numbers were drawn from, divided by their count less one; NaN of fewer than two.
   * @throws UsageError where a row is no number.
   * @example
   * await context.range(0, 5).sampleVariance() // 2.5
   */
  async sampleVariance(this: Dataset<number>, options: ActionOptions = {}): Promise<number> {
    return (await stats(this.#action('sampleVariance', options))).sampleVariance
  }

  /**
   * The square root of `variance`.
   * @throws UsageError where a row is no number.
   * @example
   * await context.parallelize([1, 3]).stdev() // 1
   */
  async stdev(this: Dataset<number>, options: ActionOptions = {}): Promise<number> {
    return (await stats(this.#action('stdev', options))).stdev
  }

  /**
   * The square root of `sampleVariance`.
   * @throws UsageError where a row is no number.
   * @example
   * await context.parallelize([1, 3]).sampleStdev() // Math.SQRT2
   */
  async sampleStdev(this: Dataset<number>, options: ActionOptions = {}): Promise<number> {
    return (await stats(this.#action('sampleStdev', options))).sampleStdev
  }

  /**
   * How many numbers lie in each bucket: so many of even width between the least and the largest number, which takes a job
   * of its own (one bucket, if the two are equal), or those between the given bounds; numbers outside of them and NaN count nowhere.
   * @throws UsageError where a row is no number, for bounds that do not grow, on an empty dataset without bounds.
   * @example
   * await context.range(0, 11).histogram(2) // { bounds: [0, 5, 10], counts: [5, 6] }
   */
  async histogram(
    this: Dataset<number>,
    buckets: number | readonly number[],
    options: ActionOptions = {},
  ): Promise<Histogram> {
    return histogram(this.#action('histogram', options), buckets)
  }

  /**
   * How many distinct rows there are, roughly: with a standard error of `relativeError`. Moves one sketch per partition.
   * @throws UsageError for an error outside of 0.0011 to 1.
   * @example
   * await context.parallelize(['a', 'b', 'a']).countApproxDistinct() // 2
   */
  async countApproxDistinct(options: ActionOptions & { readonly relativeError?: number } = {}): Promise<number> {
    return countApproxDistinct(
      this.#action('countApproxDistinct', options, ['relativeError']),
      options.relativeError ?? 0.05,
    )
  }

  /**
   * How often each value occurs, as a map that finds values as keys do: by value. Shuffles one row per value and partition.
   * @example
   * (await context.parallelize([[1, 2], [1, 2]]).countByValue()).get([1, 2]) // 2
   */
  async countByValue(options: ActionOptions = {}): Promise<Map<T, number>> {
    const action = this.#action('countByValue', options)
    const keyed = nodes.inner(this.runner, nodes.projectionNode(this, 'asKeys', action.site))
    return mapByValue(await this.#countsOf<T>(keyed, action))
  }

  /**
   * How many rows each key has, as a map that finds keys by value. Shuffles one row per key and partition.
   * @example
   * (await context.parallelize([['a', 1], ['a', 2]]).countByKey()).get('a') // 2
   */
  async countByKey<K, V>(this: Dataset<[K, V]>, options: ActionOptions = {}): Promise<Map<K, number>> {
    return mapByValue(await this.#countsOf<K>(this, this.#action('countByKey', options)))
  }

  /**
   * The pairs as a map that finds keys by value; of several values of a key the last one stays. They must fit into memory.
   * @example
   * (await context.parallelize([[['a', 1], 'x']]).collectAsMap()).get(['a', 1]) // 'x'
   */
  async collectAsMap<K, V>(this: Dataset<[K, V]>, options: ActionOptions = {}): Promise<Map<K, V>> {
    const action = this.#action('collectAsMap', options)
    const pairs = await actions.collect<[K, V]>(action)
    const odd = pairs.find((row: unknown) => !Array.isArray(row) || row.length !== 2)
    if (odd !== undefined)
      throw new UsageError(
        `${describeCallSite(action.site)} needs rows [key, value], got ${inspect(odd, { depth: 1 })}`,
      )
    return mapByValue(pairs)
  }

  /**
   * Merges the values of each key, per partition on the executors and then on the driver, into a map that finds keys by
   * value. Shuffles nothing; all keys of all partitions come to the driver.
   * @example
   * const totals = await context.parallelize([['a', 1], ['a', 2]]).reduceByKeyLocally((a, b) => a + b)
   * totals.get('a') // 3
   */
  async reduceByKeyLocally<K, V>(
    this: Dataset<[K, V]>,
    fn: (left: V, right: V) => V,
    options: ActionOptions = {},
  ): Promise<Map<K, V>> {
    const action = this.#action('reduceByKeyLocally', options)
    const merge = this.runner.capture(fn, action.site)
    const base = this.#base(action.site)
    const { node } = nodes.inner(this.runner, {
      ...base,
      kind: 'aggregate',
      parent: this.node,
      aggregator: { kind: 'reduce', merge },
    })
    const totals = new KeyMap<V>()
    for (const [key, value] of await actions.collect<[K, V]>({ ...action, node }))
      totals.update(
        key,
        () => value,
        (total) => fn(total, value),
      )
    return mapByValue(totals.entries() as Iterable<[K, V]>)
  }

  /**
   * Calls `fn` for each row, on the executors. A task that runs again, after a failure or a loss, calls it again.
   * @example
   * const sum = context.accumulator()
   * await context.range(0, 4).foreach((n) => sum.add(n))
   * sum.value // 6
   */
  async foreach(fn: (row: T, task: TaskContext) => void, options: ActionOptions = {}): Promise<void> {
    const action = this.#action('foreach', options)
    await actions.run(action, { kind: 'foreach', closure: this.runner.capture(fn, action.site) })
  }

  /**
   * Calls `fn` once per partition with its rows, on the executors. A task that runs again calls it again.
   * @example
   * const partitions = context.accumulator()
   * await context.range(0, 4, { partitions: 2 }).foreachPartition(() => partitions.add(1))
   * partitions.value // 2
   */
  async foreachPartition(
    fn: (rows: Iterable<T>, task: TaskContext) => void,
    options: ActionOptions = {},
  ): Promise<void> {
    const action = this.#action('foreachPartition', options)
    await actions.run(action, { kind: 'foreachPartition', closure: this.runner.capture(fn, action.site) })
  }

  /**
   * The values of one key; reads one partition only where the partitioner is known.
   * @throws UsageError for a key that cannot be compared by value.
   * @example
   * await context.parallelize([['a', 1], ['b', 2]]).partitionBy(4).lookup('b') // [2]
   */
  async lookup<K, V>(this: Dataset<[K, V]>, key: K, options: ActionOptions = {}): Promise<V[]> {
    return actions.lookup<V>(this.#action('lookup', options), key)
  }

  /**
   * How many partitions the dataset has; lists the files of a text source.
   * @example
   * await context.range(0, 10, { partitions: 3 }).partitionCount() // 3
   */
  async partitionCount(): Promise<number> {
    return this.runner.partitionCount(this.node)
  }

  /**
   * Where the task of a partition would rather run: the executors that hold what it reads, else the hosts and executors that its
   * sources name; nothing where there is neither. Runs no job.
   * @throws UsageError where there is no such partition.
   * @example
   * const hosts = context.source(2, (partition) => [partition], { preferredLocations: [['ann'], ['bob', 'cleo']] })
   * await hosts.map((n) => n + 1).preferredLocations(1) // ['bob', 'cleo']
   */
  async preferredLocations(partition: number): Promise<string[]> {
    const site = callSite('preferredLocations')
    const count = await this.partitionCount()
    if (!Number.isInteger(partition) || partition < 0 || partition >= count)
      throw new UsageError(
        `${describeCallSite(site)} needs a partition from 0 to ${count - 1}, got ${String(partition)}`,
      )
    return this.runner.preferredLocations(this.node, partition)
  }

  /**
   * Spark's name of `partitionCount`.
   * @example
   * await context.range(0, 10, { partitions: 3 }).getNumPartitions() // 3
   */
  async getNumPartitions(): Promise<number> {
    return this.partitionCount()
  }

  /**
   * Rows as they come, a few partitions at a time: no more than those are held on the driver.
   * @example
   * const seen = []
   * for await (const n of context.range(0, 3)) seen.push(n)
   * seen // [0, 1, 2]
   */
  [Symbol.asyncIterator](): AsyncGenerator<T> {
    return actions.iterate(this.#action('for await', {}))
  }

  /**
   * What `for await` over the dataset does, with options.
   * @example
   * const { value } = await context.range(7, 9).toLocalIterator().next()
   * value // 7
   */
  toLocalIterator(options: ActionOptions = {}): AsyncGenerator<T> {
    return actions.iterate(this.#action('toLocalIterator', options))
  }

  /**
   * Writes one text file per partition, for each row the line `String(row)`, and a `_SUCCESS` marker at the end; what is not marked is not there.
   * Of the attempts of a task, one is moved into place; a failed action leaves nothing.
   * @throws UsageError where the folder is not empty, or is not one that driver and executors share, and where a row is or holds an object
   * without a text of its own, which would come out as `[object Object]`.
   * @example
   * await context.range(0, 3).saveAsTextFile(folder + '/numbers', { compression: 'gzip' })
   * await context.textFile(folder + '/numbers').collect() // ['0', '1', '2']
   */
  async saveAsTextFile(folder: string, options: SaveOptions = {}): Promise<void> {
    return saveFiles(
      this.#action('saveAsTextFile', options, ['compression']),
      folder,
      { kind: 'text' },
      '',
      options.compression,
    )
  }

  /**
   * Writes one file per partition with a JSON value per line, as `saveAsTextFile` does: what `JSON.stringify` makes of a row.
   * @throws UsageError as `saveAsTextFile` for the folder, and where a row has no JSON form, such as `undefined` or a bigint.
   * @example
   * await context.parallelize([{ id: 1, tags: ['a'] }]).saveAsJsonLines(folder + '/json')
   * await context.jsonLines(folder + '/json').collect() // [{ id: 1, tags: ['a'] }]
   */
  async saveAsJsonLines(folder: string, options: SaveOptions = {}): Promise<void> {
    const action = this.#action('saveAsJsonLines', options, ['compression'])
    return saveFiles(action, folder, { kind: 'jsonLines' }, '.jsonl', options.compression)
  }

  /**
   * Writes one CSV file per partition, as `saveAsTextFile` does. Rows are lists, or objects, for which the first line of each
   * file names the columns (`header: false` leaves it out): those of `columns`, else the keys of the file's first row.
   * @throws UsageError as `saveAsTextFile` for the folder, and where a row is neither, or has other columns.
   * @example
   * await context.parallelize([{ id: '007', name: 'Bond, James' }], 1).saveAsCsv(folder + '/csv')
   * await context.textFile(folder + '/csv').collect() // ['id,name', '007,"Bond, James"']
   */
  async saveAsCsv(folder: string, options: CsvSaveOptions = {}): Promise<void> {
    const action = this.#action('saveAsCsv', options, ['compression', 'delimiter', 'header', 'columns'])
    const { format, ending } = csvSaveFormat(options)
    return saveFiles(action, folder, format, ending, options.compression)
  }

  /**
   * Writes one Parquet file per partition, as `saveAsTextFile` does, in row groups of 65,536 objects; needs the package
   * `hyparquet-writer`. Columns have the types that `columns` names; else those of each file's rows: numbers DOUBLE, bigints
   * INT64, text STRING, booleans BOOLEAN, dates TIMESTAMP, bytes BYTE_ARRAY, other values JSON. A partition without rows makes no file
   * unless columns are named. Pages are compressed with Snappy, or as `compression` says.
   * @throws UsageError as `saveAsTextFile` for the folder, and where a row is no object, or a value does not fit its column.
   * @example
   * await context.parallelize([{ id: 7n, tags: ['x'] }], 1).saveAsParquet(folder + '/tags', { columns: { id: 'INT64', tags: 'JSON' } })
   * await context.parquet(folder + '/tags').collect() // [{ id: 7n, tags: ['x'] }]
   */
  async saveAsParquet(folder: string, options: ParquetSaveOptions = {}): Promise<void> {
    const action = this.#action('saveAsParquet', options, ['compression', 'columns'])
    return saveFiles(action, folder, parquetSaveFormat(options), '.parquet', options.compression)
  }

  /**
   * Writes one file per partition, as `saveAsTextFile` does, in the codec's own form: any row comes back as it was with
   * `context.objectFile`. For data that lives no longer than this version of gridify; use Parquet or JSON lines for archives.
   * @throws UsageError as `saveAsTextFile` for the folder, and where a row is no plain data.
   * @example
   * await context.parallelize([[1, -0, undefined]], 1).saveAsObjectFile(folder + '/rows')
   * await context.objectFile(folder + '/rows').collect() // [[1, -0, undefined]]
   */
  async saveAsObjectFile(folder: string, options: SaveOptions = {}): Promise<void> {
    const action = this.#action('saveAsObjectFile', options, ['compression'])
    return saveFiles(action, folder, { kind: 'objects' }, '.objects', options.compression)
  }

  /** @internal */
  [shipSymbol](): never {
    throw new UsageError('is a dataset, which lives on the driver; collect() it first, or join() with it')
  }

  async #checkpointTo(pattern: string, action: actions.Action): Promise<Dataset<T>> {
    const { site, options } = action
    const partitioner = await this.runner.partitioner(this.node, options)
    await saveFiles(action, pattern, { kind: 'objects', isOwn: true }, '.objects')
    const files = this.#make<T>({
      id: this.node.id,
      site,
      kind: 'files',
      pattern,
      format: { kind: 'objects' },
      from: 'executors',
      minPartitions: 1,
      isCheckpoint: true,
      ...(partitioner ? { partitioner } : {}),
    })
    // Lists them now: they are not to change any more.
    await files.partitionCount()
    return files
  }

  #base(site: CallSite) {
    return nodes.baseOf(this.runner, site)
  }

  #make<U>(node: LineageNode): Dataset<U> {
    return new Dataset<U>(node, this.runner)
  }

  /** `known` are the options that this action has beside `signal`. */
  #action(operation: string, options: ActionOptions, known: readonly string[] = []): actions.Action {
    const site = this.#site(operation, options, ['signal', ...known])
    return { node: this.node, runner: this.runner, site, options: { signal: options.signal } }
  }

  #site(operation: string, options: object, known: readonly string[]): CallSite {
    const site = callSite(operation)
    const wrong = wrongOption(options, known)
    if (wrong !== undefined) throw new UsageError(`${describeCallSite(site)} ${wrong}`)
    return site
  }

  #function<U>(
    kind: Parameters<typeof nodes.functionNode>[1],
    fn: Function,
    site: CallSite = callSite(kind),
    options: Parameters<typeof nodes.functionNode>[4] = {},
  ): Dataset<U> {
    return this.#make(nodes.functionNode(this, kind, fn, site, options))
  }

  #projection<U>(kind: 'keys' | 'values' | 'glom', site: CallSite): Dataset<U> {
    return this.#make(nodes.projectionNode(this, kind, site))
  }

  #number<U>(by: 'index' | 'uniqueId', site: CallSite): Dataset<U> {
    return this.#make({ ...this.#base(site), kind: 'number', parent: this.node, by, targets: 0 })
  }

  #aggregateByKey<U>(
    zero: unknown,
    mergeValue: Function,
    mergeCombiners: Function,
    partitioning: Partitioning,
    site: CallSite,
  ): Dataset<U> {
    const [merge, combine] = [mergeValue, mergeCombiners].map((fn) => this.runner.capture(fn, site))
    const aggregator = {
      kind: 'aggregate',
      zero: encodeZero(zero, site),
      mergeValue: merge!,
      mergeCombiners: combine!,
    } as const
    return this.#make(nodes.aggregateNode(this, aggregator, partitioning, site))
  }

  #cogroup<U>(
    others: readonly Dataset<any>[],
    partitioning: Partitioning,
    site: CallSite,
    join?: JoinKind,
  ): Dataset<U> {
    for (const other of others) checkDataset(other, site)
    return this.#make(nodes.cogroupNode([this, ...others], partitioning, site, join))
  }

  async #countsOf<K>(keyed: nodes.Handle, action: actions.Action): Promise<[K, number][]> {
    const ones = nodes.inner(this.runner, nodes.projectionNode(keyed, 'ones', action.site))
    const { node } = nodes.inner(this.runner, nodes.aggregateNode(ones, { kind: 'sum' }, undefined, action.site))
    return actions.collect({ ...action, node })
  }
}

function checkDataset<D extends Dataset<any>>(other: D, site: CallSite): D {
  if (other instanceof Dataset) return other
  throw new UsageError(
    `${describeCallSite(site)} needs a dataset beside this one, got ${inspect(other, { depth: 0 })}; context.parallelize(rows) makes one of rows`,
  )
}
