import { expect, test } from 'vitest'
import { artistName, genreOfArtist } from '../../examples/recommend/artist-names.ts'
import { generateListens } from '../../examples/recommend/generate-listens.ts'

const small = { listeners: 300, artists: 200, pairs: 6_000, seed: 1 }

test('one seed gives one log, another seed another', () => {
  const log = generateListens(small)
  expect(generateListens(small)).toEqual(log)
  expect(generateListens({ ...small, seed: 2 })).not.toEqual(log)
})

test('names carry their genre, and no two artists share one', () => {
  const names = Array.from({ length: 5_000 }, (_, index) => artistName(7, index))
  expect([artistName(12, 0), genreOfArtist(artistName(12, 3)), new Set(names).size]).toEqual([
    'Burning Bells (dream pop)',
    'dream pop',
    5_000,
  ])
})

test('the default log has the size it promises and no artist crowds out the rest', () => {
  const ratings = generateListens()
  const plays = new Map<unknown, number>()
  let total = 0
  for (const [, artist, count] of ratings) {
    plays.set(artist, (plays.get(artist) ?? 0) + count)
    total += count
  }
  const top = [...plays.values()]
    .sort((a, b) => b - a)
    .slice(0, 50)
    .reduce((sum, count) => sum + count, 0)
  expect(new Set(ratings.map(([listener]) => listener)).size).toBe(20_000)
  expect(plays.size).toBe(5_000)
  expect(Math.abs(ratings.length - 1_000_000)).toBeLessThan(50_000)
  expect(top / total).toBeLessThan(0.3)
})

test('no listener has an artist twice', () => {
  const ratings = generateListens(small)
  expect(new Set(ratings.map(([listener, artist]) => `${listener}/${artist}`)).size).toBe(ratings.length)
})

test('a size that makes no sense is refused by the name of its option', () => {
  expect(() => generateListens({ pairs: 0 })).toThrow('--pairs must be a whole number above 0, got 0')
  expect(() => generateListens({ listeners: 10, artists: 10, pairs: 90 })).toThrow(
    '--pairs 90 is too dense for 10 listeners and 10 artists; ask for 25 at most',
  )
})
