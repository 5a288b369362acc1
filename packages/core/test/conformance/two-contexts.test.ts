/** What belongs to one context is not mistaken for something of another. */
import { createContext, type Context } from '@gridify/core'
import { afterAll, beforeAll, expect, test } from 'vitest'

let one: Context
let other: Context
beforeAll(async () => {
  one = await createContext({ master: 'memory[1]' })
  other = await createContext({ master: 'memory[1]' })
})
afterAll(() => Promise.all([one.stop(), other.stop()]))

test('datasets of two contexts are not combined', () => {
  const rows = one.parallelize([['k', 'a']])
  const others = other.parallelize([['k', 'b']])
  for (const combine of [() => rows.union(others), () => rows.join(others), () => rows.zip(others)])
    expect(combine).toThrow(/combines datasets of two contexts; collect\(\) one of them/)
})
test('a broadcast and an accumulator of another context are refused by name', () => {
  const broadcast = one.broadcast('from one')
  other.broadcast('from other')
  const accumulator = one.accumulator()
  other.accumulator()
  expect(() => other.range(0, 1).map(() => broadcast.value)).toThrow(
    /map\(\) at .* uses a broadcast that this context does not have/,
  )
  expect(() => other.range(0, 1).map((n) => (accumulator.add(1), n))).toThrow(
    /map\(\) at .* uses an accumulator that this context does not have/,
  )
})
test('a signal that is none is refused before the job begins, and nothing is left of it', async () => {
  await expect(one.range(0, 1).collect({ signal: 5 as never })).rejects.toThrow(
    /collect\(\) at .*: `signal` must be an AbortSignal, got number/,
  )
})
test('keys that cannot be compared are refused, also behind a plain object that they look like', async () => {
  const keys = [{}, new Map([[1, 2]]), new Map([[3, 4]])] as object[]
  const pairs = one.parallelize(keys, 1).map((key): [object, number] => [key, 1])
  await expect(pairs.reduceByKey((a, b) => a + b).collect()).rejects.toThrow(
    /an instance of Map cannot be compared by value, so it cannot be a key/,
  )
  await expect(one.parallelize(keys, 1).distinct().collect()).rejects.toThrow(
    /an instance of Map cannot be compared by value, so it cannot be a key/,
  )
})
test('more partitions than a driver can plan are refused', () => {
  expect(() => one.parallelize([1, 2], 1e9)).toThrow(
    'parallelize() takes at most 1000000 partitions, got 1000000000: each is a task of its own',
  )
})
