import fc from 'fast-check'
import { expect, test } from 'vitest'
import { splitNumbers } from '../../src/closure/split-numbers.ts'

const decimal = fc.oneof(
  fc.double().map(String),
  fc.integer().map(String),
  fc.tuple(fc.integer(), fc.nat({ max: 20 })).map(([whole, decimals]) => (whole / 7).toFixed(decimals)),
  fc.bigInt({ min: 0n, max: 10n ** 20n }).map(String),
  fc.string({ unit: fc.constantFrom('0', '1', '9', '.', '-', '+', 'e', ' ', 'x', 'é', '\u0130', '😀'), maxLength: 6 }),
)

test.each([Number, parseFloat])('each number is the one that the built-ins make: %s', (convert) => {
  fc.assert(
    fc.property(fc.array(decimal), fc.constantFrom(' ', ',', '\t', '0', '.', '-', 'e', 'é'), (parts, separator) => {
      const text = parts.join(separator)
      const expected = text.split(separator).map((part) => convert(part))
      expect(splitNumbers(text, separator, convert)).toStrictEqual(expected)
    }),
    { numRuns: 2000 },
  )
})

test('edges of what a plain decimal is', () => {
  const text = '-0,.5,5.,.,-,,999999999999999,9999999999999999,0.000000000000001,0.1,1e3,0x1f,-.25, 7 ,1_000,Infinity'
  expect(splitNumbers(text, ',', Number)).toStrictEqual([
    -0,
    0.5,
    5,
    NaN,
    NaN,
    0,
    999999999999999,
    10000000000000000,
    1e-15,
    0.1,
    1000,
    31,
    -0.25,
    7,
    NaN,
    Infinity,
  ])
})

test('texts of many kilobytes, or with letters that are no ASCII, are left to the built-ins', () => {
  const long = Array.from({ length: 30_000 }, (_, i) => i / 8)
  expect(splitNumbers(long.join(' '), ' ', Number)).toEqual(long)
  expect(splitNumbers('1,\u0131,٣', ',', Number)).toEqual([1, NaN, NaN])
})

test('another function, or what is no text, is called as it was written', () => {
  expect(splitNumbers('1 2', ' ', ((part: string, index: number) => part + index) as never)).toEqual(['10', '21'])
  expect(splitNumbers({ split: () => ['3', '4'] }, ' ', Number)).toEqual([3, 4])
  expect(() => splitNumbers(null, ' ', Number)).toThrow("Cannot read properties of null (reading 'split')")
})
