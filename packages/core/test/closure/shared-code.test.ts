/** What V8 has learnt of a function serves the next one that reads the same, and no other. */

import { expect, test } from 'vitest'
import { codeIdOf } from '../../src/closure/shared-code.ts'
import { shipped } from './rebuild-here.ts'

test('functions that read the same are made by one factory, each with its own values', async () => {
  const scale = (factor: number) => (x: number) => x * factor
  const twice = (await shipped(scale(2)))()
  const thrice = (await shipped(scale(3)))()
  expect([twice(5), thrice(5), twice(5)]).toEqual([10, 15, 10])
  expect(codeIdOf(twice)).toEqual(expect.any(Number))
  expect(codeIdOf(twice)).toBe(codeIdOf(thrice))
})

test('what captured functions read decides too', async () => {
  const after = (step: (x: number) => number) => (x: number) => step(x) + 1
  const [doubled, halved] = [(await shipped(after((x) => x * 2)))(), (await shipped(after((x) => x / 2)))()]
  expect([doubled(4), halved(4)]).toEqual([9, 3])
  expect(codeIdOf(doubled)).not.toBe(codeIdOf(halved))
})

test('a variable that each copy assigns to is its own', async () => {
  const counter = (start: number) => {
    let count = start
    return () => ++count
  }
  const [low, high] = [(await shipped(counter(0)))(), (await shipped(counter(10)))()]
  expect([low(), high(), low(), high()]).toEqual([1, 11, 2, 12])
})
