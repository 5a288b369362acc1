/**
 * The shuffle's columns against a model that keeps rows in arrays: same rows, same order, same bytes, whatever a task may
 * hold in memory.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { hashKey, KeyMap } from '../../src/codec/key.ts'
import { compareValues } from '../../src/codec/order.ts'
import { bucketOfHash } from '../../src/shuffle/run-layout.ts'
import { MapWriter } from '../../src/shuffle/map-writer.ts'
import { cogroupedByKey, groupedByKey, mergedByKey } from '../../src/shuffle/reduce.ts'
import { sortedRows } from '../../src/shuffle/external-sort.ts'
import { partInMemory, slicePairs, sliceSources, wholeSlice } from '../../src/shuffle/slice.ts'
import type { PairColumns, PartBytes, SliceSource } from '../../src/shuffle/slice.ts'
import { TaskSpills } from '../../src/storage/task-spills.ts'
import { keys, texts, values } from '../codec/arbitrary-values.ts'
import { difference } from '../codec/exactly.ts'
import type { Group } from '../../src/codec/group.ts'
import type { StageOutput } from '../../src/protocol/stage-plan.ts'

type Pair = [unknown, unknown]
type Output = Extract<StageOutput, { kind: 'shuffle' }>

const noFunctions = () => {
  throw new Error('no closure is called here')
}
const hashed = (partitions: number, perReducer: number, aggregator?: Output['aggregator']) =>
  ({
    kind: 'shuffle',
    shuffleId: 1,
    partitioner: { kind: 'hash', partitions },
    perReducer,
    storage: 'memory',
    ...(aggregator ? { aggregator } : {}),
  }) as Output

const folder = mkdtempSync(join(tmpdir(), 'gridify-columns-'))
let files = 0
let spills = new TaskSpills(Infinity, () => '')
/** What a task of this test may hold from now on. */
function hold(budget: number): void {
  spills.removeAll()
  spills = new TaskSpills(budget, () => join(folder, `${++files}`))
}
afterEach(() => {
  hold(Infinity)
  expect(readdirSync(folder)).toEqual([])
})
afterAll(() => rmSync(folder, { recursive: true }))

/** As a file gives it: each look is a copy. */
function partInFile(part: Uint8Array): PartBytes {
  return { bytes: part.length, view: (offset, length) => part.slice(offset, offset + length) }
}

/** What each reducer reads of the maps' rows. */
function shuffled(maps: readonly (readonly Pair[])[], output: Output): SliceSource[][] {
  const reducers: SliceSource[][] = Array.from({ length: output.partitioner.partitions }, () => [])
  for (const [map, rows] of maps.entries()) {
    const writer = new MapWriter(output, noFunctions, 'a test', spills)
    for (const [key, value] of rows) {
      writer.staging.push(key, value)
      if (writer.staging.isFull) writer.flush()
    }
    const written = writer.finish()
    for (const [reducer, sources] of reducers.entries()) {
      const part = new Uint8Array(written.partBytes(reducer))
      written.writePart(reducer, part)
      sources.push(...sliceSources(map % 2 === 0 ? partInMemory(part) : partInFile(part)))
    }
  }
  return reducers
}

/** Reads each stretch of rows before the next is made, since they share their memory. */
function rowsOf(columns: Iterable<PairColumns>): Pair[] {
  const pairs: Pair[] = []
  for (const { rows, keys, values } of columns) for (let i = 0; i < rows; i++) pairs.push([keys[i], values[i]])
  return pairs
}

/** Rows of one reducer in the order (bucket, map order). */
function reducerRows(maps: readonly (readonly Pair[])[], reducer: number, partitions: number, perReducer: number) {
  const buckets = partitions * perReducer
  const bucketOf = (row: Pair) => bucketOfHash(hashKey(row[0]), buckets)
  return maps
    .flat()
    .filter((row) => Math.floor(bucketOf(row) / perReducer) === reducer)
    .map((row, at) => ({ row, at, bucket: bucketOf(row) }))
    .sort((a, b) => a.bucket - b.bucket || a.at - b.at)
    .map(({ row }) => row)
}

