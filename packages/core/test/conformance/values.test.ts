import type { StorageLevel } from '@gridify/core'
import { expect, test } from 'vitest'
import { difference } from '../codec/exactly.ts'
import { listedValues } from '../codec/listed-values.ts'
import { onEveryCluster } from './every-cluster.ts'

const names = listedValues.map(([name]) => name)
const values = listedValues.map(([, value]) => value)
const rows = values.map((value, index): [number, unknown] => [index, value])

/** The values that came back changed, with the place of the change. */
function changed(found: readonly (readonly [number, unknown])[], expected = rows): string[] {
  const byIndex = new Map(found)
  const lost = expected.filter(([index]) => !byIndex.has(index)).map(([index]) => `${names[index]}: lost`)
  const different = expected.flatMap(([index, value]) => {
    const where = byIndex.has(index) && difference(byIndex.get(index), value)
    return where ? [`${names[index]}: ${where}`] : []
  })
  return [...lost, ...different]
}

/** By value, as a key is, all of these are different. */
const keys: unknown[] = [
  null,
  undefined,
  true,
  false,
  0,
  NaN,
  1.5,
  1n,
  -(2n ** 70n),
  '',
  '\ud800',
  'é😀',
  new Date(5),
  new Date(NaN),
  new Uint8Array([1, 255]),
  [],
  [-0, NaN, [undefined]],
  {},
  { a: undefined },
  { b: [1n, { c: new Date(1) }], a: 'x' },
  JSON.parse('{ "__proto__": 1 }'),
]

onEveryCluster((context) => {
  test('every value goes out to tasks and comes back', async () => {
    expect(changed(await context().parallelize(rows, 3).collect())).toEqual([])
    expect(
      changed(
        await context()
          .parallelize(rows, 2)
          .map(([index, value]) => [index, value])
          .collect(),
      ),
    ).toEqual([])
  })

  test('every value survives capture by a function', async () => {
    const found = await context()
      .range(0, values.length, { partitions: 2 })
      .map((index) => [index, values[index]])
      .collect()
    expect(changed(found)).toEqual([])
  })

  test('every value survives a shuffle, beside number, text and structured keys, and in groups', async () => {
    const dataset = context().parallelize(rows, 2)
    expect(changed(await dataset.partitionBy(3).collect())).toEqual([])
    const byText = dataset.map(([index, value]) => [`k${index}`, [index, value] as [number, unknown]])
    expect(changed(await byText.partitionBy(3).values().collect())).toEqual([])
    const byList = dataset.map(([index, value]) => [[index, 'x'], [index, value] as [number, unknown]])
    expect(changed((await byList.groupByKey().collect()).map(([, [row]]) => row!))).toEqual([])
  })

  test.each<StorageLevel>(['memory', 'memory-and-disk', 'disk'])('every value survives persist(%s)', async (level) => {
    const kept = context()
      .parallelize(rows, 2)
      .map(([index, value]) => [index, value])
      .persist(level)
    expect(await kept.count()).toBe(rows.length)
    expect(changed(await kept.collect())).toEqual([])
    kept.unpersist()
  })

  test('every value survives a broadcast, a checkpoint and an object of its own', async () => {
    const broadcast = context().broadcast(values)
    const read = context()
      .range(0, values.length, { partitions: 2 })
      .map((index) => [index, broadcast.value[index]])
    expect(changed(await read.collect())).toEqual([])
    expect(changed(await (await context().parallelize(rows, 2).checkpoint()).collect())).toEqual([])
    const bare = await context().parallelize(values as {}[], 2).collect() // prettier-ignore
    expect(changed(bare.map((value, index) => [index, value]))).toEqual([])
  })

  test('views of one buffer see one buffer again', async () => {
    const buffer = new ArrayBuffer(16)
    const row = { bytes: new Uint8Array(buffer, 4, 4), view: new DataView(buffer), whole: buffer }
    row.bytes[0] = 7
    const shared = context().broadcast(row)
    const captured = { bytes: row.bytes, view: new DataView(buffer, 2, 8) }
    const found = await context()
      .parallelize([row], 1)
      .map((row) => {
        row.view.setUint8(5, 8)
        captured.view.setUint8(4, 9)
        return [row, [...row.bytes], [...shared.value.bytes], [...captured.bytes]] as const
      })
      .collect()
    const [[back, inTask, inBroadcast, inClosure]] = found as [(typeof found)[number]]
    expect([back.view.buffer === back.whole, back.bytes.buffer === back.whole, back.bytes.byteOffset]).toEqual([
      true,
      true,
      4,
    ])
    expect([inTask, inBroadcast, inClosure, [...back.bytes]]).toEqual([
      [7, 8, 0, 0],
      [7, 0, 0, 0],
      [7, 0, 9, 0],
      [7, 8, 0, 0],
    ])
  })

  test('every key that is allowed comes back exactly, once, whichever task had it', async () => {
    const pairs = keys.flatMap((key, index): [unknown, number][] => [
      [key, index],
      [key, 100],
    ])
    const sums = await context()
      .parallelize(pairs, 3)
      .reduceByKey((a, b) => a + b, 4)
      .collect()
    const found = sums.map(([key, sum]): [number, unknown] => [sum - 100, key]).sort(([a], [b]) => a - b)
    expect(found.map(([index]) => index)).toEqual(keys.map((_, index) => index))
    expect(found.flatMap(([index, key]) => difference(key, keys[index]) ?? [])).toEqual([])
  })

  test('the first form of a key that is seen is kept', async () => {
    const pairs: [unknown, number][] = [
      [-0, 1],
      [0, 1],
      [{ a: 1, b: 2 }, 1],
      [{ b: 2, a: 1 }, 1],
      [Buffer.from('x'), 1],
      [new Uint8Array([120]), 1],
    ]
    const numbered = pairs.map(([key], index): [unknown, number] => [key, index])
    const groups = await context().parallelize(numbered, 1).groupByKey(2).collect()
    const kept = groups.sort(([, [a]], [, [b]]) => a! - b!)
    expect(kept.map(([, indices]) => indices)).toEqual([
      [0, 1],
      [2, 3],
      [4, 5],
    ])
    expect(kept.flatMap(([key, [index]]) => difference(key, pairs[index!]![0]) ?? [])).toEqual([])
  })

  test('a sort puts all kinds of values in the one order, and keeps ties as they came', async () => {
    const ascending: unknown[] = [null, undefined, false, true, -1n, 0, 1, NaN, '', 'Z', '\ue000', '😀', new Date(0)]
    ascending.push(new Uint8Array([0]), [], [1], {}, { a: 1 })
    const shuffled = [7, 2, 16, 0, 11, 5, 13, 9, 4, 17, 1, 14, 8, 3, 12, 6, 15, 10]
    const sorted = await context()
      .parallelize(
        shuffled.flatMap((rank): [unknown, string][] => [
          [ascending[rank], 'first'],
          [ascending[rank], 'second'],
        ]),
        3,
      )
      .sortBy(([value]) => value, { partitions: 4 })
      .collect()
    const expected = ascending.flatMap((value) => [
      [value, 'first'],
      [value, 'second'],
    ])
    expect(sorted.map((row, index) => difference(row, expected[index])).filter(Boolean)).toEqual([])
  })
})
