/** What a task may hold decides where its rows rest, never what comes out: the same jobs with next to nothing and with plenty. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createContext, type Context, type Dataset } from '@gridify/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'gridify-little-memory-'))
afterAll(() => {
  expect(readdirSync(folder)).toEqual([])
  rmSync(folder, { recursive: true })
})

async function contextThatHolds(bytes: number, master: string): Promise<Context> {
  process.env['GRIDIFY_EXECUTION_BYTES'] = String(bytes)
  try {
    return await createContext({ master, workDir: folder })
  } finally {
    delete process.env['GRIDIFY_EXECUTION_BYTES']
  }
}

/** Mixed by multiplication; nine of ten rows have one key. */
const kinds = {
  numbers: (i: number) => [(i * 48_271) % 701, i],
  strings: (i: number) => [`key ${(i * 48_271) % 701}`, `value ${i}`],
  objects: (i: number) => [{ id: (i * 48_271) % 701 }, { at: i, name: `n${i}` }],
  mixed: (i: number) => [i % 3 === 0 ? i % 50 : i % 3 === 1 ? `k${i % 50}` : [i % 50, null], i % 7 === 0 ? [i] : i],
  'a hot key': (i: number) => [i % 10 === 0 ? `key ${i}` : 'hot', { at: i }],
} as Record<string, (i: number) => [unknown, unknown]>

const jobs: Record<string, (pairs: Dataset<[unknown, unknown]>, few: Dataset<[unknown, unknown]>) => Dataset<unknown>> =
  {
    reduceByKey: (pairs) =>
      pairs.reduceByKey((left, right) => `${JSON.stringify(left)}${JSON.stringify(right)}`.slice(-40)),
    groupByKey: (pairs) => pairs.groupByKey().mapValues((group) => [group.size, ...group]),
    'groups read twice': (pairs) =>
      pairs.groupByKey().mapValues((group) => [[...group].length, group.toArray().at(-1)]),
    cogroup: (pairs, few) => pairs.cogroup(few),
    join: (pairs, few) => pairs.join(few),
    fullOuterJoin: (pairs, few) => few.fullOuterJoin(pairs),
    'join of what is grouped already': (pairs, few) =>
      pairs
        .groupByKey(3)
        .join(few.partitionBy(3))
        .mapValues(([group, value]) => [group.size, ...group, value]),
    'groups of what is partitioned already': (pairs) =>
      pairs
        .partitionBy(3)
        .mapValues((value) => [value])
        .groupByKey()
        .mapValues((group) => [group.size, ...group]),
    distinct: (pairs) => pairs.distinct(),
    partitionBy: (pairs) => pairs.repartition(3),
    sortBy: (pairs) => pairs.sortBy(([, value]) => value as string),
    sortByKey: (pairs) => pairs.sortByKey({ ascending: false }),
  }

describe.each(['memory[2]', 'local[2]', 'local-cluster[2,1]'])('%s', (master) => {
  let plenty: Context
  let little: Context
  beforeAll(async () => {
    plenty = await contextThatHolds(2 ** 30, master)
    little = await contextThatHolds(20_000, master)
  })
  afterAll(() => Promise.all([plenty.stop(), little.stop()]))

  describe.each(Object.keys(kinds))('%s', (kind) => {
    const row = kinds[kind]!
    test.each(Object.keys(jobs))('%s comes out alike with next to nothing and with plenty', async (job) => {
      const results = await Promise.all(
        [plenty, little].map((context) => {
          const pairs = context.range(0, 6000, { partitions: 3 }).map(row)
          const few = context.range(0, 20, { partitions: 2 }).map((i) => row(i * 7 + 3))
          return jobs[job]!(pairs, few).collect()
        }),
      )
      expect(results[0]!.length).toBeGreaterThan(0)
      expect(JSON.stringify(results[1]) === JSON.stringify(results[0])).toBe(true)
    })
  })
})
