/** Hot buckets and what sub-tasks make of them, against what one task makes. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { joinedPart, type OuterSides } from '../../src/shuffle/joined-part.ts'
import { MapWriter } from '../../src/shuffle/map-writer.ts'
import { cogroupedByKey } from '../../src/shuffle/reduce.ts'
import { partInMemory, sliceSources, type PairColumns, type SliceSource } from '../../src/shuffle/slice.ts'
import type { StageOutput } from '../../src/protocol/stage-plan.ts'
import { TaskSpills } from '../../src/storage/task-spills.ts'

type Pair = [unknown, unknown]

const folder = mkdtempSync(join(tmpdir(), 'gridify-joined-part-'))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0
const holding = (budget: number) => new TaskSpills(budget, () => join(folder, `${++files}`))

const noFunctions = () => {
  throw new Error('no closure is called here')
}

/** So many that one can have four times as many rows as all have on average. */
const buckets = 16
const allBuckets = Array.from({ length: buckets }, (_, bucket) => bucket)

/** The slices of the one reducer. */
function written(rows: readonly Pair[], forCogroup: boolean): SliceSource[] {
  const output = {
    kind: 'shuffle',
    shuffleId: 1,
    partitioner: { kind: 'hash', partitions: 1 },
    perReducer: buckets,
    storage: 'memory',
    ...(forCogroup ? { forCogroup } : {}),
  } as Extract<StageOutput, { kind: 'shuffle' }>
  const writer = new MapWriter(output, noFunctions, 'a test', holding(Infinity))
  for (const [key, value] of rows) {
    writer.staging.push(key, value)
    if (writer.staging.isFull) writer.flush()
  }
  const map = writer.finish()
  const part = new Uint8Array(map.partBytes(0))
  map.writePart(0, part)
  return sliceSources(partInMemory(part))
}

/** Few kinds of keys, most rows with one of two. */
const keyOf: Record<string, (n: number) => unknown> = {
  numbers: (n) => n,
  'numbers with fractions and zeros': (n) => (n === 0 ? -0 : n === 1 ? 0 : n / 2),
  texts: (n) => `key ${n}`,
  lists: (n) => [n % 2, `${n}`],
  'all kinds': (n) => [n, `${n}`, [n], null, BigInt(n)][n % 5],
}
const rowsOf = (kind: string, most: number) =>
  fc
    .array(fc.oneof({ weight: 8, arbitrary: fc.constantFrom(0, 1) }, fc.nat(40)), { minLength: 0, maxLength: 30 })
    .chain((pattern) =>
      fc
        .nat(most)
        .map((count) =>
          pattern.length === 0
            ? []
            : Array.from({ length: count }, (_, i): Pair => [keyOf[kind]!(pattern[i % pattern.length]!), i]),
        ),
    )

function flat(columns: Iterable<PairColumns>): Pair[] {
  const pairs: Pair[] = []
  for (const { rows, keys, values } of columns) for (let i = 0; i < rows; i++) pairs.push([keys[i], values[i]])
  return pairs
}

describe.each(Object.keys(keyOf))('%s', (kind) => {
  test('rows of hot buckets lie together by key, and groups stay what they were', () => {
    let hot = 0
    fc.assert(
      fc.property(rowsOf(kind, 1000), rowsOf(kind, 100), (first, second) => {
        const [plain, grouped] = [false, true].map((forCogroup) =>
          [first, second].flatMap((rows) => written(rows, forCogroup)),
        )
        hot += grouped!.filter((source) => allBuckets.some((bucket) => source.firstRows(bucket))).length
        const [expected, found] = [plain!, grouped!].map((sources) =>
          [...cogroupedByKey([sources], 'a test', holding(Infinity))].flatMap(({ rows, keys, groupsOf }) =>
            Array.from({ length: rows }, (_, id) => [keys[id], groupsOf(id)[0]!.toArray()]),
          ),
        )
        expect(isDeepStrictEqual(found, expected)).toBe(true)
      }),
      { numRuns: 40 },
    )
    expect(hot).toBeGreaterThan(0)
  })

  test('parts of a bucket, one behind another, are the bucket, whatever a task may hold', () => {
    const cuts = fc.uniqueArray(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 })
    const outers = fc.record({ left: fc.boolean(), right: fc.boolean() })
    fc.assert(
      fc.property(
        rowsOf(kind, 600),
        rowsOf(kind, 8),
        outers,
        cuts,
        fc.constantFrom(300, 10_000, Infinity),
        (left, right, outer: OuterSides, inner, budget) => {
          const sides = [[left, right.slice(0, 5)], [right]].map((maps) => maps.flatMap((rows) => written(rows, true)))
          if (sides.every((sources) => sources.length === 0)) return
          const parts = (bucket: number, at: readonly number[], spills: TaskSpills) =>
            at
              .slice(1)
              .flatMap((to, n) => flat(joinedPart(sides, { bucket, part: [at[n]!, to] }, outer, 'a test', spills)))
          for (const bucket of allBuckets) {
            const spills = holding(budget)
            const found = parts(bucket, [0, ...inner.sort((a, b) => a - b), 1], spills)
            spills.removeAll()
            const expected = [
              ...cogroupedByKey(sides, 'a test', holding(Infinity), { from: bucket, to: bucket + 1 }),
            ].flatMap(({ rows, keys, groupsOf }) =>
              Array.from({ length: rows }, (_, id) => {
                const [l, r] = groupsOf(id).map((group) => group.toArray()) as [unknown[], unknown[]]
                if (outer.right && l.length === 0) l.push(undefined)
                if (outer.left && r.length === 0) r.push(undefined)
                return l.flatMap((a) => r.map((b) => [keys[id], [a, b]]))
              }).flat(),
            )
            expect(isDeepStrictEqual(found, expected)).toBe(true)
          }
        },
      ),
      { numRuns: 30 },
    )
  })
})