function groupsOf(rows: readonly Pair[]): [unknown, unknown[]][] {
  const groups = new KeyMap<[unknown, unknown[]]>()
  for (const [key, value] of rows) groups.getOrInsert(key, () => [key, []])[1].push(value)
  return [...groups.values()]
}

const numbers = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(-0, NaN, 0.5, 2 ** 40, -Infinity))
const someKeys = fc.constantFrom<fc.Arbitrary<unknown>[]>(
  [fc.integer({ min: 0, max: 5 })],
  [numbers],
  [texts],
  [fc.string({ unit: 'grapheme-ascii', maxLength: 20 })],
  [numbers, texts],
  [keys],
)
const fewValues = fc.constantFrom('a', 'b\ud800', true, null, undefined)
const objects = fc.tuple(numbers, texts, fewValues).map(([id, name, few]) => ({ id, name, few }))
const tuples = fc.tuple(fewValues, numbers, fc.constantFrom('x', 'y'))
const holes = tuples.map(([, number, text]) => {
  // oxlint-disable-next-line no-sparse-arrays
  return [, number, text]
})
const someValues = fc.constantFrom<fc.Arbitrary<unknown>[]>(
  [fc.integer()],
  [numbers],
  [texts],
  [values],
  [objects],
  [tuples],
  [tuples, holes],
  [objects, tuples, numbers],
)
/** Rows as they are, or with values that hold their keys, as `keyBy` makes them of records. */
const valueOf = fc.constantFrom<(pair: Pair) => unknown>(
  ([, value]) => value,
  ([, value]) => value,
  ([key, value]) => ({ key, value, again: key }),
  ([key]) => [1, key],
)
/** Up to three maps, each with rows of one kind or of several. */
const maps = fc.array(
  fc.tuple(someKeys, someValues, valueOf).chain(([keyKinds, valueKinds, valueOf]) =>
    fc.array(
      fc
        .tuple(fc.oneof(...keyKinds), fc.oneof(...valueKinds))
        .map((pair): Pair => (Object(pair[0]) === pair[0] ? pair : [pair[0], valueOf(pair)])),
      { maxLength: 40 },
    ),
  ),
  { minLength: 1, maxLength: 3 },
) as fc.Arbitrary<Pair[][]>
/** From nothing at all to everything. */
const budgets = fc.constantFrom(1, 50, 200, 1000, Infinity)
const layouts = fc.constantFrom([1, 1], [2, 4], [3, 1], [1, 8]) as fc.Arbitrary<[number, number]>

