/** When the map side merges, and what waits until that is known. */

import { expect, test } from 'vitest'
import { MapCombine } from '../../src/shuffle/map-combine.ts'
import { Staging } from '../../src/shuffle/staging.ts'

const batchRows = 4096

/** Adds `rows` rows, full staging by full staging; `merges` tells how often values met so far. */
function combined(rows: number, keyOf: (i: number) => unknown, valueOf: (i: number) => unknown, check = () => {}) {
  let merges = 0
  const emitted: unknown[][] = []
  const merge = (left: never, right: never) => {
    merges++
    return typeof left === 'number' ? left + right : left
  }
  const combine = new MapCombine({ merge }, 'a test', batchRows, check, (key, value) => emitted.push([key, value]))
  let staging = new Staging(batchRows)
  for (let i = 0; i < rows; i++) {
    staging.push(keyOf(i), valueOf(i))
    if (staging.isFull) staging = combine.add(staging)
  }
  return { combine, emitted, merges: () => merges }
}

test('numbers wait until the keys of 65,536 rows are counted, then few keys are merged', () => {
  const { combine, emitted, merges } = combined(
    65_535,
    (i) => i % 3,
    () => 1,
  )
  expect([merges(), emitted]).toEqual([0, []])
  let staging = new Staging(batchRows)
  staging.push(0, 1)
  staging = combine.add(staging)
  combine.drain()
  expect(emitted.map(([key, value]) => [key, Math.round((value as number) / 1000)])).toEqual([
    [0, 20],
    [1, 20],
    [2, 20],
  ])
})

test('keys that are mostly distinct are passed on in their order as soon as that is known, without a merge', () => {
  const { combine, emitted, merges } = combined(
    40_000,
    (i) => i,
    (i) => -i,
  )
  expect([combine.isOn, merges(), emitted.length > 32_768]).toEqual([false, 0, true])
  expect(emitted.slice(0, 3)).toEqual([
    [0, -0],
    [1, -1],
    [2, -2],
  ])
})

test('large values are merged while keys are still counted, so that few of them wait', () => {
  const text = 'x'.repeat(10_000)
  const { combine, emitted, merges } = combined(
    2000,
    (i) => i % 2,
    () => text,
  )
  expect([combine.isOn, merges() > 1000]).toEqual([true, true])
  combine.drain()
  expect(emitted.map(([key]) => key)).toEqual([0, 1])
})

test('large values whose keys turn out to be distinct keep their order', () => {
  const text = 'x'.repeat(200)
  const { combine, emitted } = combined(
    70_000,
    (i) => i,
    () => text,
  )
  combine.drain()
  expect(combine.isOn).toBe(false)
  expect(emitted.every(([key], i) => key === i)).toBe(true)
})

test('what waits is merged only as long as the task is not cancelled', () => {
  const cancelled = new Error('cancelled')
  let checks = 0
  const check = () => {
    if (++checks === 3) throw cancelled
  }
  const { combine, merges } = combined(
    60_000,
    () => 1,
    () => 1,
    check,
  )
  expect(() => combine.drain()).toThrow(cancelled)
  expect(merges()).toBe(2 * batchRows - 1)
})
