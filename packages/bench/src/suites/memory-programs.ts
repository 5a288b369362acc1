/** Programs over more data than executors may hold in memory, each with the answer it must give. */

import type { Context, Dataset, Group } from '@gridify/core'
import type { Checksum } from '../bench-case.ts'
import { mixedKey } from '../mixed-key.ts'

/** Of a row's payload, in UTF-8. */
export const payloadBytes = 100
const payload = 'x'.repeat(payloadBytes - 10)

export interface MemoryProgram {
  readonly run: (context: Context, rows: number, partitions: number) => Promise<Checksum>
  readonly expected: (rows: number) => Checksum
}

/** Each row once, in no order: [key, 100 bytes of text that no other row has]. */
function records(context: Context, rows: number, partitions: number): Dataset<[number, string]> {
  return context
    .range(0, rows, { partitions })
    .map((i): [number, string] => [mixedKey(i), `${payload}${String(i).padStart(10, '0')}`])
}

/** The same with nine of ten rows under one key. */
function hotRecords(context: Context, rows: number, partitions: number): Dataset<[number, string]> {
  return context
    .range(0, rows, { partitions })
    .map((i): [number, string] => [
      i % 10 === 0 ? 1 + (mixedKey(i) % 1000) : hotKey,
      `${payload}${String(i).padStart(10, '0')}`,
    ])
}

const hotKey = 0
/** One row for each key. */
function names(context: Context): Dataset<[number, number]> {
  return context.range(0, 1001).map((key): [number, number] => [key, key % 7])
}

const total = (numbers: Dataset<number>) => numbers.fold(0, (left, right) => left + right)
const everyByte = (rows: number) => ({ rows, bytes: rows * payloadBytes })

export const memoryPrograms: Readonly<Record<string, MemoryProgram>> = {
  sortBy: {
    run: (context, rows, partitions) =>
      countSorted(records(context, rows, partitions).sortBy(([key]) => key, { partitions })),
    expected: (rows) => ({ ...everyByte(rows), disorder: 0 }),
  },
  reduceByKey: {
    run: (context, rows, partitions) =>
      countRows(records(context, rows, partitions).reduceByKey((left, right) => left + right, partitions)),
    expected: everyByte,
  },
  groupByKey: {
    run: (context, rows, partitions) =>
      countGroups(
        records(context, rows, partitions)
          .map(([key, text]): [number, string] => [key % 1000, text])
          .groupByKey(partitions),
      ),
    expected: everyByte,
  },
  join: {
    run: (context, rows, partitions) =>
      countRows(
        records(context, rows / 2, partitions)
          .join(records(context, rows / 2, partitions), partitions)
          .mapValues(([left, right]) => left + right),
      ),
    expected: (rows) => ({ rows: rows / 2, bytes: rows * payloadBytes }),
  },
  cogroup: {
    run: async (context, rows, partitions) => {
      const groups = records(context, rows / 2, partitions).cogroup(records(context, rows / 2, partitions), partitions)
      const both = groups.mapValues(([left, right]) => [...left, ...right].join(''))
      return countRows(both)
    },
    expected: (rows) => ({ rows: rows / 2, bytes: rows * payloadBytes }),
  },
  distinct: {
    run: async (context, rows, partitions) => ({
      rows: await records(context, rows, partitions).values().distinct(partitions).count(),
    }),
    expected: (rows) => ({ rows }),
  },
  'cache memory-and-disk': {
    run: async (context, rows, partitions) => {
      const kept = records(context, rows, partitions).persist('memory-and-disk')
      const first = await kept.count()
      return { rows: first, bytes: await total(kept.map(([, text]) => text.length)) }
    },
    expected: everyByte,
  },
  'hot sortBy': {
    run: (context, rows, partitions) =>
      countSorted(hotRecords(context, rows, partitions).sortBy(([key]) => key, { partitions })),
    expected: (rows) => ({ ...everyByte(rows), disorder: 0 }),
  },
  'hot groupByKey': {
    run: (context, rows, partitions) => countGroups(hotRecords(context, rows, partitions).groupByKey(partitions)),
    expected: everyByte,
  },
  'hot join': {
    run: (context, rows, partitions) =>
      countRows(
        hotRecords(context, rows, partitions)
          .join(names(context), partitions)
          .mapValues(([text]) => text),
      ),
    expected: everyByte,
  },
  'hot join and count': {
    run: async (context, rows, partitions) => ({
      rows: await hotRecords(context, rows, partitions)
        .join(names(context), partitions)
        .filter(([key, [text, name]]) => name === key % 7 && text.length > 0)
        .count(),
    }),
    expected: (rows) => ({ rows }),
  },
  'hot cogroup': {
    run: (context, rows, partitions) => {
      const groups = hotRecords(context, rows, partitions).cogroup(names(context), partitions)
      return countGroups(groups.mapValues(([texts]) => texts))
    },
    expected: everyByte,
  },
  'hot distinct': {
    run: async (context, rows, partitions) => ({
      rows: await hotRecords(context, rows, partitions)
        .map(([key, text]) => (key === hotKey ? payload : text))
        .distinct(partitions)
        .count(),
    }),
    expected: (rows) => ({ rows: Math.ceil(rows / 10) + 1 }),
  },
  'hot reduceByKey': {
    run: async (context, rows, partitions) => ({
      rows: await total(
        hotRecords(context, rows, partitions)
          .mapValues(() => 1)
          .reduceByKey((left, right) => left + right, partitions)
          .values(),
      ),
    }),
    expected: (rows) => ({ rows }),
  },
}

function countRows(pairs: Dataset<[number, string]>): Promise<{ rows: number; bytes: number }> {
  return pairs.aggregate(
    { rows: 0, bytes: 0 },
    (totals, [, text]) => {
      totals.rows++
      totals.bytes += text.length
      return totals
    },
    (left, right) => ({ rows: left.rows + right.rows, bytes: left.bytes + right.bytes }),
  )
}

function countSorted(pairs: Dataset<[number, string]>): Promise<{ rows: number; bytes: number; disorder: number }> {
  return pairs
    .aggregate(
      { rows: 0, bytes: 0, disorder: 0, first: 0, last: 0 },
      (totals, [key, text]) => {
        if (totals.rows === 0) totals.first = key
        else if (key < totals.last) totals.disorder++
        totals.last = key
        totals.rows++
        totals.bytes += text.length
        return totals
      },
      (left, right) => {
        if (left.rows === 0 || right.rows === 0) return left.rows === 0 ? right : left
        const disorder = left.disorder + right.disorder + (right.first < left.last ? 1 : 0)
        const [rows, bytes] = [left.rows + right.rows, left.bytes + right.bytes]
        return { rows, bytes, disorder, first: left.first, last: right.last }
      },
    )
    .then(({ rows, bytes, disorder }) => ({ rows, bytes, disorder }))
}

function countGroups(groups: Dataset<[number, Group<string>]>): Promise<{ rows: number; bytes: number }> {
  return groups.aggregate(
    { rows: 0, bytes: 0 },
    (totals, [, group]) => {
      totals.rows += group.size
      for (const text of group) totals.bytes += text.length
      return totals
    },
    (left, right) => ({ rows: left.rows + right.rows, bytes: left.bytes + right.bytes }),
  )
}