describe('columns give what arrays would', () => {
  test('every row comes to the reducer of its key, exactly, in the order of buckets', () =>
    fc.assert(
      fc.property(maps, layouts, budgets, (input, [partitions, perReducer], budget) => {
        hold(budget)
        const reducers = shuffled(input, hashed(partitions, perReducer))
        for (const [reducer, slices] of reducers.entries()) {
          const expected = input.flatMap((map) => reducerRows([map], reducer, partitions, perReducer))
          const actual = rowsOf(slices.map((source) => slicePairs(wholeSlice(source))))
          expect(actual.length).toBe(expected.length)
          for (const [i, row] of actual.entries()) expect(difference([...row], [...expected[i]!])).toBeUndefined()
        }
      }),
    ))
  test('groups hold the values of equal keys in map order, and the first key seen', () =>
    fc.assert(
      fc.property(maps, layouts, budgets, (input, [partitions, perReducer], budget) => {
        hold(budget)
        const reducers = shuffled(input, hashed(partitions, perReducer, { kind: 'group' }))
        for (const [reducer, slices] of reducers.entries()) {
          const expected = groupsOf(reducerRows(input, reducer, partitions, perReducer))
          const actual = rowsOf(groupedByKey(slices, 'a test', spills)).map(([key, group]) => [
            key,
            (group as Group<unknown>).toArray(),
          ])
          expect(difference(actual, expected)).toBeUndefined()
        }
      }),
    ))
  test('merged values do not depend on whether the map side merged', () =>
    fc.assert(
      fc.property(maps, layouts, budgets, (input, [partitions, perReducer], budget) => {
        hold(budget)
        const merge = (left: unknown, right: unknown) => `${String(left)} ${typeof right}`
        const first = shuffled(input, hashed(partitions, perReducer, { kind: 'first' }))
        const all = shuffled(input, hashed(partitions, perReducer))
        for (const [reducer, slices] of all.entries()) {
          const expected = groupsOf(reducerRows(input, reducer, partitions, perReducer))
          const kept = rowsOf(mergedByKey(first[reducer]!, { merge: (a: never) => a }, 'a test', spills))
          expect(
            difference(
              kept,
              expected.map(([key, [value]]) => [key, value]),
            ),
          ).toBeUndefined()
          if (expected.some(([, group]) => group.some((value) => typeof value === 'object'))) continue
          const merged = rowsOf(mergedByKey(slices, { merge }, 'a test', spills))
          expect(merged).toEqual(expected.map(([key, [head, ...rest]]) => [key, rest.reduce(merge, head)]))
        }
      }),
    ))
  test('both sides of a cogroup meet', () =>
    fc.assert(
      fc.property(maps, maps, layouts, budgets, (lefts, rights, [partitions, perReducer], budget) => {
        hold(budget)
        const sides = [lefts, rights].map((side) => shuffled(side, hashed(partitions, perReducer)))
        for (let reducer = 0; reducer < partitions; reducer++) {
          const tagged = [lefts, rights].map((side, number) =>
            side.map((map) => map.map(([key, value]): Pair => [key, [number, value]])),
          )
          const expected = groupsOf(reducerRows(tagged.flat(), reducer, partitions, perReducer)).map(([key, tags]) => [
            key,
            [0, 1].map((number) => (tags as Pair[]).filter((tag) => tag[0] === number).map((tag) => tag[1])),
          ])
          const columns = cogroupedByKey([sides[0]![reducer]!, sides[1]![reducer]!], 'a test', spills)
          const actual: unknown[] = []
          for (const { rows, keys, groupsOf } of columns)
            for (let id = 0; id < rows; id++) actual.push([keys[id], groupsOf(id).map((group) => group.toArray())])
          expect(difference(actual, expected)).toBeUndefined()
        }
      }),
    ))
  test('a sort is that of the order of values, with ties as they came', () =>
    fc.assert(
      fc.property(maps, fc.constantFrom('ascending', 'descending'), budgets, (input, direction, budget) => {
        hold(budget)
        const output = hashed(1, 1)
        const sign = direction === 'ascending' ? 1 : -1
        const expected = input.flat().sort((a, b) => sign * compareValues(a[0], b[0]))
        const actual = rowsOf(sortedRows(shuffled(input, output)[0]!, direction, spills))
        for (const [i, row] of actual.entries()) expect(difference([...row], [...expected[i]!])).toBeUndefined()
        expect(actual.length).toBe(expected.length)
      }),
    ))
  test('equal rows make equal bytes', () =>
    fc.assert(
      fc.property(maps, layouts, ([rows], [partitions, perReducer]) => {
        const parts = [0x00, 0xff].map((rubbish) => {
          hold(rubbish)
          const writer = new MapWriter(hashed(partitions, perReducer), noFunctions, 'a test', spills)
          for (const [key, value] of rows!) writer.staging.push(key, value)
          const written = writer.finish()
          return Array.from({ length: partitions }, (_, reducer) => {
            const part = new Uint8Array(written.partBytes(reducer)).fill(rubbish)
            written.writePart(reducer, part)
            return part
          })
        })
        expect(parts[0]).toEqual(parts[1])
      }),
    ))
})

