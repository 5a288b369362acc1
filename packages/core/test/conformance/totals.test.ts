import { expect, test } from 'vitest'
import { onEveryCluster } from './every-cluster.ts'

onEveryCluster((context) => {
  const numbers = () => context().parallelize([4, 1, 7, 2, 9, 4], 3)
  const none = () => context().parallelize<number>([], 2)

  test('maps whose keys compare by value are broadcast, sent as rows and come back as such', async () => {
    const towns = await context()
      .parallelize<[[number, string], string]>([
        [[1, 'a'], 'Ulm'],
        [[2, 'b'], 'Bonn'],
      ])
      .collectAsMap()
    const table = context().broadcast(towns)
    const keys = context().parallelize<[number, string]>([
      [2, 'b'],
      [3, 'c'],
    ])
    expect(await keys.map((key) => table.value.get(key) ?? null).collect()).toEqual(['Bonn', null])
    const [back] = await context().parallelize([towns], 1).collect()
    expect(back!.get([1, 'a'])).toBe('Ulm')
    expect(() => keys.map((key) => towns.get(key) ?? null)).toThrow('broadcast(map)')
    expect(
      await context()
        .range(0, 6)
        .keyBy((n) => n % 2)
        .groupByKey(1)
        .distinct()
        .count(),
    ).toBe(2)
    expect(await context().parallelize([-1.7e308, 1.7e308]).histogram(2)).toEqual({
      bounds: [-1.7e308, 0, 1.7e308],
      counts: [1, 1],
    })
  })

  test('the least and the largest number are the first and the last of a sort, in stats too', async () => {
    const lists = [[NaN, 1, 3, -2], [1, NaN], [NaN, NaN], [0, -0], [-0, 0, NaN], [Infinity, NaN, -Infinity], [7]]
    for (const list of lists)
      for (const partitions of [1, 2, 5]) {
        const numbers = context().parallelize(list, partitions)
        const sorted = await numbers.sortBy((n) => n).collect()
        const largest = sorted.at(-1)!
        const { min, max } = await numbers.stats()
        expect([list, min, await numbers.min()]).toEqual([list, sorted[0], sorted[0]])
        // Of equals the first that came.
        const firstLargest = list.find((n) => n === largest) ?? NaN
        expect([list, max, await numbers.max()]).toEqual([list, firstLargest, firstLargest])
      }
  })
  test('statistics of numbers take one pass', async () => {
    const { stdev, sampleStdev, ...rest } = await numbers().stats()
    expect(rest).toEqual({
      count: 6,
      sum: 27,
      mean: 4.5,
      min: 1,
      max: 9,
      variance: 7.583333333333333,
      sampleVariance: 9.1,
    })
    expect([stdev, sampleStdev]).toEqual([Math.sqrt(rest.variance), Math.sqrt(9.1)])
    expect(await none().stats()).toEqual({
      count: 0,
      sum: 0,
      mean: NaN,
      min: Infinity,
      max: -Infinity,
      variance: NaN,
      sampleVariance: NaN,
      stdev: NaN,
      sampleStdev: NaN,
    })
    const far = context().parallelize([1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16], 2)
    expect(await far.sampleVariance()).toBe(30)
    await expect(
      context()
        .parallelize(['1'], 1)
        .map((text) => text as never as number)
        .sum(),
    ).rejects.toThrow(/^sum\(\) at \S+ needs rows that are numbers, got "1"/)
  })
  test('histograms count by even buckets or by given bounds', async () => {
    expect(await numbers().histogram(4)).toEqual({ bounds: [1, 3, 5, 7, 9], counts: [2, 2, 0, 2] })
    expect(await numbers().histogram([0, 4, 8])).toEqual({ bounds: [0, 4, 8], counts: [2, 3] })
    expect(await context().parallelize([5, 5]).histogram(3)).toEqual({ bounds: [5, 5], counts: [2] })
    await expect(none().histogram(3)).rejects.toThrow('the dataset is empty; give the bounds of the buckets')
    await expect(numbers().histogram([3, 3])).rejects.toThrow('each larger than the one before')
  })
  test('least and largest rows come in the order of values or of a function', async () => {
    const mixed = context().parallelize([undefined, 'b', null, 3, 'a', undefined, -1], 3)
    expect(await mixed.takeOrdered(5)).toEqual([null, undefined, undefined, -1, 3])
    expect(await mixed.top(3)).toEqual(['b', 'a', 3])
    const words = context().parallelize(['ccc', 'a', 'bb', 'd', 'ee'], 3)
    expect(await words.takeOrdered(3, { compare: (a, b) => a.length - b.length })).toEqual(['a', 'd', 'bb'])
    expect(await words.top(2, { compare: (a, b) => a.length - b.length })).toEqual(['ccc', 'bb'])
    expect([
      await numbers().min(),
      await numbers().max(),
      await words.max({ compare: (a, b) => a.length - b.length }),
    ]).toEqual([1, 9, 'ccc'])
    await expect(none().max()).rejects.toThrow(/^max\(\) at \S+: the dataset is empty/)
    expect(
      await context()
        .range(0, 20_000, { partitions: 2 })
        .flatMap((n) => [n, n])
        .top(3),
    ).toEqual([19999, 19999, 19998])
  })
  test('trees merge neighbours in levels on the executors', async () => {
    const letters = context().parallelize([...'abcdefghijklmnopqrstuvwxyz'], 26)
    const before = context().metrics().tasks
    expect(await letters.treeReduce((a, b) => a + b, { depth: 3 })).toBe('abcdefghijklmnopqrstuvwxyz')
    // 26 partials, then levels of 9 and 3; the last level's tasks give the results.
    expect(context().metrics().tasks - before).toBe(26 + 9 + 3)
    expect(
      await letters.treeAggregate(
        '',
        (all, letter) => all + letter,
        (a, b) => a + b,
      ),
    ).toBe('abcdefghijklmnopqrstuvwxyz')
    expect(
      await none().treeAggregate(
        7,
        (a, b) => a + b,
        (a, b) => a + b,
      ),
    ).toBe(14)
    await expect(none().treeReduce((a, b) => a + b)).rejects.toThrow('use treeAggregate() with a zero value')
  })
  test('counts of values and keys are found by value', async () => {
    const rows = context().parallelize(
      [
        { x: 1, y: [2] },
        { y: [2], x: 1 },
        { x: 1, y: [3] },
      ],
      2,
    )
    const counts = await rows.countByValue()
    expect([
      counts.size,
      counts.get({ x: 1, y: [2] }),
      counts.get({ x: 1, y: [3] }),
      counts.get({ x: 2, y: [] }),
    ]).toEqual([2, 2, 1, undefined])
    const byKey = await rows.keyBy(({ y }) => y).countByKey()
    expect([byKey.get([2]), byKey.has([3]), byKey.has([4])]).toEqual([2, true, false])
    expect(await context().parallelize(['a', 'b', 'a'], 2).countByValue()).toEqual(
      new Map([
        ['a', 2],
        ['b', 1],
      ]),
    )
    const pairs = context().parallelize(
      [
        ['a', 1],
        ['b', 2],
        ['a', 3],
      ],
      2,
    )
    expect(await pairs.collectAsMap()).toEqual(
      new Map([
        ['a', 3],
        ['b', 2],
      ]),
    )
    expect(await pairs.reduceByKeyLocally((a, b) => a + b)).toEqual(
      new Map([
        ['a', 4],
        ['b', 2],
      ]),
    )
  })
  test('distinct values are counted within the error that was asked for', async () => {
    const many = context()
      .range(0, 60_000, { partitions: 3 })
      .map((n) => `user ${n % 20_000}`)
    expect(Math.abs((await many.countApproxDistinct({ relativeError: 0.01 })) / 20_000 - 1)).toBeLessThan(0.03)
    const few = context().parallelize<[number, string | number[]]>(
      [
        [1, 'a'],
        [1, 'a'],
        [2, 'x'],
        [1, 'b'],
        [2, [1]],
        [2, [1]],
      ],
      3,
    )
    expect((await few.countApproxDistinctByKey().collect()).sort()).toEqual([
      [1, 2],
      [2, 2],
    ])
    expect(await few.partitionBy(2).countApproxDistinctByKey().assertNarrow().lookup(1)).toEqual([2])
    expect(await none().countApproxDistinct()).toBe(0)
    await expect(many.countApproxDistinct({ relativeError: 0 })).rejects.toThrow('must lie between 0.0011 and 1')
  })
  test('partitions are visited on the executors and streamed to the driver', async () => {
    const sum = context().accumulator()
    await numbers().foreachPartition((rows) => {
      for (const n of rows) sum.add(n)
    })
    expect(sum.value).toBe(27)
    const streamed: number[] = []
    for await (const n of numbers().toLocalIterator()) streamed.push(n)
    expect(streamed).toEqual([4, 1, 7, 2, 9, 4])
    expect([await none().isEmpty(), await numbers().isEmpty()]).toEqual([true, false])
  })
  test('rows come from functions and from streams', async () => {
    const letters = context().source(3, (partition, task) => [`${partition}${task.partition}`, 'x'])
    expect(await letters.collect()).toEqual(['00', 'x', '11', 'x', '22', 'x'])
    async function* stream() {
      for (let i = 0; i < 10; i++) yield { i }
    }
    const streamed = context().fromStream(stream(), 3)
    expect((await streamed.glom().collect()).map((part) => part.map(({ i }) => i))).toEqual([
      [0, 1, 2],
      [3, 4, 5],
      [6, 7, 8, 9],
    ])
    expect(await streamed.count()).toBe(10)
    expect(() => context().fromStream([1] as never)).toThrow('use parallelize() for arrays')
  })
})
