/** What the compiler must infer, and what it must refuse; the build checks it, nothing here runs. */
import type { Context, Dataset, FileDataset, Group, SyncRow } from '@gridify/core'
import { expectTypeOf, test } from 'vitest'

declare const context: Context
declare const numbers: Dataset<number>
declare const pairs: Dataset<[string, number]>

const generic = () => {
  const swap = <K, V>(pairs: Dataset<[K, V]>) => pairs.map(([key, value]): [V, K] => [value, key])
  const mapBy = <U extends SyncRow>(numbers: Dataset<number>, fn: (n: number) => U) => numbers.map(fn)
  const lists = <V extends {}>(pairs: Dataset<[string, V]>) => pairs.mapValues((value) => [value])
  expectTypeOf(swap<string, number>).returns.toEqualTypeOf<Dataset<[number, string]>>()
  expectTypeOf(mapBy<Date>).returns.toEqualTypeOf<Dataset<Date>>()
  expectTypeOf(lists<number>).returns.toEqualTypeOf<Dataset<[string, [number]]>>()
}

const inferred = () => {
  expectTypeOf(numbers.map((n) => [String(n), n])).toEqualTypeOf<Dataset<[string, number]>>()
  expectTypeOf(numbers.flatMap((n) => [[n, { n }]])).toEqualTypeOf<Dataset<[number, { n: number }]>>()
  expectTypeOf(context.parallelize([['a', 1]])).toEqualTypeOf<Dataset<[string, number]>>()
  expectTypeOf(pairs.join(numbers.map((n) => ['', n > 1]))).toEqualTypeOf<Dataset<[string, [number, boolean]]>>()
  expectTypeOf(pairs.leftOuterJoin(pairs)).toEqualTypeOf<Dataset<[string, [number, number | undefined]]>>()
  expectTypeOf(pairs.groupByKey()).toEqualTypeOf<Dataset<[string, Group<number>]>>()
  expectTypeOf(pairs.cogroup(pairs, pairs.mapValues(String))).toEqualTypeOf<
    Dataset<[string, [Group<number>, Group<number>, Group<string>]]>
  >()
  expectTypeOf(
    pairs.aggregateByKey(
      0,
      (sum, n) => sum + n,
      (a, b) => a + b,
    ),
  ).toEqualTypeOf<Dataset<[string, number]>>()
  expectTypeOf(context.csv('')).toEqualTypeOf<FileDataset<string[]>>()
  expectTypeOf(context.csv('', { header: true })).toEqualTypeOf<FileDataset<Record<string, string>>>()
  expectTypeOf(context.csv('', { header: true, columns: ['a', 'b'] })).toEqualTypeOf<
    FileDataset<{ a: string; b: string }>
  >()
  expectTypeOf(context.jsonLines<{ n: number }>('')).toEqualTypeOf<FileDataset<{ n: number }>>()
  expectTypeOf(numbers.zip(pairs)).toEqualTypeOf<Dataset<[number, [string, number]]>>()
  expectTypeOf(numbers.zipWithIndex().keys()).toEqualTypeOf<Dataset<number>>()
  expectTypeOf(numbers.cartesian(pairs)).toEqualTypeOf<Dataset<[number, [string, number]]>>()
  expectTypeOf(numbers.mapAsync(async (n) => [n, 'x'])).toEqualTypeOf<Dataset<[number, string]>>()
  expectTypeOf(numbers.barrier().mapPartitions(async (rows) => [...rows].map((n) => [n, 'x']))).toEqualTypeOf<
    Dataset<[number, string]>
  >()
  expectTypeOf(
    numbers.barrier().mapPartitionsWithIndex(async function* (index, rows, task) {
      for (const n of rows) yield { index, all: await task.allGather(n) }
    }),
  ).toEqualTypeOf<Dataset<{ index: number; all: number[] }>>()
  expectTypeOf(numbers.randomSplit([1, 2])).toEqualTypeOf<readonly [Dataset<number>, Dataset<number>]>()
  expectTypeOf(numbers.glom()).toEqualTypeOf<Dataset<number[]>>()
  expectTypeOf(pairs.collectAsMap()).toEqualTypeOf<Promise<Map<string, number>>>()
  expectTypeOf(numbers.countByValue()).toEqualTypeOf<Promise<Map<number, number>>>()
  expectTypeOf(numbers.map((n) => JSON.parse(String(n)))).toEqualTypeOf<Dataset<any>>()
}

