/**
 * Runs a program with this library. A program is a list: the name of an operation, then its arguments, the first of them
 * the program of the dataset that it is called on. run_program.py runs the same ones.
 */
import { customPartitioner, type Context, type Dataset } from '@gridify/core'
import { decode } from './encoded-values.ts'
import { functions } from './functions.ts'

/** Made of JSON: which argument is a program, a name or a value is what the operation says. */
export type Program = readonly [name: string, ...args: any[]]
type Rows = Dataset<any>
type Operation = (context: Context, ...args: any[]) => Rows
type Action = (dataset: Rows, args: any[], context: Context) => Promise<unknown>

const fn = (name: string) => functions[name] ?? fail(`a function '${name}'`)
const fail = (what: string): never => {
  throw new Error(`the fixtures name ${what}, which is not here`)
}
/** PySpark takes the function of a key and the remainder of its result. */
const placing = (partitions: number, name: string) => {
  const place = fn(name)
  return customPartitioner(partitions, (key) => place(key) % partitions, name)
}
/** PySpark orders by a key where we have `compare`. */
const ordering = (name: string | null) => {
  if (name === null) return {}
  const key = fn(name)
  return { compare: (a: unknown, b: unknown) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0) }
}

function makeDataset(context: Context, [name, ...args]: Program): Rows {
  return (operations[name] ?? fail(`an operation '${name}'`))(context, ...args)
}

export function runProgram(context: Context, [name, on, ...args]: Program): Promise<unknown> {
  return (actions[name] ?? fail(`an action '${name}'`))(makeDataset(context, on), args, context)
}

/** An operation of which the method has the same name and arguments: functions by name, datasets by program, and numbers. */
const method =
  (name: keyof Rows): Operation =>
  (context, on, ...args) => {
    const given = args.map((arg) =>
      typeof arg === 'string' ? fn(arg) : Array.isArray(arg) ? makeDataset(context, arg as any) : (arg ?? undefined),
    )
    return (makeDataset(context, on) as any)[name](...given)
  }

const alike = [
  'map filter flatMap mapPartitions mapPartitionsWithIndex keyBy mapValues flatMapValues keys values glom zip zipWithIndex',
  'zipWithUniqueId union cartesian coalesce repartition distinct intersection subtract subtractByKey join leftOuterJoin',
  'rightOuterJoin fullOuterJoin cogroup reduceByKey groupByKey groupBy combineByKey',
].flatMap((names) => names.split(' ')) as (keyof Rows)[]

const operations: Record<string, Operation> = {
  ...Object.fromEntries(alike.map((name) => [name, method(name)])),
  parallelize: (context, rows, partitions) => context.parallelize(decode(rows) as any[], partitions),
  range: (context, start, end, step, partitions) => context.range(start, end, { step, partitions }),
  partitionBy: (context, on, partitions, place) =>
    makeDataset(context, on).partitionBy(place ? placing(partitions, place) : partitions),
  foldByKey: (context, on, zero, merge, partitions) =>
    makeDataset(context, on).foldByKey(decode(zero), fn(merge), partitions),
  aggregateByKey: (context, on, zero, merge, combine, partitions) =>
    makeDataset(context, on).aggregateByKey(decode(zero), fn(merge), fn(combine), partitions),
  sortBy: (context, on, key, ascending, partitions) =>
    makeDataset(context, on).sortBy(fn(key), { ascending, partitions }),
  sortByKey: (context, on, ascending, partitions) => makeDataset(context, on).sortByKey({ ascending, partitions }),
  repartitionAndSortWithinPartitions: (context, on, partitions, place) =>
    makeDataset(context, on).repartitionAndSortWithinPartitions(placing(partitions, place)),
  filterByRange: (context, on, low, high) => makeDataset(context, on).filterByRange(decode(low), decode(high)),
  mapPartitionsKeeping: (context, on, name) =>
    makeDataset(context, on).mapPartitions(fn(name) as any, { preservesPartitioning: true }),
  pipe: (context, on, command) => makeDataset(context, on).pipe(decode(command) as string[]),
  sample: (context, on, replacement, fraction, seed) =>
    makeDataset(context, on).sample(fraction, { replacement, seed }),
  sampleByKey: (context, on, fractions, seed) =>
    makeDataset(context, on).sampleByKey(decode(fractions) as [unknown, number][], { seed }),
}

