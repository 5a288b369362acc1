/** What docs/semantics.md promises of keys, order and repeated runs, sentence by sentence, from end to end. */
import { createHash } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { createContext, UsageError, type Dataset, type StorageLevel } from '@gridify/core'
import { afterAll, expect, test } from 'vitest'
import { onEveryCluster } from './every-cluster.ts'

/** Of what each cluster gave: they must be one. */
const digests = new Map<string, Map<string, string>>()
const core = new URL('../../lib/index.js', import.meta.url).href

onEveryCluster((context, master) => {
  /** The groups that equal keys make, by the places at which they came: as keys of rows in several partitions. */
  const groupsOf = async (...keys: unknown[]) => {
    const rows = context().parallelize(
      keys.map((key, place) => [key, place] as [unknown, number]),
      3,
    )
    const groups = await rows
      .groupByKey(2)
      .mapValues((group) => [...group].sort())
      .values()
      .collect()
    return groups.sort((a, b) => a[0]! - b[0]!)
  }

  test('numbers are equal as in a Map: NaN is NaN, -0 is 0, inside arrays and objects too', async () => {
    expect(await groupsOf(NaN, 0, -0, NaN, 0.5, 1)).toEqual([[0, 3], [1, 2], [4], [5]])
    expect(await groupsOf([NaN, 1], [0], [-0], [NaN, 1], { n: -0 }, { n: 0 })).toEqual([
      [0, 3],
      [1, 2],
      [4, 5],
    ])
  })
  test('a bigint is no number, a text none of either, and a boolean is itself alone', async () => {
    expect(await groupsOf(1, 1n, '1', true, 1, 1n, [1], [1n])).toEqual([[0, 4], [1, 5], [2], [3], [6], [7]])
    expect(await groupsOf(null, undefined, 'null', false, 0, '', null, undefined)).toEqual([
      [0, 6],
      [1, 7],
      [2],
      [3],
      [4],
      [5],
    ])
  })
  test('dates are equal by their time, and no number', async () => {
    expect(await groupsOf(new Date(5), 5, new Date(5), new Date(6), new Date(NaN), new Date(NaN))).toEqual([
      [0, 2],
      [1],
      [3],
      [4, 5],
    ])
  })
  test('bytes are equal by their content, in whichever form they are held', async () => {
    const bytes = Uint8Array.of(0, 1, 2, 3, 4).subarray(1, 4)
    expect(
      await groupsOf(bytes, Buffer.from([1, 2, 3]), Uint8Array.of(1, 2, 3).buffer, Uint8Array.of(1, 2), [1, 2, 3]),
    ).toEqual([[0, 1, 2], [3], [4]])
  })
  test('arrays and plain objects are equal by what they hold; the order of keys does not matter, their presence does', async () => {
    expect(
      await groupsOf(
        { a: 1, b: [2] },
        { b: [2], a: 1 },
        { a: undefined },
        {},
        [1, [2]],
        [1, [2]],
        [[1], 2],
        [],
        [undefined],
      ),
    ).toEqual([[0, 1], [2], [3], [4, 5], [6], [7], [8]])
    expect(await groupsOf(Object.assign(Object.create(null) as object, { a: 1 }), { a: 1 })).toEqual([[0, 1]])
  })
  test('of equal keys the first one seen stays, in the order of partitions', async () => {
    const rows = context().parallelize<[unknown, number]>(
      [
        [{ a: 1, b: 2 }, 1],
        [-0, 1],
        [{ b: 2, a: 1 }, 2],
        [0, 2],
      ],
      2,
    )
    const found = await rows.reduceByKey((a, b) => a + b, 1).collect()
    const forms = found.map(([key]) => (Object.is(key, -0) ? '-0' : JSON.stringify(key)))
    expect(forms.sort()).toEqual(['-0', '{"a":1,"b":2}'])
    expect((await rows.keys().distinct(1).collect()).map((key) => JSON.stringify(key))).toContain('{"a":1,"b":2}')
  })
  test('what has no equality by value is no key, and the error names the row', async () => {
    class Point {
      x = 1
    }
    const refused: [string, () => unknown, RegExp][] = [
      ['a map', () => new Map(), /an instance of Map/],
      ['a set within', () => [1, new Set([1])], /an instance of Set \(at key\[1\]\)/],
      ['a pattern', () => ({ re: /x/ }), /an instance of RegExp \(at key\.re\)/],
      ['an error', () => new Error('x'), /an instance of Error/],
      ['an instance', () => new Point(), /an instance of Point/],
      ['a function', () => () => 1, /a function|the function/],
      ['a symbol', () => Symbol('s'), /a symbol/],
    ]
    for (const [, make, reason] of refused) {
      const keyed = context()
        .range(0, 3, { partitions: 2 })
        .map((n) => [make(), n] as [unknown, number])
      const error = await keyed
        .groupByKey(2)
        .count()
        .catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(UsageError)
      expect((error as Error).message).toMatch(reason)
      expect((error as Error).message).toMatch(/^groupByKey\(\) at \S+semantics\.test\.ts/)
    }
  })
  test('one hash: a key goes to the same partition in every process, whether it came as a row or in a column', async () => {
    const keys = [...Array(40).keys(), ...'abcdefgh', 1.5, null, undefined, true, [1, 'x'], { a: 1 }, 7n, new Date(7)]
    const places = async (keys: unknown[]) => {
      const rows = context().parallelize(
        keys.map((key) => [key, 0] as [unknown, number]),
        3,
      )
      const parts = await rows.partitionBy(7).keys().glom().collect()
      return parts
        .flatMap((part, place) =>
          part.map((key) => `${typeof key} ${JSON.stringify(typeof key === 'bigint' ? String(key) : key)}: ${place}`),
        )
        .sort()
    }
    const found = await places(keys)
    digest('places of keys', found)
    // In columns of one type each, too.
    const columns = [...(await places(keys.filter((key) => Number.isInteger(key)))), ...(await places([...'abcdefgh']))]
    expect(columns.filter((place) => !found.includes(place))).toEqual([])
  })
  test('one order of all values: by type, then by value, text by code point, ties as they came', async () => {
    const ordered: unknown[] = [
      null,
      undefined,
      false,
      true,
      -Infinity,
      -(2n ** 70n),
      -1.5,
      -0,
      1n,
      1.5,
      2n ** 53n,
      2 ** 53 + 2,
      Infinity,
      NaN,
      '',
      'B',
      'a',
      'ab',
      'é',
      '\ue000',
      '😀',
      new Date(-1),
      new Date(1),
      Uint8Array.of(1),
      Uint8Array.of(1, 0),
      Uint8Array.of(2),
      [],
      [1],
      [1, 'x'],
      [2],
      {},
      { a: 1 },
      { a: 1, b: 0 },
      { a: 2 },
      { b: 0 },
    ]
    const text = (values: unknown[]) =>
      values.map((value) => (typeof value === 'bigint' ? `${value}n` : Object.is(value, -0) ? '-0' : value))
    const mixed = ordered.map((value, i) => [(i * 16) % ordered.length, value] as [number, unknown])
    mixed.sort((a, b) => a[0] - b[0])
    const rows = context().parallelize(
      mixed.map(([, value]) => [value]),
      4,
    )
    expect(text((await rows.sortBy(([value]) => value as string, { partitions: 3 }).collect()).flat())).toEqual(
      text(ordered),
    )
    const keyed = rows.map(([value]) => [value, 1] as [unknown, number])
    expect(text(await keyed.sortByKey({ ascending: false, partitions: 3 }).keys().collect())).toEqual(
      text(ordered.toReversed()),
    )
    expect(text((await rows.takeOrdered(ordered.length)).flat())).toEqual(text(ordered))
    const ties = context()
      .range(0, 30, { partitions: 4 })
      .sortBy((n) => n % 3, { partitions: 2 })
    expect(await ties.collect()).toEqual([0, 1, 2].flatMap((rest) => [...Array(10).keys()].map((n) => 3 * n + rest)))
    expect(
      await context()
        .range(0, 30, { partitions: 4 })
        .top(4, { compare: (a, b) => (a % 3) - (b % 3) }),
    ).toEqual([2, 5, 8, 11])
  })
  test('a reducer merges in the order of partitions, so that the function need not be commutative', async () => {
    const pairs = context()
      .range(0, 12, { partitions: 5 })
      .map((n) => [n % 2, String(n)])
    const sums = pairs.reduceByKey((a, b) => `${a} ${b}`, 2)
    expect((await sums.collect()).sort()).toEqual([
      [0, '0 2 4 6 8 10'],
      [1, '1 3 5 7 9 11'],
    ])
    expect(
      (
        await pairs
          .groupByKey(1)
          .mapValues((group) => group.toArray().join(' '))
          .collect()
      ).sort(),
    ).toEqual((await sums.collect()).sort())
  })
  test('the same input gives the same rows in the same order and the same bytes, on every run and kind of cluster', async () => {
    const rows = context()
      .range(0, 3000, { partitions: 5 })
      .map((n) => [(n * 48_271) % 701, n % 7 === 0 ? `text ${n}` : n])
    const jobs: Record<string, Dataset<unknown>> = {
      grouped: rows.groupByKey(3).mapValues((group) => [...group]),
      summed: rows.mapValues((value): string[] => [String(value)]).reduceByKey((a, b) => [...a, ...b], 3),
      distinct: rows.values().distinct(4),
      joined: rows
        .filter(([key]) => key < 20)
        .join(
          rows.filter(([key]) => key > 10),
          3,
        ),
      sorted: rows.sortBy(([key]) => key, { partitions: 3 }),
      sampled: rows.sample(0.3, { seed: 11 }),
      'evened out': rows.repartition(4),
    }
    for (const [name, job] of Object.entries(jobs)) {
      const first = await job.glom().collect()
      expect(await job.glom().collect()).toEqual(first)
      digest(name, first)
    }
  })
  test('what functions captured is theirs to read, and zero values are new for each partition and key', async () => {
    const pairs = context()
      .range(0, 8, { partitions: 4 })
      .map((n) => [n % 2, n])
    const lists = pairs.aggregateByKey(
      [] as number[],
      (list, n) => (list.push(n), list),
      (a, b) => (a.push(...b), a),
      2,
    )
    expect((await lists.collect()).sort()).toEqual([
      [0, [0, 2, 4, 6]],
      [1, [1, 3, 5, 7]],
    ])
    const zero: number[] = []
    expect(
      await context()
        .range(0, 4, { partitions: 4 })
        .aggregate(
          zero,
          (list, n) => (list.push(n), list),
          (a, b) => (a.push(...b), a),
        ),
    ).toEqual([0, 1, 2, 3])
    expect(zero).toEqual([])
  })
  test('a function may change the rows that it is given: what is kept stays as it was made', async () => {
    const rowsOf = (level: StorageLevel) =>
      context()
        .range(0, 6000, { partitions: 2 })
        .map((n) => ({ n, list: [n] }))
        .persist(level)
    const made = Array.from({ length: 6000 }, (_, n) => ({ n, list: [n] }))
    for (const level of ['memory', 'memory-and-disk', 'disk'] as const) {
      const summed = rowsOf(level)
      expect((await summed.reduce((a, b) => (a.list.push(...b.list), a)))?.list.length).toBe(6000)
      expect(await summed.collect()).toEqual(made)
      const [first, second] = [rowsOf(level), rowsOf(level)]
      expect(await first.map((row) => ++row.n).sum()).toBe((6000 * 6001) / 2)
      expect(await second.filter((row) => (row.list.pop(), true)).count()).toBe(6000)
      expect([await first.collect(), await second.collect()]).toEqual([made, made])
      const both = rowsOf(level)
      const counts = await Promise.all([both.map((row) => ++row.n).sum(), both.map((row) => (row.n += 2)).sum()])
      expect(counts).toEqual([(6000 * 6001) / 2, (6000 * 6003) / 2])
      expect(await both.collect()).toEqual(made)
    }
    const groups = context()
      .parallelize([
        ['a', 1],
        ['b', 2],
        ['a', 3],
      ] as [string, number][])
      .groupByKey(1)
      .mapValues((group) => [...group])
      .cache()
    expect(await groups.mapValues((values) => values.push(9)).collect()).toEqual([
      ['a', 3],
      ['b', 2],
    ])
    expect(await groups.collect()).toEqual([
      ['a', [1, 3]],
      ['b', [2]],
    ])
  })
  test('an accumulator counts once for each partition of a dataset, however often it is computed, and once in each action', async () => {
    const [made, acted] = [context().accumulator(), context().accumulator()]
    const rows = context()
      .range(0, 10, { partitions: 3 })
      .map((n) => (made.add(1), n))
    await rows.foreach(() => acted.add(1))
    await rows.foreach(() => acted.add(1))
    const again = rows.mapPartitions((rows, task) => {
      if (task.attempt === 0 && task.partition === 1) throw new Error('at first')
      return rows
    })
    expect(await again.count()).toBe(10)
    expect([made.value, acted.value]).toEqual([10, 20])
    const partly = context().accumulator()
    const counted = context()
      .range(0, 10_000, { partitions: 1 })
      .map((n) => (partly.add(1), n))
    await counted.take(1)
    expect(partly.value).toBe(0)
    await counted.count()
    expect(partly.value).toBe(10_000)
  })
  test('an accumulator counts what merges on both sides of a shuffle, whoever else counts', async () => {
    const [merges, made] = [context().accumulator(), context().accumulator()]
    const pairs = Array.from({ length: 10_000 }, (_, n): [number, number] => [n % 7, n])
    const add = (left: number, right: number) => {
      merges.add(1)
      return left + right
    }
    // Each merge makes two values one, wherever that is.
    const all = pairs.length - 7
    const given = context().parallelize(pairs, 3)
    const counted = given.map(([key, n]): [number, number] => (made.add(1), [key, n]))
    const sums = [given, given.mapValues((n) => n), counted, given.partitionBy(2)].map((rows) => rows.reduceByKey(add))
    for (const [i, summed] of sums.entries()) {
      expect(await summed.count()).toBe(7)
      expect([i, merges.value]).toEqual([i, all * (i + 1)])
      await summed.count()
    }
    expect([merges.value, made.value]).toEqual([all * sums.length, pairs.length])
  })
  test('a group is read in its task, and an array everywhere else', async () => {
    const groups = context()
      .parallelize<[string, number]>(
        [
          ['a', 1],
          ['a', 2],
        ],
        2,
      )
      .groupByKey(1)
    expect(await groups.mapValues((group) => [group.size, [...group], [...group]]).collect()).toEqual([
      ['a', [2, [1, 2], [1, 2]]],
    ])
    expect(await groups.collect()).toEqual([['a', [1, 2]]])
    expect(await groups.partitionBy(3).cache().values().collect()).toEqual([[1, 2]])
  })

  function digest(name: string, value: unknown): void {
    const of = digests.get(name) ?? new Map<string, string>()
    of.set(master, createHash('sha256').update(JSON.stringify(value)).digest('hex'))
    digests.set(name, of)
  }
})

