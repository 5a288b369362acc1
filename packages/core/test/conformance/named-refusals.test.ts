/** Errors about values and functions name the user's line, whatever cluster they come from. */
import { expect, test } from 'vitest'
import { onEveryCluster } from './every-cluster.ts'

/** What an action ends in, or a transformation at once; the user's line as `here`. */
async function failure(call: () => unknown): Promise<string> {
  try {
    return `no error but ${String(await call())}`
  } catch (error) {
    const { name, message } = error as Error
    return `${name}: ${message}`.replaceAll(/ at \S*named-refusals\.test\.ts:\d+:\d+/g, ' here')
  }
}

onEveryCluster((context) => {
  const numbers = () => context().range(0, 4, { partitions: 2 })

  test('a function that merges is named where it throws, on both sides of a shuffle and late in a partition', async () => {
    const throwing = (): number => {
      throw new RangeError('no')
    }
    const calls = {
      'before the shuffle': numbers()
        .map((n): [number, number] => [n % 1, n])
        .reduceByKey(throwing),
      'after the shuffle, not at the first key': context()
        .range(0, 60_000, { partitions: 2 })
        .map((n): [number, number] => [n % 30_000, n])
        .reduceByKey((a, b) => (a === 29_999 ? throwing() : a + b), 1)
        .mapValues((n) => n),
      'in place': numbers()
        .map((n): [number, number] => [n % 1, n])
        .partitionBy(1)
        .mapValues((n) => n)
        .reduceByKey(throwing),
    }
    for (const [name, call] of Object.entries(calls))
      expect([name, await failure(() => call.count())]).toEqual([
        name,
        expect.stringMatching(/^TaskError: reduceByKey\(\) here failed: RangeError: no/),
      ])
  })
  test('zero values that are no data, generators that merge, and missing numbers and datasets are refused at once', async () => {
    const pairs = numbers().map((n): [number, number] => [n, n])
    const add = (a: number, b: number) => a + b
    function* both(a: number, b: number) {
      yield a + b
    }
    const zero = (() => 0) as never
    const noZero = (name: string) =>
      `UsageError: ${name}() here begins with a zero value that cannot be sent: the function 'zero' is not data and cannot be sent or stored; call it and keep its result, or keep it in the function that uses it`
    const noGenerator = (name: string) =>
      `UsageError: ${name}() here needs a function that returns what it merged: a generator function returns a generator whatever it does, so write an ordinary one`
    const calls: [() => unknown, string][] = [
      [() => pairs.aggregateByKey(zero, add, add), noZero('aggregateByKey')],
      [() => pairs.foldByKey(zero, add), noZero('foldByKey')],
      [() => numbers().aggregate(zero, add, add), noZero('aggregate')],
      [() => numbers().treeAggregate(zero, add, add), noZero('treeAggregate')],
      [() => pairs.reduceByKey(both as never), noGenerator('reduceByKey')],
      [() => numbers().reduce(both as never), noGenerator('reduce')],
      [() => numbers().repartition(0), 'UsageError: repartition() here needs a whole number of partitions >= 1, got 0'],
      [
        () => (pairs.cogroup as () => unknown)(),
        'UsageError: cogroup() here takes one to three datasets, then a partitioning',
      ],
    ]
    const found = await Promise.all(calls.map(([call]) => failure(call)))
    expect(found).toEqual(calls.map(([, message]) => message))
  })
  test('a key that contains itself has no place in an order', async () => {
    const cyclic = () => numbers().map((n) => loop(n))
    const pairs = () => numbers().map((n): [unknown, number] => [loop(n), n])
    const bound = loop(0)
    const calls: Record<string, () => unknown> = {
      sortBy: () =>
        numbers()
          .sortBy((n) => loop(n))
          .collect(),
      sortByKey: () => pairs().sortByKey().collect(),
      top: () => cyclic().top(1),
      takeOrdered: () => cyclic().takeOrdered(3),
      min: () => cyclic().min(),
      max: () => cyclic().max(),
      filterByRange: () => pairs().filterByRange(bound, bound),
    }
    const failures = await Promise.all(Object.values(calls).map(failure))
    expect(Object.fromEntries(Object.keys(calls).map((name, i) => [name, failures[i]]))).toEqual(
      Object.fromEntries(
        Object.keys(calls).map((name) => [
          name,
          `UsageError: ${name}() here: a value that contains itself has no place in the order of values; sort by a number, string, Date, array or plain object`,
        ]),
      ),
    )
    // One row for each partition: the driver is the first to compare.
    const two = context().range(0, 2, { partitions: 2 })
    expect(await failure(() => two.map((n) => loop(n)).top(2))).toMatch(/^UsageError: top\(\) here: a value that/)
  })

  test('a deep value that does not contain itself is sorted', async () => {
    const deep = numbers().map((n) => {
      let value: unknown[] = [-n]
      for (let i = 0; i < 400; i++) value = [value]
      return value
    })
    expect((await deep.top(4)).map((value) => Number(value.flat(Infinity)[0]))).toEqual([-0, -1, -2, -3])
  })

  test('an async function is refused at the call, with the way out', async () => {
    const pairs = numbers().keyBy(() => 0)
    const later: any = async (a: unknown, b: unknown) => [a, b]
    const calls: Record<string, () => unknown> = {
      map: () => numbers().map(later),
      reduce: () => numbers().reduce(later),
      fold: () => numbers().fold(0, later),
      aggregate: () => numbers().aggregate(0, later, (a) => a),
      treeReduce: () => numbers().treeReduce(later),
      treeAggregate: () => numbers().treeAggregate(0, later, (a) => a),
      reduceByKey: () => pairs.reduceByKey(later),
      foldByKey: () => pairs.foldByKey(0, later),
      aggregateByKey: () => pairs.aggregateByKey(0, (a) => a, later),
      reduceByKeyLocally: () => pairs.reduceByKeyLocally(later),
      foreach: () => numbers().foreach(later),
    }
    for (const [name, call] of Object.entries(calls))
      expect(await failure(call)).toBe(
        `UsageError: ${name}() here: the function is async; functions of datasets are synchronous, apart from that of mapAsync(fn, { concurrency }), whose results the next step can work with`,
      )
  })

  test('a promise from a function that is not async is refused where the result is made', async () => {
    const pairs = numbers().keyBy(() => 0)
    const later = () => Promise.resolve(1) as never
    const promised = / here: the function returned a promise; /
    expect(await failure(() => numbers().reduce(later))).toMatch(/^UsageError: reduce\(\) here: the function returned/)
    expect(await failure(() => numbers().fold(0, later))).toMatch(promised)
    expect(await failure(() => numbers().aggregate<number>(0, later, (a) => a))).toMatch(promised)
    expect(await failure(() => numbers().aggregate<number>(0, (a, b) => a + b, later))).toMatch(promised)
    expect(await failure(() => numbers().foreach(later))).toMatch(promised)
    const cure = 'a Promise is not data and cannot be sent or stored; await it first, for example in mapAsync'
    expect(await failure(() => pairs.reduceByKey(later).collect())).toBe(`UsageError: reduceByKey() here: ${cure}`)
    expect(
      await failure(() =>
        pairs
          .combineByKey(
            later,
            (a) => a,
            (a) => a,
          )
          .collect(),
      ),
    ).toBe(`UsageError: combineByKey() here: ${cure}`)
  })

  test('what a function of an action throws names the action', async () => {
    const failing = () => {
      throw new RangeError('too far')
    }
    const summed = numbers().map((n) => n + 1)
    expect(await failure(() => summed.reduce(failing))).toMatch(
      /^TaskError: reduce\(\) here failed: RangeError: too far/,
    )
    expect(await failure(() => summed.top(1, { compare: failing }))).toMatch(/^TaskError: top\(\) here failed: Range/)
    expect(await failure(() => summed.foreach(failing))).toMatch(/^TaskError: foreach\(\) here failed: RangeError/)
  })

  test('an order that gives no number is refused', async () => {
    const refused = async (result: unknown) => await failure(() => numbers().top(2, { compare: () => result as never }))
    const rule = 'UsageError: top() here: `compare` must return a number (below 0, 0 or above 0), got'
    expect(await refused(true)).toBe(`${rule} a boolean`)
    expect(await refused(Number.NaN)).toBe(`${rule} NaN`)
    expect(await failure(() => numbers().top(2, { compare: () => Promise.resolve(1) as never }))).toMatch(
      /^UsageError: top\(\) here: the function returned a promise; /,
    )
  })

  test('whatever is thrown is described, and ends the job only', async () => {
    const thrown = async (make: () => unknown) =>
      (
        await failure(() =>
          numbers()
            .map(() => {
              throw make()
            })
            .collect(),
        )
      ).replace(/ \(stage .*$/, '')
    const failed = 'TaskError: map() here failed:'
    expect(await thrown(() => ({ code: 5 }))).toBe(`${failed} a thrown { code: 5 }`)
    expect(await thrown(() => 'a text')).toBe(`${failed} a thrown a text`)
    expect(await thrown(() => undefined)).toBe(`${failed} a thrown undefined`)
    expect(await thrown(() => Object.create(null))).toBe(`${failed} a thrown [Object: null prototype] {}`)
    const refuse = () => {
      throw new Error('no')
    }
    expect(await thrown(() => new Proxy({ a: 1 }, { get: refuse, getPrototypeOf: refuse }))).toBe(
      `${failed} a thrown { a: 1 }`,
    )
    expect(await thrown(() => ({ toString: refuse }))).toMatch(
      /^TaskError: map\(\) here failed: a thrown \{ toString: /,
    )
    expect(await thrown(() => Object.assign(new Error('x'), { message: { a: 1 }, stack: 5 }))).toBe(
      `${failed} Error: { a: 1 }`,
    )
    const secretive = () => Object.defineProperty(new Error('x'), 'message', { get: refuse })
    expect(await thrown(secretive)).toMatch(
      /^TaskError: map\(\) here failed: Error: \(message cannot be read: Error: no/,
    )
    expect(await numbers().count()).toBe(4)
  })
})

function loop(n: number): unknown[] {
  const value: unknown[] = [n % 2]
  value.unshift(value)
  return value
}
