import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { UsageError } from '../../src/base/errors.ts'
import { canonicalText } from '../../src/codec/key-equality.ts'
import { assertKey, hashKey, sameKey } from '../../src/codec/key.ts'
import { TextWriter } from '../../src/codec/columns/text-writer.ts'
import { hashPartitioner, partitionOf } from '../../src/lineage/partitioner.ts'
import { bucketAssigner } from '../../src/shuffle/buckets.ts'
import { Staging } from '../../src/shuffle/staging.ts'
import { keys, texts } from './arbitrary-values.ts'

describe('the hash of a key', () => {
  test.each<[string, unknown, number]>([
    // MurmurHash3's finalizer maps 1 to 0x514e28b7; FNV-1a maps 'a' to 0xe40c292c before it.
    ['0', 0, 0],
    ['1', 1, 0x514e28b7],
    ['-1', -1, 0x81f16f39],
    ['1.5', 1.5, 0xf52071cc],
    ['2 ** 40', 2 ** 40, 0xda634c05],
    ['NaN', NaN, 0x57399f93],
    ['empty text', '', 0xab3e7c0b],
    ["'a'", 'a', 0x1a80b1b3],
    ["'user42'", 'user42', 0x5198c257],
    ['text of all UTF-8 lengths', 'aé€😀', 0x57b8501a],
    ['a lone surrogate', '\ud800', 0x47d8c63a],
    ['null', null, 0x99ab94f8],
    ['undefined', undefined, 0xad7f9eb4],
    ['true', true, 0xdee09ef5],
    ['false', false, 0x2c40be61],
    ['1n', 1n, 0xd5e24800],
    ['-(2n ** 70n)', -(2n ** 70n), 0x7cc769c5],
    ['a date', new Date(1_700_000_000_000), 0x643627ae],
    ['bytes', new Uint8Array([1, 2, 3]), 0xda9d3f01],
    ['an empty array', [], 0x7b8ef888],
    ['a pair', ['a', 1], 0x85667b90],
    ['an empty object', {}, 0xbf424f9f],
    ['an object', { a: 1, b: [2, 'x'] }, 0xc0352cc8],
  ])('never changes: %s', (_, key, hash) => {
    expect(hashKey(key)).toBe(hash)
  })

  test('of text is that of its UTF-8 bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        let hash = 0x811c9dc5
        for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193)
        hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
        hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
        expect(hashKey(text)).toBe((hash ^ (hash >>> 16)) >>> 0)
      }),
    )
  })

  test('is equal for equal keys', () => {
    fc.assert(
      fc.property(keys, keys, (a, b) => {
        expect(hashKey(a)).toBe(hashKey(variantOf(a)))
        if (sameKey(a, b)) expect(hashKey(a)).toBe(hashKey(b))
      }),
      { numRuns: 2000 },
    )
  })

  test('of a text or number is the same in a column', () => {
    fc.assert(
      fc.property(fc.array(texts, { maxLength: 20 }), (list) => {
        const writer = new TextWriter(list.length)
        // Lone surrogates have no column: such keys stay rows.
        const isColumn = writer.write(list, list.length) !== undefined
        expect(isColumn).toBe(list.every((text) => Buffer.from(text).toString() === text))
        if (isColumn) expect([...writer.hashes].map((hash) => hash >>> 0)).toEqual(list.map(hashKey))
      }),
      { numRuns: 1000 },
    )
  })

  test('sends a key to one partition, whether it came in a column or as a row', () => {
    const numbers = fc.oneof(fc.integer(), fc.double(), fc.constantFrom(-0, 0, NaN, 2 ** 31, 2 ** 53, 5e-324))
    const list = fc.oneof(fc.array(numbers), fc.array(texts), fc.array(keys))
    fc.assert(
      fc.property(list, fc.integer({ min: 1, max: 300 }), (list, partitions) => {
        const staging = new Staging(list.length)
        for (const key of list) staging.push(key, null)
        const places = new Int32Array(list.length)
        const assign = bucketAssigner(hashPartitioner(partitions), 1, 'test', () => () => 0)
        assign(staging, places, new TextWriter(list.length))
        expect([...places]).toEqual(list.map(partitionOf(hashPartitioner(partitions))))
      }),
      { numRuns: 1000 },
    )
  })

  test('spreads small integers, doubles, words and pairs over the high bits', () => {
    const buckets = (make: (i: number) => unknown): number =>
      new Set(Array.from({ length: 4096 }, (_, i) => hashKey(make(i)) >>> 20)).size
    // 4096 random values hit 63 % of 4096 buckets.
    for (const make of [
      (i: number) => i,
      (i: number) => i / 8,
      (i: number) => `k${i}`,
      (i: number) => [i, 'x'],
      (i: number) => ({ i }),
    ]) {
      expect(buckets(make)).toBeGreaterThan(2450)
    }
  })
})

