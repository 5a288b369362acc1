import { rankIds } from '@gridify/mf'
import { expect, test } from 'vitest'

test('canonical decimals come first, by value, then text by code point', () => {
  expect(rankIds(['b', '10', '9', '007', 'B', '\u{1F600}', '\uFFFD', '18446744073709551617', '-1'])).toEqual([
    '9',
    '10',
    '18446744073709551617',
    '-1',
    '007',
    'B',
    'b',
    '\uFFFD',
    '\u{1F600}',
  ])
})
test("1 and '1' are two ids, the number first", () => {
  expect(rankIds(['1', 2, 1, '2', 1])).toEqual([1, '1', 2, '2'])
})
test('negative numbers come before others, by value', () => {
  expect(rankIds([0, -5, 3, -10])).toEqual([-10, -5, 0, 3])
})
