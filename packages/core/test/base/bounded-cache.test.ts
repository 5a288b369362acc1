import { expect, test } from 'vitest'
import { BoundedCache } from '../../src/base/bounded-cache.ts'

test('each key is made once, until there are too many: then all begin anew', () => {
  const made: string[] = []
  const cache = new BoundedCache<string>(2)
  const ask = (key: string) =>
    cache.getOrMake(key, () => {
      made.push(key)
      return `made of ${key}`
    })
  expect(['a', 'b', 'a', 'c', 'a'].map(ask)).toEqual(['made of a', 'made of b', 'made of a', 'made of c', 'made of a'])
  expect(made).toEqual(['a', 'b', 'c', 'a'])
})