const actions: Record<string, Action> = {
  collect: (dataset) => dataset.collect(),
  async toLocalIterator(dataset) {
    const rows: unknown[] = []
    for await (const row of dataset.toLocalIterator()) rows.push(row)
    return rows
  },
  count: (dataset) => dataset.count(),
  isEmpty: (dataset) => dataset.isEmpty(),
  first: (dataset) => dataset.first(),
  take: (dataset, [count]) => dataset.take(count),
  numPartitions: (dataset) => dataset.getNumPartitions(),
  keepsPartitioner: async (dataset, [partitions]) => dataset.partitionBy(partitions) === dataset,
  reduce: (dataset, [merge]) => dataset.reduce(fn(merge)),
  treeReduce: (dataset, [merge, depth]) => dataset.treeReduce(fn(merge), { depth }),
  fold: (dataset, [zero, merge]) => dataset.fold(decode(zero), fn(merge)),
  aggregate: (dataset, [zero, merge, combine]) => dataset.aggregate(decode(zero), fn(merge), fn(combine)),
  treeAggregate: (dataset, [zero, merge, combine, depth]) =>
    dataset.treeAggregate(decode(zero), fn(merge), fn(combine), { depth }),
  top: (dataset, [count, key]) => dataset.top(count, ordering(key)),
  takeOrdered: (dataset, [count, key]) => dataset.takeOrdered(count, ordering(key)),
  max: (dataset, [key]) => dataset.max(ordering(key)),
  min: (dataset, [key]) => dataset.min(ordering(key)),
  sum: (dataset) => dataset.sum(),
  mean: (dataset) => dataset.mean(),
  variance: (dataset) => dataset.variance(),
  sampleVariance: (dataset) => dataset.sampleVariance(),
  stdev: (dataset) => dataset.stdev(),
  sampleStdev: (dataset) => dataset.sampleStdev(),
  async stats(dataset) {
    const { count, sum, mean, min, max, variance, sampleVariance, stdev, sampleStdev } = await dataset.stats()
    return [count, sum, mean, min, max, variance, sampleVariance, stdev, sampleStdev]
  },
  async histogram(dataset, [buckets]) {
    const { bounds, counts } = await dataset.histogram(typeof buckets === 'number' ? buckets : (decode(buckets) as []))
    return [bounds, counts]
  },
  countApproxDistinct: (dataset, [relativeError]) => dataset.countApproxDistinct({ relativeError }),
  countByKey: async (dataset) => [...(await dataset.countByKey())],
  countByValue: async (dataset) => [...(await dataset.countByValue())],
  collectAsMap: async (dataset) => [...(await dataset.collectAsMap())],
  reduceByKeyLocally: async (dataset, [merge]) => [...(await dataset.reduceByKeyLocally(fn(merge)))],
  lookup: (dataset, [key]) => dataset.lookup(decode(key)),
  async foreachSum(dataset, _args, context) {
    const total = context.accumulator()
    await dataset.foreach((row) => total.add(row))
    return total.value
  },
  async foreachPartitionCount(dataset, _args, context) {
    const total = context.accumulator()
    await dataset.foreachPartition(() => total.add(1))
    return total.value
  },
  async sampleTwice(dataset, [fraction, one, other]) {
    const [left, right] = await Promise.all([one, other].map((seed) => dataset.sample(fraction, { seed }).collect()))
    return left!.filter((row) => right!.includes(row)).length
  },
  randomSplitSizes: (dataset, [weights, seed]) =>
    Promise.all(dataset.randomSplit(decode(weights) as number[], seed).map((part) => part.count())),
  async randomSplitRows(dataset, [weights, seed]) {
    return (
      await Promise.all(dataset.randomSplit(decode(weights) as number[], seed).map((part) => part.collect()))
    ).flat()
  },
  async takeSampleSizes(dataset, [replacement, size, seed]) {
    const rows = await dataset.takeSample(size, { replacement, seed })
    return [rows.length, new Set(rows).size]
  },
}