describe('many rows', () => {
  const many = Array.from({ length: 80_000 }, (_, i): Pair => [(i * 48_271) % 100_003, i % 10])
  test('several runs, and combining that stops because keys are distinct, give the sums of a Map', () => {
    const sums = new Map<number, number>()
    for (const [key, value] of many as [number, number][]) sums.set(key, (sums.get(key) ?? 0) + value)
    const [slices] = shuffled([many], hashed(1, 16, { kind: 'sum' }))
    expect(slices!.length).toBeGreaterThan(2)
    const merged = rowsOf(mergedByKey(slices!, { merge: (a: number, b: number) => a + b }, 'a test', spills))
    expect(merged.length).toBe(sums.size)
    expect(new Map(merged as [number, number][])).toEqual(sums)
  })
  test('text keys that repeat are combined to one row each', () => {
    const words = many.map(([key], i): Pair => [`word-${(key as number) % 100}`, i % 3])
    const [slices] = shuffled([words], hashed(1, 16, { kind: 'sum' }))
    expect(slices!.map(({ rows }) => rows)).toEqual([100])
  })
  test.each([1, 200_000, 1_000_000])(
    'a task that holds %i bytes lays out, merges, groups and sorts the same',
    (budget) => {
      const rows = many.map(([key], i): Pair => [
        (key as number) % 3 === 0 ? 'hot' : `key ${key as number}`,
        { at: i, by: i % 7 === 0 ? 'seven' : 'other' },
      ])
      const results = [Infinity, budget].map((held) => {
        hold(held)
        const maps = [rows.slice(0, 50_000), rows.slice(50_000)]
        const sources = shuffled(maps, hashed(1, 16))[0]!
        const writer = new MapWriter(hashed(3, 4), noFunctions, 'a test', spills)
        for (const [key, value] of rows) {
          writer.staging.push(key, value)
          if (writer.staging.isFull) writer.flush()
        }
        const output = writer.finish()
        const sums: number[] = []
        const pieces = Buffer.concat(
          Array.from(
            output.pieces((sum) => sums.push(sum)),
            (piece) => piece.slice(),
          ),
        )
        const parts = Array.from({ length: 3 }, (_, reducer) => new Uint8Array(output.partBytes(reducer)))
        expect(parts.map((part, reducer) => output.writePart(reducer, part))).toEqual(sums)
        expect(pieces.equals(Buffer.concat(parts))).toBe(true)
        const merge = (left: { at: number }, right: { at: number; by: string }) => ({
          at: (left.at * 31 + right.at) % 1_000_003,
          by: right.by,
        })
        const groups = rowsOf(groupedByKey(sources, 'a test', spills)) as [unknown, Group<unknown>][]
        // Twice: a group can be read again.
        const lists = groups.map(([key, group]) => [key, group.size, [...group], group.toArray()])
        const sorted = rowsOf(sortedRows(sources, 'descending', spills))
        return JSON.stringify([sums, rowsOf(mergedByKey(sources, { merge }, 'a test', spills)), lists, sorted])
      })
      expect(results[0] === results[1]).toBe(true)
    },
  )
  test('texts and numbers sort by radix as by compare', () => {
    const numbers = many.map(([key], i): Pair => [((key as number) - 50_000) / (i % 2 === 0 ? 1 : 3), i])
    const words = many.map(([key], i): Pair => [`prefix ${(key as number).toString(36)}${i % 7 === 0 ? 'é' : ''}`, i])
    for (const rows of [numbers, words]) {
      const expected = rows.slice().sort((a, b) => compareValues(a[0], b[0]))
      const sorted = rowsOf(sortedRows(shuffled([rows], hashed(1, 1))[0]!, 'ascending', spills))
      expect(sorted.join(' ') === expected.join(' ')).toBe(true)
    }
  })
})
