/** (c) All values of a key together, then their maximum: 5M pairs, 1M keys, which come round in order, or mixed. */

import type { Dataset } from '@gridify/core'
import { partitionsAt, type BenchCase, type Checksum } from '../bench-case.ts'
import { mixedKey, mixedKeySql } from '../mixed-key.ts'

interface Totals {
  readonly [name: string]: number
  keys: number
  values: number
  largest: number
}

function sizeAt(scale: number) {
  const rows = 5_000_000 * scale
  return { rows, keys: Math.min(1_000_000, rows / 5), partitions: partitionsAt(scale) }
}

function largestOfGroups(pairs: Dataset<[number, number]>, partitions: number): Promise<Checksum> {
  return pairs.groupByKey(partitions).aggregate<Totals>(
    { keys: 0, values: 0, largest: 0 },
    (totals, [, group]) => {
      let largest = 0
      for (const value of group) if (value > largest) largest = value
      totals.keys++
      totals.values += group.size
      totals.largest += largest
      return totals
    },
    (left, right) => ({
      keys: left.keys + right.keys,
      values: left.values + right.values,
      largest: left.largest + right.largest,
    }),
  )
}

function addGroups(groups: ReadonlyMap<number, number[]>): Checksum {
  let values = 0
  let largestOfAll = 0
  for (const group of groups.values()) {
    let largest = 0
    for (const value of group) if (value > largest) largest = value
    values += group.length
    largestOfAll += largest
  }
  return { keys: groups.size, values, largest: largestOfAll }
}

const sql = (key: string, rows: number) =>
  `select count(*)::DOUBLE keys, sum(len(v))::DOUBLE "values", sum(list_max(v))::DOUBLE largest
   from (select ${key} k, list(i % 1000) v from range(${rows}) t(i) group by k)`

const scala = (key: string, { rows, partitions }: ReturnType<typeof sizeAt>) => `
  val (keys, values, largest) = sc.range(0, ${rows}, 1, ${partitions})
    .map(i => (${key}, i % 1000)).groupByKey(${partitions})
    .aggregate((0L, 0L, 0L))(
      (t, g) => (t._1 + 1, t._2 + g._2.size, t._3 + g._2.max), (a, b) => (a._1 + b._1, a._2 + b._2, a._3 + b._3))
  Seq("keys" -> keys.toDouble, "values" -> values.toDouble, "largest" -> largest.toDouble)`

const python = (key: string, { rows, partitions }: ReturnType<typeof sizeAt>) => `
    keys, values, largest = (sc.range(0, ${rows}, 1, ${partitions})
        .map(lambda i: (${key}, i % 1000)).groupByKey(${partitions})
        .aggregate((0, 0, 0), lambda t, g: (t[0] + 1, t[1] + len(g[1]), t[2] + max(g[1])),
            lambda a, b: (a[0] + b[0], a[1] + b[1], a[2] + b[2])))
    return {"keys": keys, "values": values, "largest": largest}`

export const groupByKey: BenchCase = {
  id: 'c',
  title: 'groupByKey, 5M pairs, maximum of each group',
  expected: {
    1: { keys: 1_000_000, values: 5_000_000, largest: 791_551_171 },
    0.001: { keys: 1000, values: 5000, largest: 499_500 },
  },
  at(scale) {
    const size = sizeAt(scale)
    const { rows, keys, partitions } = size
    return {
      gridify: (context) =>
        largestOfGroups(
          context.range(0, rows, { partitions }).map((i) => [((i * 48271) % 2147483647) % keys, i % 1000]),
          partitions,
        ),
      plain() {
        const groups = new Map<number, number[]>()
        for (let i = 0; i < rows; i++) {
          const key = ((i * 48271) % 2147483647) % keys
          const group = groups.get(key)
          if (group) group.push(i % 1000)
          else groups.set(key, [i % 1000])
        }
        return addGroups(groups)
      },
      duckdb: [sql(`((i * 48271) % 2147483647) % ${keys}`, rows)],
      scala: scala(`(i * 48271 % 2147483647L) % ${keys}`, size),
      python: python(`i * 48271 % 2147483647 % ${keys}`, size),
      skale: async (context) => {
        const [count, values, largest] = await context
          .range(0, rows, 1, partitions)
          .map((i, args) => [((i * 48271) % 2147483647) % args.keys, i % 1000], { keys })
          .groupByKey()
          .aggregate(
            (t, g) => [t[0] + 1, t[1] + g[1].length, t[2] + Math.max(...g[1])],
            (a, b) => [a[0] + b[0], a[1] + b[1], a[2] + b[2]],
            [0, 0, 0],
          )
        return { keys: count, values, largest }
      },
    }
  },
}

export const groupByMixedKey: BenchCase = {
  id: 'c-mixed',
  title: 'the same with mixed keys',
  expected: {
    1: { keys: 993_272, values: 5_000_000, largest: 801_054_751 },
    0.001: { keys: 992, values: 5000, largest: 803_961 },
  },
  at(scale) {
    const size = sizeAt(scale)
    const { rows, keys, partitions } = size
    return {
      gridify: (context) =>
        largestOfGroups(
          context.range(0, rows, { partitions }).map((i) => [mixedKey(i) % keys, i % 1000]),
          partitions,
        ),
      plain() {
        const groups = new Map<number, number[]>()
        for (let i = 0; i < rows; i++) {
          const key = mixedKey(i) % keys
          const group = groups.get(key)
          if (group) group.push(i % 1000)
          else groups.set(key, [i % 1000])
        }
        return addGroups(groups)
      },
      duckdb: [...mixedKeySql, sql(`mixed_key(i) % ${keys}`, rows)],
      scala: scala(`mixedKey(i) % ${keys}`, size),
      python: python(`mixed_key(i) % ${keys}`, size),
    }
  },
}