afterAll(() => {
  for (const [name, of] of digests)
    expect({ name, digests: new Set(of.values()).size, clusters: of.size }).toEqual({ name, digests: 1, clusters: 3 })
})

test('a process of its own places keys alike, and gives the same bytes', async () => {
  const program = `
    import { createContext } from '${core}'
    const context = await createContext({ master: 'memory[3]' })
    const keys = [1, 1.5, 'a', 'é', null, undefined, true, 7n, [1, 'x'], { b: 1, a: [2] }]
    const rows = context.parallelize(keys.map((key, i) => [key, i]), 2)
    const parts = await rows.partitionBy(7).values().glom().collect()
    console.log(JSON.stringify([parts, await rows.groupByKey(3).values().collect()]))
    await context.stop()`
  const runs = [1, 2].map(() =>
    execFileSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' }),
  )
  expect(runs[0]).toBe(runs[1])
  await using context = await createContext({ master: 'local[1]' })
  const keys = [1, 1.5, 'a', 'é', null, undefined, true, 7n, [1, 'x'], { b: 1, a: [2] }]
  const rows = context.parallelize(
    keys.map((key, i) => [key, i] as [unknown, number]),
    2,
  )
  const parts = await rows.partitionBy(7).values().glom().collect()
  expect(JSON.parse(runs[0]!)).toEqual([parts, await rows.groupByKey(3).values().collect()])
})
