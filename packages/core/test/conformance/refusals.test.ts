import { inspect } from 'node:util'
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
      expect(() => call(partitioning as never), `${name} ${inspect(partitioning)}`).toThrow(
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

test('csv marks that are one, and saves without a folder, are refused', async () => {
  await using context = await createContext({ master: 'memory[1]' })
  expect(() => context.csv('rows.csv', { delimiter: '"' })).toThrow(
    'csv(): `delimiter` and `quote` are both "\\""; they must differ',
  )
  expect(() => context.csv('rows.csv', { comment: ',', delimiter: ',' })).toThrow(
    '`comment` and `delimiter` are both ","',
  )
  for (const folder of ['', undefined, 5])
    await expect(
      context
        .range(0, 3)
        .map(String)
        .saveAsTextFile(folder as string),
    ).rejects.toThrow('saveAsTextFile(): needs the path or the address of a folder to write, got')
})

test('options that contradict each other, or ask for more than any machine has, are refused', async () => {
  const refused = async (options: object) =>
    await createContext(options).then(
      () => 'taken',
      (error: Error) => error.message,
    )
  expect(await refused({ master: 'local[1]', executors: ['ws://127.0.0.1:1'] })).toBe(
    'createContext() takes `master` or `executors`, not both: `executors` names daemons that run, `master` starts its own',
  )
  expect(await refused({ master: 'local[1000000]' })).toBe(
    "master 'local[1000000]' asks for more than 1024 slots, each a thread of this machine",
  )
  expect(await refused({ skewSplit: true })).toBe(
    'createContext(): option `skewSplit` must be false, or an object such as { factor: 2, minBytes: 1048576 }, got true',
  )
})

test('an accumulator adds up numbers only, on the driver and in tasks', async () => {
  await using context = await createContext({ master: 'memory[1]' })
  const sum = context.accumulator()
  expect(() => sum.add('5' as never)).toThrow("an accumulator adds up numbers, got '5'")
  await expect(context.range(0, 2).foreach(() => sum.add(1n as never))).rejects.toThrow(
    'an accumulator adds up numbers, got 1n',
  )
  expect(sum.value).toBe(0)
})

test('more replicas than executors are told', async () => {
  const said: string[] = []
  await using context = await createContext({ master: 'memory[2]', onLog: ({ message }) => void said.push(message) })
  context.range(0, 4).persist('memory', { replicas: 5 })
  expect(said).toEqual([
    expect.stringMatching(
      /^persist\(\) of range\(\) at .* asks for 5 replicas, more than there are executors \(2\): each/,
    ),
  ])
})

test('an action that a stopped context had begun ends with an error, at any moment', async () => {
  for (const master of ['memory[2]', 'local[2]']) {
    const context = await createContext({ master, onLog: () => {} })
    const begun = [
      context
        .range(0, 2)
        .map(() => 1)
        .collect(),
      context
        .range(0, 4)
        .keyBy((n) => n)
        .sortByKey()
        .collect(),
    ]
    const ended = Promise.allSettled(begun)
    await context.stop()
    for (const result of await ended)
      expect(String((result as PromiseRejectedResult).reason)).toMatch(
        /^(AbortedError: the context was stopped while the job ran|UsageError: .* the context is stopped; create another one)$/,
      )
  }
})

test('what the functions of onTask and onLog throw ends no job', async () => {
  await using context = await createContext({
    master: 'memory[1]',
    onTask: () => {
      throw new Error('odd')
    },
    onLog: () => {
      throw new Error('odder')
    },
  })
  expect(await context.range(0, 3).count()).toBe(3)
})

test('rows that are no pairs have no keys to collect or to look up', async () => {
  await using context = await createContext({ master: 'memory[1]' })
  const rule = /needs rows \[key, value\], got /
  for (const rows of [['ab', 'cd'], [[1, 2, 3]], [1]]) {
    const dataset = context.parallelize(rows as [unknown, unknown][])
    await expect(dataset.collectAsMap()).rejects.toThrow(rule)
    await expect(dataset.lookup('a')).rejects.toThrow(rule)
  }
})

test('rows that are pulled one by one end at the abort', async () => {
  await using context = await createContext({ master: 'memory[1]' })
  const controller = new AbortController()
  const rows: number[] = []
  const pulled = (async () => {
    for await (const row of context.range(0, 1000, { partitions: 2 }).toLocalIterator({ signal: controller.signal })) {
      rows.push(row)
      if (row === 5) controller.abort()
    }
  })()
  await expect(pulled).rejects.toThrow(
    /^toLocalIterator\(\) at .*refusals\.test\.ts:\d+:\d+ was aborted by its signal$/,
  )
  expect(rows).toEqual([0, 1, 2, 3, 4, 5])
})
