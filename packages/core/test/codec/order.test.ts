import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { UsageError } from '../../src/base/errors.ts'
import { sameKey } from '../../src/codec/key.ts'
import { compareValues } from '../../src/codec/order.ts'
import { keys, texts } from './arbitrary-values.ts'

/** Every value is below the next. */
const ascending: unknown[] = [
  null,
  undefined,
  false,
  true,
  -Infinity,
  -(2n ** 1100n),
  -1.5,
  -1,
  0,
  5e-324,
  1,
  1.5,
  2n,
  2 ** 53,
  2n ** 53n + 1n,
  2n ** 60n,
  Infinity,
  NaN,
  '',
  'Z',
  'a',
  'a\0',
  'aa',
  'é',
  '\ud83d',
  '\ud83d\ud83d',
  '\ud83d\ue000',
  '\udc00',
  '\ue000',
  '\uffff',
  '😀',
  '😁',
  new Date(-5),
  new Date(0),
  new Date(NaN),
  new Uint8Array(),
  new Uint8Array([0]),
  Buffer.from([0, 1]),
  new Uint8Array([1]).buffer,
  [],
  [null],
  [1],
  [1, 'a'],
  [1, 'b'],
  [2],
  [[]],
  {},
  { a: undefined },
  { a: 1 },
  { b: 0, a: 1 },
  { a: 2 },
  { b: 0 },
]

const sign = (a: unknown, b: unknown): number => Math.sign(compareValues(a, b))

describe('the order of values', () => {
  test('puts types and values in the promised sequence', () => {
    const wrong = ascending.flatMap((a, i) =>
      ascending.flatMap((b, j) => (sign(a, b) === Math.sign(i - j) ? [] : [[a, b]])),
    )
    expect(wrong).toEqual([])
  })

  test.each<[unknown, unknown]>([
    [0, -0],
    [NaN, NaN],
    [1, 1n],
    [[-0], [0]],
    [
      { a: 1, b: 2 },
      { b: 2, a: 1 },
    ],
    [Buffer.from([1]), new Uint8Array([1])],
    [new Date(NaN), new Date(NaN)],
  ])('ties: case %#', (a, b) => {
    expect([compareValues(a, b), compareValues(b, a)].map(Math.abs)).toEqual([0, 0])
  })

  test('is a total order on any three values', () => {
    fc.assert(
      fc.property(keys, keys, keys, (a, b, c) => {
        expect([-1, 0, 1]).toContain(sign(a, b))
        expect(sign(a, b) + sign(b, a)).toBe(0)
        if (sign(a, b) <= 0 && sign(b, c) <= 0) expect(sign(a, c)).toBeLessThanOrEqual(0)
        if (sign(a, b) === 0) expect(sign(a, c)).toBe(sign(b, c))
      }),
      { numRuns: 3000 },
    )
  })

  test('compares numbers and bigints by value, exactly', () => {
    const near = fc.tuple(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer({ min: -2, max: 2 }))
    fc.assert(
      fc.property(near, ([number, step]) => {
        const whole = BigInt(Math.trunc(number))
        const bigint = whole + BigInt(step)
        const fraction = Math.sign(number - Math.trunc(number))
        const expected = whole === bigint ? fraction : whole < bigint ? -1 : 1
        // Only a step of one can be undone by a fraction, and no fraction is that large.
        expect(sign(number, bigint)).toBe(expected)
      }),
      { numRuns: 1000 },
    )
  })

  test('of lists is that of their first difference, then of their lengths', () => {
    fc.assert(
      fc.property(fc.array(keys, { maxLength: 3 }), keys, keys, (start, a, b) => {
        expect(sign([...start, a], [...start, b])).toBe(sign(a, b))
        expect(sign(start, [...start, a])).toBe(-1)
      }),
      { numRuns: 1000 },
    )
  })

  test('ties for equal keys, and for unequal ones only where a bigint meets a number', () => {
    const comparable = keys.filter((key) => !containsBigint(key))
    fc.assert(
      fc.property(comparable, comparable, (a, b) => {
        expect(compareValues(a, b) === 0).toBe(sameKey(a, b))
      }),
      { numRuns: 2000 },
    )
  })

  test('compares text by code point', () => {
    const points = (text: string): number[] => Array.from(text, (character) => character.codePointAt(0)!)
    fc.assert(
      fc.property(texts, texts, (a, b) => {
        expect(sign(a, b)).toBe(sign(points(a), points(b)))
      }),
      { numRuns: 2000 },
    )
  })

  test('refuses what has no place in it', () => {
    expect(() => compareValues(new Map(), 1)).toThrow(
      new UsageError(
        'an instance of Map has no place in the order of values; sort by a number, string, Date, array or plain object',
      ),
    )
  })
})

function containsBigint(key: unknown): boolean {
  if (typeof key === 'bigint') return true
  return (
    typeof key === 'object' &&
    key !== null &&
    !(key instanceof Date) &&
    !ArrayBuffer.isView(key) &&
    Object.values(key).some(containsBigint)
  )
}