describe('two keys', () => {
  test.each<[unknown, unknown]>([
    [1, 1.0],
    [-0, 0],
    [NaN, NaN],
    [
      [-0, [NaN]],
      [0, [NaN]],
    ],
    [
      { a: 1, b: 2 },
      { b: 2, a: 1 },
    ],
    [{ a: 1 }, Object.assign(Object.create(null) as object, { a: 1 })],
    [new Date(5), new Date(5)],
    [new Date(NaN), new Date(NaN)],
    [Buffer.from([1, 2]), new Uint8Array([1, 2])],
    [new Uint8Array([1, 2]), new Uint8Array([1, 2]).buffer],
    [[{ at: new Date(1) }], runInNewContext('[{ at: new Date(1) }]')],
  ])('are the same: %j and %j', (a, b) => {
    expect([sameKey(a, b), sameKey(b, a), hashKey(a) === hashKey(b), canonicalText(a) === canonicalText(b)]).toEqual([
      true,
      true,
      true,
      true,
    ])
  })

  test.each<[unknown, unknown]>([
    [{ a: undefined }, {}],
    [{ a: undefined }, { b: undefined }],
    [1, '1'],
    [1, true],
    [0, false],
    [null, undefined],
    [null, 'null'],
    [[], {}],
    [[1, 2], [12]],
    [
      ['a', 'b'],
      ['ab', ''],
    ],
    [['1:a'], ['1', 'a']],
    [[[1], 2], [[1, 2]]],
    [new Date(5), 5],
    [new Uint8Array([97]), 'a'],
    [new Uint8Array([1]), [1]],
    [JSON.parse('{ "__proto__": 1 }'), {}],
  ])('differ: %j and %j', (a, b) => {
    expect([sameKey(a, b), sameKey(b, a), hashKey(a) === hashKey(b), canonicalText(a) === canonicalText(b)]).toEqual([
      false,
      false,
      false,
      false,
    ])
  })

  test('differ when one is a bigint', () => {
    expect([sameKey(1, 1n), sameKey([1], [1n]), canonicalText([1]) === canonicalText([1n])]).toEqual([
      false,
      false,
      false,
    ])
  })

  test('are the same exactly when their canonical texts are', () => {
    fc.assert(
      fc.property(keys, keys, (a, b) => {
        expect(sameKey(a, b)).toBe(canonicalText(a) === canonicalText(b))
        expect([sameKey(a, variantOf(a)), canonicalText(a) === canonicalText(variantOf(a))]).toEqual([true, true])
      }),
      { numRuns: 3000 },
    )
  })
})

/** An equal key in another form: zeros negated, object keys turned around, bytes in another class. */
function variantOf(key: unknown): unknown {
  if (key === 0) return Object.is(key, 0) ? -0 : 0
  if (Array.isArray(key)) return key.map(variantOf)
  if (Buffer.isBuffer(key)) return Uint8Array.from(key)
  if (key instanceof Uint8Array) return Buffer.from(key)
  if (key instanceof ArrayBuffer) return new Uint8Array(key)
  if (key instanceof Date) return new Date(key.getTime())
  if (typeof key !== 'object' || key === null) return key
  return Object.fromEntries(
    Object.entries(key)
      .reverse()
      .map(([name, value]) => [name, variantOf(value)]),
  )
}

class Point {}

describe('assertKey', () => {
  test('accepts all plain data', () => {
    fc.assert(fc.property(keys, (key) => assertKey(key, 'record')))
  })

  const ring: unknown[] = []
  ring.push({ ring })
  const allowed = 'use numbers, strings, Dates, bytes, arrays or plain objects'
  const refused = (culprit: string): string =>
    `reduceByKey, record 7: ${culprit} cannot be compared by value, so it cannot be a key; ${allowed}`

  test.each<[unknown, string]>([
    [function area() {}, refused("the function 'area'")],
    [Symbol('s'), refused('a symbol')],
    [new Map(), refused('an instance of Map')],
    [[1, new Set()], refused('an instance of Set (at key[1])')],
    [{ a: { b: /x/ } }, refused('an instance of RegExp (at key.a.b)')],
    [new Error('x'), refused('an instance of Error')],
    [new Point(), refused('an instance of Point')],
    [[Promise.resolve()], refused('a Promise (at key[0])')],
    [new Float32Array(1), refused('an instance of Float32Array')],
    [Object(1), refused('an instance of Number')],
    [ring, `reduceByKey, record 7: a key must not contain itself (at key[0].ring); ${allowed}`],
  ])('names the record and the culprit: %#', (key, message) => {
    expect(() => assertKey(key, 'reduceByKey, record 7')).toThrow(new UsageError(message))
  })
})
