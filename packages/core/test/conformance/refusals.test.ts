import { createContext, rangePartitioner } from '@gridify/core'
import { expect, test } from 'vitest'

test('a stopped context hands out no broadcast and no accumulator', async () => {
  const context = await createContext({ master: 'memory[1]' })
  await context.stop()
  expect(() => context.broadcast(1)).toThrow(/^broadcast\(\) at .*: the context is stopped; create another one$/)
  expect(() => context.accumulator()).toThrow(/^accumulator\(\) at .*: the context is stopped; create another one$/)
})

test('a path that is no text is refused', async () => {
  await using context = await createContext({ master: 'memory[1]' })
  expect(() => context.textFile(5 as unknown as string)).toThrow(
    /^textFile\(\) at .*refusals\.test\.ts:\d+:\d+ needs the path of a file or folder, or a pattern of paths, got 5$/,
  )
})

test('an option that no action has is refused before any work, with the nearest that it has', async () => {
  await using context = await createContext({ master: 'memory[1]' })
  const numbers = context.range(0, 3)
  const pairs = numbers.keyBy((n) => n)
  const calls: Record<string, () => unknown> = {
    'collect sginal signal': () => numbers.collect({ sginal: 1 } as {}),
    'count signall signal': () => numbers.count({ signall: 1 } as {}),
    'take Signal signal': () => numbers.take(1, { Signal: 1 } as {}),
    'top comparator compare': () => numbers.top(1, { comparator: () => 0 } as {}),
    'treeReduce dept depth': () => numbers.treeReduce((a, b) => a + b, { dept: 1 } as {}),
    'takeSample sead seed': () => numbers.takeSample(1, { sead: 1 } as {}),
    'saveAsTextFile compress compression': () => numbers.saveAsTextFile('/nowhere', { compress: 'gzip' } as {}),
    'saveAsCsv delimeter delimiter': () => numbers.saveAsCsv('/nowhere', { delimeter: ';' } as {}),
    'saveAsParquet colums columns': () => numbers.saveAsParquet('/nowhere', { colums: {} } as {}),
    'checkpoint sig signal': () => numbers.checkpoint({ sig: 1 } as {}),
    'lookup sign signal': () => pairs.lookup(1, { sign: 1 } as {}),
    'toLocalIterator signl signal': async () => numbers.toLocalIterator({ signl: 1 } as {}),
    'range steps step': async () => context.range(0, 3, { steps: 2 } as {}),
    'mapAsync concurency concurrency': async () => numbers.mapAsync(async (n) => n, { concurency: 2 } as {}),
    'sortBy descending ascending': async () => numbers.sortBy((n) => n, { descending: true } as {}),
    'sample replace replacement': async () => numbers.sample(1, { replace: true } as {}),
  }
  const tasksBefore = context.metrics().tasks
  for (const [words, call] of Object.entries(calls)) {
    const [operation, wrong, right] = words.split(' ')
    const error = await (call() as Promise<unknown>).then(
      () => undefined,
      (reason: Error) => `${reason.name}: ${reason.message.replace(/ at \S*refusals\.test\.ts:\d+:\d+/, ' here')}`,
    )
    expect(error).toBe(`UsageError: ${operation}() here has no option \`${wrong}\`; did you mean \`${right}\`?`)
  }
  expect(context.metrics().tasks).toBe(tasksBefore)
})

test('options that are no object are refused, a bare signal among them', async () => {
  await using context = await createContext({ master: 'memory[1]' })
  const numbers = context.range(0, 3)
  await expect(numbers.collect(new AbortController().signal as {})).rejects.toThrow(
    /^collect\(\) at .* takes its options as an object, such as \{ signal \}, got AbortSignal/,
  )
  await expect(numbers.top(1, ((a: number, b: number) => a - b) as {})).rejects.toThrow(
    'takes its options as an object',
  )
  await expect(numbers.count(null as unknown as {})).rejects.toThrow('such as { signal }, got null')
})

test('what is no partitioning is refused where it is given: it would place no key anywhere', async () => {
  await using context = await createContext({ master: 'memory[1]' })
  const pairs = context.range(0, 6).keyBy((n) => n % 3)
  const calls: Record<string, (partitioning: never) => unknown> = {
    reduceByKey: (partitioning) => pairs.reduceByKey((a, b) => a + b, partitioning),
    groupByKey: (partitioning) => pairs.groupByKey(partitioning),
    groupBy: (partitioning) => pairs.groupBy(([key]) => key, partitioning),
    partitionBy: (partitioning) => pairs.partitionBy(partitioning),
    join: (partitioning) => pairs.join(pairs, partitioning),
    cogroup: (partitioning) => pairs.cogroup(pairs, partitioning),
    distinct: (partitioning) => context.range(0, 3).distinct(partitioning),
    subtract: (partitioning) => pairs.subtract(pairs, partitioning),
    repartitionAndSortWithinPartitions: (partitioning) => pairs.repartitionAndSortWithinPartitions(partitioning),
  }
  const wrong = [
    (key: number) => key,
    '2',
    2n,
    true,
    null,
    {},
    [1],
    { kind: 'hash' },
    { partitions: 2 },
    0,
    1.5,
    Number.NaN,
  ]
  for (const [name, call] of Object.entries(calls))
    for (const partitioning of wrong)
      expect(() => call(partitioning as never), `${name} ${String(partitioning)}`).toThrow(
        new RegExp(
          `^${name}\\(\\) at .*refusals\\.test\\.ts:\\d+:\\d+ (takes a number of partitions or a partitioner|needs a whole number of partitions >= 1, got |takes one to three datasets)`,
        ),
      )
})

test('what is no dataset, no rows, no fractions and no bounds is refused by name', async () => {
  await using context = await createContext({ master: 'memory[1]' })
  const pairs = context.range(0, 6).keyBy((n) => n % 3)
  const rows = [[0, 1]] as never
  const calls: Record<string, () => unknown> = {
    join: () => pairs.join(rows),
    leftOuterJoin: () => pairs.leftOuterJoin(rows),
    subtractByKey: () => pairs.subtractByKey(rows),
    union: () => pairs.union(rows),
    zip: () => pairs.zip(rows),
    cartesian: () => pairs.cartesian(rows),
    intersection: () => pairs.intersection(rows),
    subtract: () => pairs.subtract(undefined as never),
    zipPartitions: () => pairs.zipPartitions(rows, (a) => a),
  }
  for (const [name, call] of Object.entries(calls))
    expect(call, name).toThrow(
      new RegExp(`^${name}\\(\\) at .*refusals\\.test\\.ts:\\d+:\\d+ needs a dataset beside this one, got .*; context`),
    )
  expect(() => context.parallelize({ a: 1 } as never)).toThrow(
    /^parallelize\(\) at .* needs an iterable of rows, such as/,
  )
  expect(() => context.parallelize(undefined as never)).toThrow(
    'needs an iterable of rows, such as an array, got undefined',
  )
  expect(() => pairs.sampleByKey({ 0: 1 } as never)).toThrow(
    /^sampleByKey\(\) at .* needs fractions by key as a Map or/,
  )
  expect(() => rangePartitioner(undefined as never)).toThrow('rangePartitioner() takes a list of bounds, got undefined')
})
