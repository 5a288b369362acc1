import { customPartitioner, hashPartitioner, indexPartitioner, rangePartitioner } from '@gridify/core'
import { expect, test } from 'vitest'
import { onEveryCluster } from './every-cluster.ts'

onEveryCluster((context) => {
  const pairs = () =>
    context().parallelize(
      [
        ['a', 1],
        ['b', 2],
        ['a', 3],
        ['c', 4],
      ],
      3,
    )
  const sorted = async <T>(rows: { collect(): Promise<T[]> }) => (await rows.collect()).sort()

  test('rows are numbered in order, without a job where they need none', async () => {
    const words = context().parallelize(['a', 'b', 'c', 'd', 'e'], 3)
    expect(await words.zipWithIndex().collect()).toEqual([
      ['a', 0],
      ['b', 1],
      ['c', 2],
      ['d', 3],
      ['e', 4],
    ])
    expect(await words.zipWithUniqueId().collect()).toEqual([
      ['a', 0],
      ['b', 1],
      ['c', 4],
      ['d', 2],
      ['e', 5],
    ])
    expect(
      await words
        .filter((word) => word > 'c')
        .zipWithIndex()
        .collect(),
    ).toEqual([
      ['d', 0],
      ['e', 1],
    ])
  })
  test('zip meets rows of equal place, and names the partition that is longer on one side', async () => {
    const left = context().range(0, 5, { partitions: 2 })
    expect(await left.zip(left.map((n) => n * n)).collect()).toEqual([
      [0, 0],
      [1, 1],
      [2, 4],
      [3, 9],
      [4, 16],
    ])
    await expect(left.zip(left.filter((n) => n < 4)).collect()).rejects.toThrow(
      /^zip\(\) at \S+: partition 1 has 2 rows on the right side and more on the other/,
    )
    await expect(left.zip(context().range(0, 5, { partitions: 3 })).collect()).rejects.toThrow(
      'needs as many partitions on all sides, got 2 and 3',
    )
  })
  test('partitions of three and four datasets meet', async () => {
    const of = (start: number) => context().range(start, start + 2, { partitions: 2 })
    expect(
      await of(0)
        .zipPartitions(of(10), of(20), (a, b, c) => [[...a, ...b, ...c]])
        .collect(),
    ).toEqual([
      [0, 10, 20],
      [1, 11, 21],
    ])
    expect(
      await of(0)
        .zipPartitions(of(10), of(20), of(30), (a, b, c, d, task) => [[task.partition, ...a, ...b, ...c, ...d]])
        .collect(),
    ).toEqual([
      [0, 0, 10, 20, 30],
      [1, 1, 11, 21, 31],
    ])
  })
  test('a product has every pair, in the order of partitions', async () => {
    const letters = context().parallelize(['x', 'y', 'z'], 2)
    const product = context().range(0, 2, { partitions: 2 }).cartesian(letters)
    expect([await product.partitionCount(), await product.collect()]).toEqual([
      4,
      [
        [0, 'x'],
        [0, 'y'],
        [0, 'z'],
        [1, 'x'],
        [1, 'y'],
        [1, 'z'],
      ],
    ])
  })
  test('partitions become fewer without a shuffle, and even with one', async () => {
    const rows = context().range(0, 7, { partitions: 5 })
    expect(await rows.coalesce(2).glom().collect()).toEqual([
      [0, 1],
      [2, 3, 4, 5, 6],
    ])
    expect(await rows.coalesce(9).partitionCount()).toBe(5)
    const uneven = rows.filter((n) => n < 1).union(context().range(10, 16, { partitions: 1 }))
    expect((await uneven.repartition(3).glom().collect()).map((part) => part.length)).toEqual([3, 2, 2])
    expect(await uneven.repartition(3).count()).toBe(7)
  })
  test('sets compare rows by value', async () => {
    const left = context().parallelize(
      [
        [1, 'a'],
        [2, 'b'],
        [2, 'b'],
        [3, 'c'],
        [3, 'c'],
      ],
      2,
    )
    const right = context().parallelize(
      [
        [2, 'b'],
        [2, 'b'],
        [4, 'd'],
      ],
      3,
    )
    expect(await left.intersection(right).collect()).toEqual([[2, 'b']])
    expect(await sorted(left.subtract(right))).toEqual([
      [1, 'a'],
      [3, 'c'],
      [3, 'c'],
    ])
    expect(await sorted(left.subtractByKey(right))).toEqual([
      [1, 'a'],
      [3, 'c'],
      [3, 'c'],
    ])
  })
  test('values are folded and grouped', async () => {
    expect(await sorted(pairs().foldByKey(0, (a, b) => a + b))).toEqual([
      ['a', 4],
      ['b', 2],
      ['c', 4],
    ])
    expect(
      await sorted(
        context()
          .range(0, 6, { partitions: 2 })
          .groupBy((n) => ({ even: n % 2 === 0 }), 1)
          .mapValues((group) => [...group]),
      ),
    ).toEqual([
      [{ even: true }, [0, 2, 4]],
      [{ even: false }, [1, 3, 5]],
    ])
  })
  test('up to four datasets are grouped together', async () => {
    const more = context().parallelize([
      ['a', true],
      ['d', false],
    ])
    expect(await sorted(pairs().cogroup(more, pairs(), 2))).toEqual([
      ['a', [[1, 3], [true], [1, 3]]],
      ['b', [[2], [], [2]]],
      ['c', [[4], [], [4]]],
      ['d', [[], [false], []]],
    ])
    expect(
      (
        await pairs()
          .cogroup(more)
          .values()
          .glom()
          .reduce((a, b) => [...a, ...b])
      ).flat().length,
    ).toBe(8)
    expect((await pairs().cogroup(more, pairs(), more).lookup('d'))[0]).toEqual([[], [false], [], [false]])
  })
  test('a range of keys is read from the partitions that may hold it only', async () => {
    const visited = context().accumulator()
    const byRange = context()
      .range(0, 40)
      .map((n) => [n, n * n])
      .partitionBy(rangePartitioner([9, 19, 29]))
      .mapPartitions((rows) => (visited.add(1), rows), { preservesPartitioning: true })
    expect(await byRange.filterByRange(18, 21).collect()).toEqual([
      [18, 324],
      [19, 361],
      [20, 400],
      [21, 441],
    ])
    expect(visited.value).toBe(2)
    const descending = context()
      .range(0, 40)
      .keyBy((n) => n)
      .sortByKey({ ascending: false, partitions: 4 })
    expect(await descending.filterByRange(30, 32).keys().collect()).toEqual([32, 31, 30])
    expect(await descending.filterByRange(32, 30).count()).toBe(0)
    expect(await pairs().filterByRange('b', 'z').collect()).toEqual([
      ['b', 2],
      ['c', 4],
    ])
  })
  test('a lookup reads one partition where the partitioner is known', async () => {
    const visited = context().accumulator()
    const counted = pairs()
      .partitionBy(4)
      .mapPartitions((rows) => (visited.add(1), rows), { preservesPartitioning: true })
    expect([await counted.lookup('a'), visited.value]).toEqual([[1, 3], 1])
    const inOrder = pairs().sortByKey({ partitions: 2 })
    expect([await inOrder.lookup('a'), await inOrder.lookup('nobody')]).toEqual([[1, 3], []])
  })
  test('a join with a sorted dataset follows the bounds of the sort', async () => {
    const byNumber = context()
      .range(0, 60, { partitions: 3 })
      .map((n) => [n, 'left'])
      .sortByKey({ partitions: 3 })
    const few = context().parallelize(
      [
        [5, 'right'],
        [33, 'right'],
        [59, 'right'],
      ],
      2,
    )
    expect(await few.join(byNumber).collect()).toEqual([
      [5, ['right', 'left']],
      [33, ['right', 'left']],
      [59, ['right', 'left']],
    ])
    expect((await byNumber.cogroup(few).collect()).length).toBe(60)
  })
  test('rows are sorted within the partitions of any partitioner', async () => {
    const rows = context().parallelize(
      [5, 2, 8, 1, 9].map((n) => [n, `row ${n}`]),
      2,
    )
    expect(
      await rows
        .repartitionAndSortWithinPartitions(rangePartitioner([4]))
        .keys()
        .glom()
        .collect(),
    ).toEqual([
      [1, 2],
      [5, 8, 9],
    ])
  })
  test('a partitioner of the user spreads keys, and its joins do not shuffle', async () => {
    const modulus = 3
    const byRest = customPartitioner(modulus, (n: number) => n % modulus, 'by rest')
    const placed = context()
      .range(0, 7)
      .map((n) => [n, n])
      .partitionBy(byRest)
    expect(await placed.keys().glom().collect()).toEqual([
      [0, 3, 6],
      [1, 4],
      [2, 5],
    ])
    expect(await placed.lookup(4)).toEqual([4])
    const joined = placed.join(placed.mapValues((n) => -n)).assertNarrow()
    expect(await joined.lookup(5)).toEqual([[5, -5]])
    const wrong = customPartitioner(2, (n: number) => n, 'too far')
    await expect(placed.partitionBy(wrong).count()).rejects.toThrow(
      /the custom partitioner 'too far' must return a whole number from 0 to 1, but for the key (\d) it returned \1/,
    )
  })
  test('datasets with one partitioner are united in place', async () => {
    const left = pairs().partitionBy(3)
    const both = left.union(left.mapValues((n) => -n))
    expect(await both.partitionCount()).toBe(3)
    expect(await both.lookup('a')).toEqual([1, 3, -1, -3])
    both.reduceByKey((a, b) => a + b).assertNarrow()
    expect(await left.union(pairs()).partitionCount()).toBe(6)
  })
  test('a key that cannot be compared by value is refused by name', async () => {
    const byMap = context()
      .range(0, 2)
      .keyBy((n) => new Map([[n, n]]))
    await expect(byMap.groupByKey().collect()).rejects.toThrow('cannot be compared by value, so it cannot be a key')
    await expect(byMap.reduceByKey((a, b) => a + b).collect()).rejects.toThrow('cannot be a key')
  })
})

test('two functions under one identity are no partitioner', async () => {
  const { samePartitioner } = await import('../../dist/lineage/partitioner.js')
  const one = customPartitioner(2, (n: number) => n % 2, 'same')
  const other = customPartitioner(2, (n: number) => (n + 1) % 2, 'same')
  expect(() => samePartitioner(one, other)).toThrow("two custom partitioners have the identity 'same'")
  expect(samePartitioner(hashPartitioner(2), indexPartitioner(2))).toBe(false)
  expect(samePartitioner(rangePartitioner([1, 'a']), rangePartitioner([1, 'a']))).toBe(true)
  expect(() => rangePartitioner([2, 1])).toThrow('needs bounds that grow: 1 comes after 2')
})
