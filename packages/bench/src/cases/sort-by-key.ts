/** (e) 5M pairs sorted by key; the keys rise in runs, or are mixed. (e2) 5M numbers sorted by themselves. */

import { partitionsAt, type BenchCase } from '../bench-case.ts'
import { mixedKey, mixedKeySql } from '../mixed-key.ts'
import { addInOrder, mergeInOrder, nothingSorted, orderPython, orderScala, orderSql } from '../order-checksum.ts'

function sizeAt(scale: number) {
  return { rows: 5_000_000 * scale, partitions: partitionsAt(scale) }
}

function totalsInOrder(pairs: readonly [number, number][]) {
  const totals = nothingSorted()
  for (const pair of pairs) addInOrder(totals, pair)
  return totals
}

export const sortByKey: BenchCase = {
  id: 'e',
  title: 'sortByKey, 5M pairs',
  expected: {
    1: { rows: 5_000_000, first: 0, last: 2_147_482_988, disorder: 0, values: 2_497_500_000 },
    0.001: { rows: 5000, first: 0, last: 241_306_729, disorder: 0, values: 2_497_500 },
  },
  at(scale) {
    const { rows, partitions } = sizeAt(scale)
    return {
      gridify: (context) =>
        context
          .range(0, rows, { partitions })
          .map((i) => [(i * 48271) % 2147483647, i])
          .sortByKey({ partitions })
          .aggregate(nothingSorted(), addInOrder, mergeInOrder),
      plain() {
        const pairs: [number, number][] = []
        for (let i = 0; i < rows; i++) pairs.push([(i * 48271) % 2147483647, i])
        return totalsInOrder(pairs.sort((left, right) => left[0] - right[0]))
      },
      duckdb: orderSql(`select (i * 48271) % 2147483647 k, i v from range(${rows}) t(i)`),
      scala: orderScala(`sc.range(0, ${rows}, 1, ${partitions}).map(i => (i * 48271 % 2147483647L, i))
        .sortByKey(true, ${partitions})`),
      python: orderPython(`sc.range(0, ${rows}, 1, ${partitions}).map(lambda i: (i * 48271 % 2147483647, i)) \\
        .sortByKey(True, ${partitions})`),
      skale: async (context) => {
        const [count, first, last, disorder, values] = await context
          .range(0, rows, 1, partitions)
          .map((i) => [(i * 48271) % 2147483647, i])
          .sortByKey()
          .aggregate(
            (t, p) => [t[0] + 1, t[0] ? t[1] : p[0], p[0], t[3] + (t[0] && p[0] < t[2] ? 1 : 0), t[4] + (p[1] % 1000)],
            (a, b) =>
              a[0] && b[0] ? [a[0] + b[0], a[1], b[2], a[3] + b[3] + (b[1] < a[2] ? 1 : 0), a[4] + b[4]] : a[0] ? a : b,
            [0, 0, 0, 0, 0],
          )
        return { rows: count, first, last, disorder, values }
      },
    }
  },
}

export const sortByMixedKey: BenchCase = {
  id: 'e-mixed',
  title: 'the same with mixed keys',
  expected: {
    1: { rows: 5_000_000, first: 0, last: 4_294_966_210, disorder: 0, values: 2_497_500_000 },
    0.001: { rows: 5000, first: 0, last: 4_294_729_248, disorder: 0, values: 2_497_500 },
  },
  at(scale) {
    const { rows, partitions } = sizeAt(scale)
    return {
      gridify: (context) =>
        context
          .range(0, rows, { partitions })
          .map((i) => [mixedKey(i), i])
          .sortByKey({ partitions })
          .aggregate(nothingSorted(), addInOrder, mergeInOrder),
      plain() {
        const pairs: [number, number][] = []
        for (let i = 0; i < rows; i++) pairs.push([mixedKey(i), i])
        return totalsInOrder(pairs.sort((left, right) => left[0] - right[0]))
      },
      duckdb: [...mixedKeySql, ...orderSql(`select mixed_key(i) k, i v from range(${rows}) t(i)`)],
      scala: orderScala(
        `sc.range(0, ${rows}, 1, ${partitions}).map(i => (mixedKey(i), i)).sortByKey(true, ${partitions})`,
      ),
      python: orderPython(`sc.range(0, ${rows}, 1, ${partitions}).map(lambda i: (mixed_key(i), i)) \\
        .sortByKey(True, ${partitions})`),
    }
  },
}

export const sortBy: BenchCase = {
  id: 'e2',
  title: 'sortBy, 5M numbers',
  expected: {
    1: { rows: 5_000_000, first: 0, last: 2_147_482_988, disorder: 0, values: 2_497_500_555 },
    0.001: { rows: 5000, first: 0, last: 241_306_729, disorder: 0, values: 2_497_500 },
  },
  at(scale) {
    const { rows, partitions } = sizeAt(scale)
    return {
      gridify: (context) =>
        context
          .range(0, rows, { partitions })
          .map((i) => (i * 48271) % 2147483647)
          .sortBy((x) => x, { partitions })
          .aggregate(nothingSorted(), (totals, x) => addInOrder(totals, [x, x]), mergeInOrder),
      plain() {
        const numbers: number[] = []
        for (let i = 0; i < rows; i++) numbers.push((i * 48271) % 2147483647)
        numbers.sort((left, right) => left - right)
        const totals = nothingSorted()
        for (const x of numbers) addInOrder(totals, [x, x])
        return totals
      },
      duckdb: orderSql(`select (i * 48271) % 2147483647 k, k v from range(${rows}) t(i)`),
      scala: orderScala(`sc.range(0, ${rows}, 1, ${partitions}).map(i => i * 48271 % 2147483647L)
        .sortBy(x => x, true, ${partitions}).map(x => (x, x))`),
      python: orderPython(`sc.range(0, ${rows}, 1, ${partitions}).map(lambda i: i * 48271 % 2147483647) \\
        .sortBy(lambda x: x, True, ${partitions}).map(lambda x: (x, x))`),
      skale: async (context) => {
        const [count, first, last, disorder, values] = await context
          .range(0, rows, 1, partitions)
          .map((i) => (i * 48271) % 2147483647)
          .sortBy((x) => x)
          .aggregate(
            (t, x) => [t[0] + 1, t[0] ? t[1] : x, x, t[3] + (t[0] && x < t[2] ? 1 : 0), t[4] + (x % 1000)],
            (a, b) =>
              a[0] && b[0] ? [a[0] + b[0], a[1], b[2], a[3] + b[3] + (b[1] < a[2] ? 1 : 0), a[4] + b[4]] : a[0] ? a : b,
            [0, 0, 0, 0, 0],
          )
        return { rows: count, first, last, disorder, values }
      },
    }
  },
}
