import { evaluateRanking, holdOut, itemCosineBaseline, popularityBaseline, type Rating } from '@gridify/mf'
import { expect, test } from 'vitest'

test('recall counts hits among the held out, NDCG discounts them by place', () => {
  const test = new Map([
    ['ann', ['a', 'b']],
    ['bob', ['c']],
  ])
  const lists: Record<string, string[]> = { ann: ['x', 'a', 'y'], bob: ['c', 'x', 'y'] }
  const quality = evaluateRanking((user) => lists[user]!, test, 3)
  expect(quality.recall).toBe((1 / 2 + 1) / 2)
  expect(quality.ndcg).toBeCloseTo((1 / Math.log2(3) / (1 + 1 / Math.log2(3)) + 1) / 2, 12)
})
test("every fifth row of a user is held out, from the fourth, in the items' order", () => {
  const rows = ['10', '9', 'x', '2', '1', 'b', 'a', '3', '4'].map((item): Rating => ['ann', item, 1])
  expect(holdOut(rows).test).toEqual(new Map([['ann', ['4', 'x']]]))
})
const likes: Rating[] = [
  ['ann', 'a', 1],
  ['ann', 'b', 9],
  ['bob', 'a', 1],
  ['bob', 'c', 3],
  ['cat', 'a', 2],
  ['cat', 'c', 1],
  ['dan', 'd', 1],
  ['dan', 'a', 1],
]
test('popularity gives everybody what most listen to and they do not know', () => {
  expect(popularityBaseline(likes)('ann', 2)).toEqual(['c', 'd'])
  expect(popularityBaseline(likes)('stranger', 1)).toEqual(['a'])
})
test('item cosine sums the cosines with what a user knows', () => {
  // cos(c, a) = 2 / sqrt(2 * 4), cos(b, a) = cos(d, a) = 1 / sqrt(1 * 4)
  expect(itemCosineBaseline(likes)('dan', 3)).toEqual(['c', 'b'])
  expect(itemCosineBaseline(likes)('stranger', 3)).toEqual([])
})
