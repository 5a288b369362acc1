/** Functions that yield their rows: taken as far as they are needed, also where they have no end. */
import { expect, test } from 'vitest'
import { onEveryCluster } from './every-cluster.ts'

onEveryCluster((context, master) => {
  function* from(n: number) {
    for (let i = n; ; i++) yield i
  }

  test('flatMap and flatMapValues of endless generators give what is taken', async () => {
    const seeds = context().range(0, 2, { partitions: 1 })
    expect(
      await seeds
        .flatMap(function* (n) {
          for (let i = 0; ; i++) yield n + i
        })
        .take(3),
    ).toEqual([0, 1, 2])
    expect(
      await seeds
        .keyBy((n) => n)
        .flatMapValues(from)
        .map(([key, n]) => key + n)
        .take(3),
    ).toEqual([0, 1, 2])
    expect(
      await seeds
        .flatMap(from)
        .filter((n) => n % 1000 === 0)
        .isEmpty(),
    ).toBe(false)
  })

  test('generators that end give the same rows as lists, wherever they stand', async () => {
    const numbers = context().range(0, 20, { partitions: 3 })
    const yielded = numbers
      .map((n) => n % 5)
      .flatMap(function* (n) {
        for (let i = 0; i < n; i++) yield [n, i] as [number, number]
      })
      .flatMapValues(function* (i) {
        yield i
        yield -i
      })
      .reduceByKey((a, b) => a + b, 2)
    const listed = numbers
      .map((n) => n % 5)
      .flatMap((n) => Array.from({ length: n }, (_, i) => [n, i] as [number, number]))
      .flatMapValues((i) => [i, -i])
      .reduceByKey((a, b) => a + b, 2)
    expect(await yielded.collect()).toEqual(await listed.collect())
  })

  // On the caller's own thread, nothing else runs meanwhile.
  test.skipIf(master.startsWith('memory'))(
    'an endless list of results is cancelled, or ends for want of memory, and the process goes on',
    async () => {
      const endless = context()
        .range(0, 1, { partitions: 1 })
        .flatMap(() => ({ [Symbol.iterator]: () => ({ next: () => ({ done: false, value: 1 }) }) }) as Iterable<number>)
      await expect(endless.count({ signal: AbortSignal.timeout(300) })).rejects.toThrow('aborted')
      expect(await context().range(0, 4).count()).toBe(4)
    },
  )
})