const refused = () => {
  // @ts-expect-error a dataset of numbers has no keys
  numbers.reduceByKey((a, b) => a + b)
  // @ts-expect-error
  numbers.groupByKey()
  // @ts-expect-error
  numbers.join(pairs)
  // @ts-expect-error
  numbers.sortByKey()
  // @ts-expect-error
  numbers.mapValues((n) => n)
  // @ts-expect-error
  numbers.partitionBy(3)
  // @ts-expect-error
  numbers.subtractByKey(pairs)
  // @ts-expect-error
  numbers.filterByRange(1, 2)
  // @ts-expect-error
  numbers.sampleByKey([[1, 0.5]])
  // @ts-expect-error
  void numbers.lookup(1)
  // @ts-expect-error
  void numbers.collectAsMap()
  // @ts-expect-error keys of another type
  pairs.join(numbers.map((n) => [n, n]))
  // @ts-expect-error a key of another type
  void pairs.lookup(1)
  // @ts-expect-error pairs are no numbers
  void pairs.sum()
  // @ts-expect-error
  void pairs.histogram(3)
  // @ts-expect-error rows of another type
  numbers.intersection(pairs)
  // @ts-expect-error a promise is no SyncRow: mapAsync is for functions that return one
  numbers.map(async (n) => n)
  // @ts-expect-error
  pairs.mapValues(async (n) => n)
  // @ts-expect-error
  numbers.filter(async (n) => n > 1)
  // @ts-expect-error
  numbers.flatMap(async (n) => [n])
  // @ts-expect-error a Group has a size, since it is no array
  pairs.groupByKey().mapValues((group) => group.length)
  // @ts-expect-error
  pairs.groupByKey().mapValues((group) => group[0]!)
  // @ts-expect-error no such option
  numbers.sample(0.1, { sed: 1 })
}

/** Thirty operations in a row: what a slow inference would make a slow build of. */
const chained = () =>
  numbers
    .map((n) => [n % 10, n])
    .mapValues((n) => n + 1)
    .reduceByKey((a, b) => a + b)
    .filter(([key]) => key > 2)
    .join(numbers.keyBy((n) => n))
    .mapValues(([a, b]) => a + b)
    .groupByKey()
    .mapValues((group) => group.toArray())
    .flatMapValues((all) => all)
    .sortByKey()
    .map(([key, n]) => [String(key), n])
    .distinct()
    .leftOuterJoin(pairs)
    .mapValues(([n, m]) => n + (m ?? 0))
    .cogroup(pairs)
    .mapValues(([a, b]) => [...a, ...b])
    .flatMapValues((all) => all)
    .union(pairs)
    .repartition(3)
    .zipWithIndex()
    .map(([[key, n], i]) => [key, [n, i]])
    .fullOuterJoin(pairs)
    .mapValues(([a, b]) => ({ a, b }))
    .aggregateByKey(
      0,
      (sum) => sum + 1,
      (a, b) => a + b,
    )
    .keyBy(([key]) => key.length)
    .values()
    .map(([key, n]) => [n, key])
    .sortBy(([n]) => n)
    .sample(0.5)
    .collectAsMap()

test('types are checked by the build', () => {
  expectTypeOf(chained).returns.toEqualTypeOf<Promise<Map<number, string>>>()
  expectTypeOf([generic, inferred, refused]).not.toBeAny()
})
