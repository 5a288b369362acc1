/** Random pipelines over random rows: what plain arrays give, in one and the same order on every kind of cluster. */
import { createContext, type Context, type Dataset } from '@gridify/core'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'

type Json = null | boolean | number | string | Json[] | { [name: string]: Json }

const text = (row: unknown) => JSON.stringify(row)
const sizeOf = (row: unknown) => JSON.stringify(row).length

/** The order of values, for what JSON can say. */
function compare(a: Json, b: Json): number {
  const ranks = ['null', 'boolean', 'number', 'string', 'array', 'object']
  const kind = (x: Json) => ranks.indexOf(x === null ? 'null' : Array.isArray(x) ? 'array' : typeof x)
  if (kind(a) !== kind(b)) return kind(a) - kind(b)
  if (Array.isArray(a) && Array.isArray(b)) {
    for (let i = 0; i < Math.min(a.length, b.length); i++) {
      const difference = compare(a[i]!, b[i]!)
      if (difference !== 0) return difference
    }
    return a.length - b.length
  }
  if (a !== null && typeof a === 'object') return compare(Object.entries(a).flat(), Object.entries(b!).flat())
  return a! < b! ? -1 : a! > b! ? 1 : 0
}

const distinct = (rows: Json[]) => [...new Map(rows.map((row) => [text(row), row])).values()]
const has = (rows: Json[], row: Json) => rows.some((other) => text(other) === text(row))
const grouped = (rows: Json[], key: (row: Json) => Json) => {
  const groups = new Map<string, [Json, Json[]]>()
  for (const row of rows) {
    const at = text(key(row))
    if (!groups.has(at)) groups.set(at, [key(row), []])
    groups.get(at)![1].push(row)
  }
  return [...groups.values()]
}

interface Step {
  readonly name: string
  /** Whether the rows come in the order of the array. */
  readonly ordered: boolean
  run(dataset: Dataset<Json>): Dataset<Json>
  model(rows: Json[]): Json[]
}

const stepOf = (n: number): Step[] => [
  { name: 'map', ordered: true, run: (ds) => ds.map((row) => [row, n]), model: (rows) => rows.map((row) => [row, n]) },
  {
    name: 'filter',
    ordered: true,
    run: (ds) => ds.filter((row) => JSON.stringify(row).length % (n + 1) > 0),
    model: (rows) => rows.filter((row) => sizeOf(row) % (n + 1) > 0),
  },
  {
    name: 'flatMap',
    ordered: true,
    run: (ds) => ds.flatMap((row) => Array.from({ length: JSON.stringify(row).length % 3 }, () => row)),
    model: (rows) => rows.flatMap((row) => Array.from({ length: sizeOf(row) % 3 }, () => row)),
  },
  {
    name: 'mapPartitions',
    ordered: true,
    run: (ds) =>
      ds.mapPartitions(function* (rows) {
        for (const row of rows) yield { n, row }
      }),
    model: (rows) => rows.map((row) => ({ n, row })),
  },
  {
    name: 'mapAsync',
    ordered: true,
    run: (ds) => ds.mapAsync(async (row) => [row], { concurrency: n + 1 }),
    model: (rows) => rows.map((row) => [row]),
  },
  {
    name: 'zipWithIndex',
    ordered: true,
    run: (ds) => ds.zipWithIndex(),
    model: (rows) => rows.map((row, i) => [row, i]),
  },
  { name: 'glom', ordered: true, run: (ds) => ds.glom().flatMap((part) => part), model: (rows) => rows },
  { name: 'coalesce', ordered: true, run: (ds) => ds.coalesce(n + 1), model: (rows) => rows },
  { name: 'cache', ordered: true, run: (ds) => ds.cache(), model: (rows) => rows },
  { name: 'union', ordered: true, run: (ds) => ds.union(ds), model: (rows) => [...rows, ...rows] },
  {
    name: 'sortBy',
    ordered: true,
    run: (ds) => ds.sortBy((row) => row, { partitions: n + 1, ascending: n % 2 === 0 }),
    model: (rows) => [...rows].sort((a, b) => (n % 2 === 0 ? compare(a, b) : compare(b, a))),
  },
  { name: 'repartition', ordered: false, run: (ds) => ds.repartition(n + 1), model: (rows) => rows },
  { name: 'distinct', ordered: false, run: (ds) => ds.distinct(), model: distinct },
  {
    name: 'intersection',
    ordered: false,
    run: (ds) => ds.intersection(ds.filter((row) => JSON.stringify(row).length % 2 === 0)),
    model: (rows) => distinct(rows.filter((row) => sizeOf(row) % 2 === 0)),
  },
  {
    name: 'subtract',
    ordered: false,
    run: (ds) =>
      ds.subtract(
        ds.filter((row) => JSON.stringify(row).length % 2 === 0),
        n + 1,
      ),
    model: (rows) =>
      rows.filter(
        (row) =>
          !has(
            rows.filter((other) => sizeOf(other) % 2 === 0),
            row,
          ),
      ),
  },
  {
    name: 'reduceByKey',
    ordered: false,
    run: (ds) =>
      ds
        .map((row) => [row, 1])
        .reduceByKey((a, b) => a + b)
        .map((pair) => pair),
    model: (rows) => grouped(rows, (row) => row).map(([key, all]) => [key, all.length]),
  },
  {
    name: 'groupBy',
    ordered: false,
    run: (ds) => ds.groupBy((row) => JSON.stringify(row).length % (n + 2)).map(([key, group]) => [key, group.size]),
    model: (rows) => grouped(rows, (row) => sizeOf(row) % (n + 2)).map(([key, all]) => [key, all.length]),
  },
  {
    name: 'join',
    ordered: false,
    run: (ds) => {
      const keyed = ds.keyBy((row) => JSON.stringify(row).length)
      return keyed.join(keyed.reduceByKey((left) => left).mapValues(() => n)).map((row) => row)
    },
    model: (rows) => rows.map((row) => [sizeOf(row), [row, n]]),
  },
  {
    name: 'cartesian',
    ordered: false,
    run: (ds) => ds.cartesian(ds.coalesce(1).filter((row) => row === null)).map((pair) => pair),
    model: (rows) => rows.flatMap((row) => rows.filter((other) => other === null).map(() => [row, null])),
  },
]

