import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { KeyMap, sameKey } from '../../src/codec/key.ts'
import { keys } from './arbitrary-values.ts'

/** What a KeyMap promises, written as a list that is searched. */
class NaiveMap {
  readonly list: [unknown, number][] = []
  find = (key: unknown) => this.list.find((entry) => sameKey(entry[0], key))
  set(key: unknown, value: number): void {
    const entry = this.find(key)
    if (entry) entry[1] = value
    else this.list.push([key, value])
  }
}

describe('a map with keys by value', () => {
  test('behaves like a list that is searched, also over several inner maps', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(3), keys, fc.nat(100))),
        fc.constantFrom(1, 2, 5, undefined),
        (steps, limit) => {
          const map = new KeyMap<number>(limit)
          const naive = new NaiveMap()
          for (const [step, key, value] of steps) {
            const before = naive.find(key)?.[1]
            expect([map.has(key), map.get(key)]).toEqual([before !== undefined, before])
            if (step === 0) map.set(key, value)
            if (step === 1) expect(map.getOrInsert(key, () => value)).toBe(before ?? value)
            if (step === 2)
              map.update(
                key,
                () => value,
                (old) => old + 1,
              )
            if (step < 3)
              naive.set(
                key,
                step === 0 ? value : step === 1 ? (before ?? value) : before === undefined ? value : before + 1,
              )
          }
          expect([...map.entries()]).toEqual(naive.list.map(([key, value]) => [Object.is(key, -0) ? 0 : key, value]))
          expect(map.size).toBe(naive.list.length)
        },
      ),
      { numRuns: 1000 },
    )
  })

  test('iterates in first-insertion order over primitive and structural keys, and keeps the first key', () => {
    const map = new KeyMap<number>()
    const first = { a: 1, b: -0 }
    for (const key of ['x', first, 1, [2], 'x', { b: 0, a: 1 }, [2], null])
      map.update(
        key,
        () => 1,
        (count) => count + 1,
      )
    expect([...map]).toEqual([
      ['x', 2],
      [first, 2],
      [1, 1],
      [[2], 2],
      [null, 1],
    ])
    expect([...map.keys()][1]).toBe(first)
    expect([...map.values()]).toEqual([2, 2, 1, 2, 1])
  })

  test('tells a stored undefined from a missing key', () => {
    const map = new KeyMap<number | undefined>()
    map.set('a', undefined)
    map.set([1], undefined)
    expect([
      map.has('a'),
      map.has([1]),
      map.has('b'),
      map.getOrInsert('a', () => 5),
      map.getOrInsert('b', () => 6),
    ]).toEqual([true, true, false, undefined, 6])
  })
})
