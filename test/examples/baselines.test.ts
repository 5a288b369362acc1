import type { Rating } from '@gridify/mf'
import { expect, test } from 'vitest'
import { itemCosineBaseline } from '../../examples/recommend/item-cosine-baseline.ts'
import { indexListens } from '../../examples/recommend/listening-index.ts'
import { popularityBaseline } from '../../examples/recommend/popularity-baseline.ts'

// d's listeners are those of a and b; c is what most listeners play.
const train: Rating[] = [
  ['1', 'a', 1], ['1', 'b', 1], ['2', 'a', 1], ['2', 'b', 1], ['2', 'd', 9],
  ['3', 'c', 1], ['4', 'c', 1], ['5', 'c', 1],
]
const index = indexListens(train, ['1', '2', '3', '4', '5'], ['a', 'b', 'c', 'd'])
const test1 = new Map([['1', ['d']]])

test('popularity puts the item of most listeners first', () => {
  expect(popularityBaseline(index, test1)).toEqual({ users: 1, recallAt20: 1, ndcgAt20: 1 / Math.log2(3) })
})

test('item cosine puts the item of the same listeners first', () => {
  expect(itemCosineBaseline(index, test1)).toEqual({ users: 1, recallAt20: 1, ndcgAt20: 1 })
})