const rowArbitrary = fc.letrec<{ row: Json }>((tie) => ({
  row: fc.oneof(
    { maxDepth: 2 },
    fc.constant(null),
    fc.boolean(),
    fc.integer({ min: -5, max: 5 }),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => (Object.is(n, -0) ? 0 : n)),
    fc.string({ maxLength: 3 }),
    fc.array(tie('row'), { maxLength: 2 }),
    fc.record({ a: tie('row') }),
  ),
})).row
const stepArbitrary = fc
  .tuple(fc.nat({ max: 3 }), fc.nat({ max: stepOf(0).length - 1 }))
  .map(([n, which]) => stepOf(n)[which]!)

const clusters: Context[] = []
beforeAll(async () => {
  for (const master of ['memory[2]', 'local[2]', 'local-cluster[2,1]']) clusters.push(await createContext({ master }))
})
afterAll(async () => {
  for (const context of clusters) await context.stop()
})

test('random pipelines give what arrays give, alike on every kind of cluster', async () => {
  const property = fc.asyncProperty(
    fc.array(rowArbitrary, { maxLength: 12 }),
    fc.integer({ min: 1, max: 4 }),
    fc.array(stepArbitrary, { minLength: 1, maxLength: 8 }),
    async (rows, partitions, steps) => {
      // Where a pipeline would grow beyond what a test should do, its end is left out.
      let model: Json[] = rows
      let ordered = true
      const taken: Step[] = []
      for (const step of steps) {
        if (model.length > 60 || (!ordered && step.name === 'zipWithIndex')) break
        model = step.model(model)
        ordered = step.name === 'sortBy' || (ordered && step.ordered)
        taken.push(step)
      }
      const results = await Promise.all(
        clusters.map(async (context) => {
          using _ = context.scope()
          const dataset = context.parallelize(rows as {}[], partitions) as Dataset<Json>
          return await taken.reduce((at, step) => step.run(at), dataset).collect()
        }),
      )
      const [first, ...others] = results
      for (const other of others) expect(other).toEqual(first)
      if (ordered) expect(first).toEqual(model)
      else expect(first!.map(text).sort()).toEqual(model.map(text).sort())
    },
  )
  await fc.assert(property, { numRuns: 60 })
})
