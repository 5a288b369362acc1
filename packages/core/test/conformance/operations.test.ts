/** The same programs on every kind of cluster. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { createContext, indexPartitioner, type Context } from '@gridify/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const clusters = ['memory[2]', 'local[2]', 'local-cluster[2,1]']

describe.each(clusters)('%s', (master) => {
  let context: Context
  let folder: string
  beforeAll(async () => {
    context = await createContext({ master })
    folder = mkdtempSync(join(tmpdir(), 'gridify-test-'))
  })
  afterAll(async () => {
    await context.stop()
    rmSync(folder, { recursive: true })
  })
  const pairs = () =>
    context.parallelize<[string, number]>(
      [
        ['a', 1],
        ['b', 2],
        ['a', 3],
        ['c', 4],
      ],
      3,
    )

  test('map ships captured values', async () => {
    const factor = 3
    expect(
      await context
        .range(0, 5)
        .map((n) => n * factor)
        .collect(),
    ).toEqual([0, 3, 6, 9, 12])
  })
  test('words are counted through a shuffle', async () => {
    const counts = context
      .parallelize(['a b', 'b c c'], 2)
      .flatMap((line) => line.split(' '))
      .map((word) => [word, 1])
    expect((await counts.reduceByKey((a, b) => a + b).collect()).sort()).toEqual([
      ['a', 1],
      ['b', 2],
      ['c', 2],
    ])
  })
  test('narrow operations keep order', async () => {
    const rows = context.range(0, 6, { partitions: 4 })
    expect(
      await rows
        .filter((n) => n % 2 === 0)
        .keyBy((n) => n + 1)
        .collect(),
    ).toEqual([
      [1, 0],
      [3, 2],
      [5, 4],
    ])
    expect(await rows.mapPartitionsWithIndex((index, all) => [[index, [...all].length]]).collect()).toEqual([
      [0, 1],
      [1, 2],
      [2, 1],
      [3, 2],
    ])
    expect(await rows.union(context.range(10, 12)).collect()).toEqual([0, 1, 2, 3, 4, 5, 10, 11])
    expect(
      await pairs()
        .mapValues((n) => n * 2)
        .flatMapValues((n) => [n, -n])
        .take(3),
    ).toEqual([
      ['a', 2],
      ['a', -2],
      ['b', 4],
    ])
    expect(await pairs().keys().distinct().count()).toBe(3)
    expect(await pairs().values().collect()).toEqual([1, 2, 3, 4])
  })
  test('values of a key are grouped, combined and aggregated', async () => {
    expect(
      (
        await pairs()
          .groupByKey()
          .mapValues((group) => [group.size, ...group])
          .collect()
      ).sort(),
    ).toEqual([
      ['a', [2, 1, 3]],
      ['b', [1, 2]],
      ['c', [1, 4]],
    ])
    expect((await pairs().groupByKey().collect()).sort()).toEqual([
      ['a', [1, 3]],
      ['b', [2]],
      ['c', [4]],
    ])
    const listed = pairs().combineByKey(
      (n): number[] => [n],
      (list, n) => [...list, n],
      (a, b) => [...a, ...b],
    )
    expect((await listed.collect()).sort()).toEqual([
      ['a', [1, 3]],
      ['b', [2]],
      ['c', [4]],
    ])
    const sums = pairs().aggregateByKey(
      { sum: 0 },
      (total, n) => ({ sum: total.sum + n }),
      (a, b) => ({ sum: a.sum + b.sum }),
    )
    expect((await sums.collect()).sort()).toEqual([
      ['a', { sum: 4 }],
      ['b', { sum: 2 }],
      ['c', { sum: 4 }],
    ])
    expect(await pairs().countByKey()).toEqual(
      new Map([
        ['a', 2],
        ['b', 1],
        ['c', 1],
      ]),
    )
    expect(await pairs().lookup('a')).toEqual([1, 3])
  })
  test('joins pair the values of both sides', async () => {
    const other = context.parallelize<[string, boolean]>(
      [
        ['a', true],
        ['d', false],
      ],
      2,
    )
    const sorted = async (rows: Promise<unknown[]>) => (await rows).sort()
    expect(await sorted(pairs().join(other).collect())).toEqual([
      ['a', [1, true]],
      ['a', [3, true]],
    ])
    expect(await sorted(pairs().leftOuterJoin(other).collect())).toEqual([
      ['a', [1, true]],
      ['a', [3, true]],
      ['b', [2, undefined]],
      ['c', [4, undefined]],
    ])
    expect(await sorted(pairs().rightOuterJoin(other).collect())).toEqual([
      ['a', [1, true]],
      ['a', [3, true]],
      ['d', [undefined, false]],
    ])
    expect(await pairs().fullOuterJoin(other).count()).toBe(5)
    expect(await sorted(pairs().cogroup(other).collect())).toEqual([
      ['a', [[1, 3], [true]]],
      ['b', [[2], []]],
      ['c', [[4], []]],
      ['d', [[], [false]]],
    ])
  })
  test('a join of two datasets with the same partitioner does not shuffle', async () => {
    const placed = pairs().partitionBy(3).cache()
    const joined = placed.join(placed.mapValues((n) => -n))
    expect(joined.explain().match(/-> shuffle/g)).toHaveLength(1)
    expect((await joined.collect()).sort()).toEqual([
      ['a', [1, -1]],
      ['a', [1, -3]],
      ['a', [3, -1]],
      ['a', [3, -3]],
      ['b', [2, -2]],
      ['c', [4, -4]],
    ])
  })
  test('sorts span partitions and keep ties in order', async () => {
    const rows = context.range(0, 200, { partitions: 3 }).map((n) => [(n * 37) % 101, n])
    const sorted = await rows.sortByKey({ partitions: 4 }).collect()
    expect(sorted.map(([key]) => key)).toEqual([...Array(200).keys()].map((n) => (n * 37) % 101).sort((a, b) => a - b))
    expect(sorted.every(([key, n], i) => i === 0 || sorted[i - 1]![0]! < key! || sorted[i - 1]![1]! < n!)).toBe(true)
    expect(
      await context
        .parallelize(['b', 'c', 'a'])
        .sortBy((word) => word, { ascending: false })
        .collect(),
    ).toEqual(['c', 'b', 'a'])
  })
  test('actions reduce on the executors and merge in order', async () => {
    const words = context.parallelize(['x', 'y', 'z'], 2)
    expect(await words.reduce((a, b) => a + b)).toBe('xyz')
    expect(await words.fold('', (a, b) => a + b)).toBe('xyz')
    expect(
      await words.aggregate(
        0,
        (n, word) => n + word.length,
        (a, b) => a + b,
      ),
    ).toBe(3)
    expect([await words.first(), await words.count(), await words.partitionCount()]).toEqual(['x', 3, 2])
    expect(await context.range(0, 50).top(2)).toEqual([49, 48])
    const streamed: string[] = []
    for await (const word of words) streamed.push(word)
    expect(streamed).toEqual(['x', 'y', 'z'])
  })
  test('empty datasets give empty results and clear errors', async () => {
    const none = context.parallelize<number>([], 3)
    expect([await none.count(), await none.collect(), await none.take(2)]).toEqual([0, [], []])
    await expect(none.reduce((a, b) => a + b)).rejects.toThrow('the dataset is empty')
    await expect(none.first()).rejects.toThrow('the dataset is empty')
  })
  test('a cached dataset is computed once', async () => {
    const runs = context.accumulator()
    const cached = context
      .range(0, 10, { partitions: 2 })
      .map((n) => (runs.add(1), n))
      .cache()
    expect([await cached.count(), await cached.count(), runs.value]).toEqual([10, 10, 10])
    cached.unpersist()
    expect(await cached.count()).toBe(10)
  })
  test('a checkpoint outlives what it was made of, and its rows are not computed again', async () => {
    const runs = context.accumulator()
    const source = context.scope()
    const made = context.range(0, 10, { partitions: 3 }).map((n) => {
      runs.add(1)
      return [n % 3, n] as [number, number]
    })
    const sums = made.reduceByKey((a, b) => a + b, 2).cache()
    const kept = context.scope()
    const checkpoint = await sums.checkpoint()
    source[Symbol.dispose]()
    const expected = [
      [0, 18],
      [1, 12],
      [2, 15],
    ]
    const read = async () => (await checkpoint.collect()).sort((a, b) => a[0] - b[0])
    expect(await read()).toEqual(expected)
    checkpoint.unpersist()
    expect(await read()).toEqual(expected)
    expect(runs.value).toBe(10)
    expect(checkpoint.explain()).not.toContain('reduceByKey')
    expect(await checkpoint.reduceByKey((a, b) => a + b, 2).collect()).toEqual(await checkpoint.collect())
    kept[Symbol.dispose]()
    await expect(checkpoint.count()).rejects.toThrow('scope')
  })
  test('network bytes are those that crossed a process: broadcasts, shuffled rows and results', async () => {
    const bytes = 100_000
    const crossed = async (run: () => Promise<unknown>) => {
      const before = context.metrics().networkBytes
      await run()
      return context.metrics().networkBytes - before
    }
    const held = context.broadcast(new Uint8Array(bytes))
    const sent = await crossed(() =>
      context
        .range(0, 1, { partitions: 1 })
        .map(() => held.value.length)
        .collect(),
    )
    const blobs = context.range(0, 4, { partitions: 2 }).map((n) => [n, new Uint8Array(bytes)] as [number, Uint8Array])
    const returned = await crossed(() => blobs.collect())
    const shuffled = await crossed(() => blobs.partitionBy(indexPartitioner(4)).count())
    if (!master.startsWith('local-cluster')) return expect([sent, returned, shuffled]).toEqual([0, 0, 0])
    for (const [found, least] of [
      [sent, bytes],
      [returned, 4 * bytes],
      // Each of two executors holds one map output and reads from both, so at least one block of the four travels.
      [shuffled, bytes],
    ] as const) {
      expect(found).toBeGreaterThan(least)
      expect(found).toBeLessThan(6 * bytes)
    }
  })
  test('a broadcast is read in tasks and refused after unpersist', async () => {
    const table = context.broadcast(new Map([[1, 'one']]))
    expect(
      await context
        .range(1, 2)
        .map((n) => table.value.get(n)!)
        .collect(),
    ).toEqual(['one'])
    table.unpersist()
    expect(() => table.value).toThrow('was unpersisted')
  })
  test('lines are read from files, globs and gz, split by bytes at line ends', async () => {
    const lines = Array.from({ length: 1000 }, (_, i) => `líne ${i}`)
    writeFileSync(join(folder, 'a.txt'), lines.join('\r\n') + '\r\n')
    writeFileSync(join(folder, 'b.txt.gz'), gzipSync(lines.join('\n')))
    expect(await context.textFile(join(folder, 'a.txt'), 7).collect()).toEqual(lines)
    expect(await context.textFile(join(folder, '*.txt*'), 3).collect()).toEqual([...lines, ...lines])
    await expect(context.textFile(join(folder, 'none')).count()).rejects.toThrow('there is no file or folder')
    const sent = context.textFile(join(folder, '*.txt*'), { from: 'driver', partitions: 3 })
    expect(await sent.partitionCount()).toBe(4)
    expect(await sent.collect()).toEqual([...lines, ...lines])
  })
  test('a saved dataset has a marker and one file per partition', async () => {
    const target = join(folder, 'saved')
    await context.range(0, 4, { partitions: 2 }).saveAsTextFile(target)
    expect(readdirSync(target)).toEqual(['_SUCCESS', 'part-00000', 'part-00001'])
    expect(readFileSync(join(target, 'part-00001'), 'utf8')).toBe('2\n3\n')
    await expect(context.range(0, 1).saveAsTextFile(target)).rejects.toThrow('is not empty')
  })
  test('zipPartitions meets rows of equal partitions, and equal partitioners do not move', async () => {
    const left = context
      .parallelize<[number, string]>([
        [0, 'a'],
        [1, 'b'],
      ])
      .partitionBy(indexPartitioner(2))
    const right = context
      .parallelize<[number, string]>([
        [1, 'y'],
        [0, 'x'],
      ])
      .partitionBy(indexPartitioner(2))
    expect(
      await left.zipPartitions(right, (a, b) => [[...a, ...b].map(([, text]) => text).join('')]).collect(),
    ).toEqual(['ax', 'by'])
  })
  test('an error in a function names the user line, and its cause is kept', async () => {
    const failing = context.range(0, 4).map((n) => {
      if (n === 3) throw new RangeError('three is too much')
      return n
    })
    const error = await failing.collect().catch((thrown: Error) => thrown)
    expect((error as Error).name).toBe('TaskError')
    expect((error as Error).message).toMatch(
      /^map\(\) at \S+operations\.test\.ts:\d+:\d+ failed: RangeError: three is too much/,
    )
    expect((error as Error).cause).toMatchObject({ name: 'RangeError', message: 'three is too much' })
    expect(await context.range(0, 2).collect()).toEqual([0, 1])
  })
  test('a rows that is no pair is refused by name', async () => {
    const wrong = context.range(0, 1) as never as typeof extractPairs
    await expect(wrong.reduceByKey((a: number, b: number) => a + b).collect()).rejects.toThrow(
      'needs rows [key, value], got 0',
    )
  })
  test('regions of the arena are shared by the tasks of an executor', async () => {
    const sums = context.range(0, 4, { partitions: 4 }).mapPartitions((rows, task) => {
      const region = task.shared.get('table', 16, (fresh, arena) =>
        new Float64Array(arena.memory.buffer, fresh.offset, 2).set([1.5, 2.5]),
      )
      const table = new Float64Array(task.arena.memory.buffer, region.offset, 2)
      return [...rows].map((n) => n + table[0]! + table[1]!)
    })
    expect(await sums.collect()).toEqual([4, 5, 6, 7])
  })
  test('what a scope made goes with it', async () => {
    const scope = context.scope()
    const inside = context
      .range(0, 3)
      .map((n) => [n, n])
      .reduceByKey((a, b) => a + b)
    expect(await inside.count()).toBe(3)
    scope[Symbol.dispose]()
    expect(await context.range(0, 3).count()).toBe(3)
  })
})

test('an abort ends a job that would never end', async () => {
  await using context = await createContext({ master: 'local[2]' })
  const controller = new AbortController()
  const endless = context.range(0, 2, { partitions: 2 }).map(() => {
    for (;;);
  })
  const job = endless.count({ signal: controller.signal })
  controller.abort()
  await expect(job).rejects.toMatchObject({ name: 'AbortedError' })
  expect(await context.range(0, 4).count()).toBe(4)
})

test('bad options are refused before anything starts', async () => {
  await expect(createContext({ mster: 'local' } as never)).rejects.toThrow('did you mean `master`')
  await expect(createContext({ master: 'yarn' })).rejects.toThrow("master 'yarn' is none of")
})

declare const extractPairs: import('@gridify/core').Dataset<[number, number]>
