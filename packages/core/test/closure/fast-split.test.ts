import fc from 'fast-check'
import { expect, test } from 'vitest'
import { splitName, splitText, withFastSplits } from '../../src/closure/fast-split.ts'

test('the loop makes what the built-in makes', () => {
  const unit = fc.constantFrom(' ', 'a', 'é', '😀', '\ud800', ',')
  fc.assert(
    fc.property(
      fc.string({ unit, maxLength: 12 }),
      fc.constantFrom(' ', ',', 'a', 'é', '\ud800'),
      (text, separator) => {
        expect(splitText(text, separator)).toEqual(text.split(separator))
      },
    ),
  )
  const long = 'a b '.repeat(2000)
  expect(splitText(long, ' ')).toEqual(long.split(' '))
})

test('what is no string splits itself, and null says what it always said', () => {
  expect(splitText({ split: (by: string) => [by, by] }, ',')).toEqual([',', ','])
  expect(() => splitText(null, ',')).toThrow("Cannot read properties of null (reading 'split')")
})

test('calls on a variable with one literal character are replaced, and no others', () => {
  const call = (rest: string) => `${splitName}(${rest}`
  expect(withFastSplits("line => line.split(' ')")).toBe(`line => ${call("line, ' ')")}`)
  expect(withFastSplits("(a) => { const [x] = a.split(','); return x.split(';').map(y => y.split('\\t')) }")).toBe(
    `(a) => { const [x] = ${call("a, ',')")}; return ${call("x, ';')")}.map(y => ${call("y, '\\t')")}) }`,
  )
  for (const source of [
    "a => a.split('ab')",
    'a => a.split(/ /)',
    "a => a.split(' ', 2)",
    "a => a?.split(' ')",
    "a => a.b.split(' ')",
    'a => "a.split(\' \')"',
    `a => ${splitName}(a.split(' '))`,
  ])
    expect(withFastSplits(source)).toBe(source)
})
