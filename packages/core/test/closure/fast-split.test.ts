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

test('a split whose parts become numbers is one call, with whatever the name of the function stands for', () => {
  expect(withFastSplits("line => line.split(' ').map(Number).filter(Boolean)")).toBe(
    `line => ${splitName}.numbers(line, ' ', Number).filter(Boolean)`,
  )
  expect(withFastSplits("a => a.split(',').map(parseFloat)")).toBe(`a => ${splitName}.numbers(a, ',', parseFloat)`)
  for (const rest of ['map(String)', 'map(Number, this)', 'map(...all)', 'map?.(Number)', 'map((x) => Number(x))'])
    expect(withFastSplits(`(a) => a.split(',').${rest}`)).toBe(`(a) => ${splitName}(a, ',').${rest}`)
})

test('parentheses around any part are no part of it, and lines stay where they were', () => {
  expect(withFastSplits("a => (a).split((' '))[0]")).toBe(`a => ${splitName}(a, ' ')[0]`)
  expect(withFastSplits("a => a\n.split(',')\n.map(Number)\n.length")).toBe(
    `a => ${splitName}.numbers(a, ',', Number\n\n)\n.length`,
  )
  expect(withFastSplits("a => ((a).split(',',)).map((Number))")).toBe(`a => ${splitName}.numbers(a, ',', Number)`)
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
    "a => a?.split(' ').map(Number)",
    "a => a.b.split(' ')",
    'a => "a.split(\' \')"',
    `a => ${splitName}(a.split(' '))`,
  ])
    expect(withFastSplits(source)).toBe(source)
})
