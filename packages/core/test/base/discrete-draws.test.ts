import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { drawBinomial, drawHypergeometric } from '../../src/base/discrete-draws.ts'
import { randomStream } from '../../src/base/random.ts'

/** Mean and variance of many draws, against those that the distribution has, in units of their own errors. */
function deviations(draw: (random: () => number) => number, mean: number, variance: number) {
  const random = randomStream(1, mean, variance)
  const draws = Array.from({ length: 20_000 }, () => draw(random))
  const found = draws.reduce((sum, x) => sum + x, 0) / draws.length
  const spread = draws.reduce((sum, x) => sum + (x - mean) ** 2, 0) / draws.length
  return {
    mean: Math.abs(found - mean) / Math.sqrt(variance / draws.length),
    variance: Math.abs(spread - variance) / (variance * Math.sqrt(2 / draws.length)),
  }
}

describe('draws have the mean and the spread of their distribution', () => {
  test.each([
    [10, 4, 5],
    [1000, 30, 200],
    [1_000_000, 500_000, 300_000],
    [1e9, 4e8, 2e8],
  ])('hypergeometric: %d in all, %d marked, %d drawn', (total, marked, drawn) => {
    const share = marked / total
    const variance = (drawn * share * (1 - share) * (total - drawn)) / (total - 1)
    const { mean, variance: spread } = deviations(
      (random) => drawHypergeometric(total, marked, drawn, random),
      drawn * share,
      variance,
    )
    expect(mean).toBeLessThan(4)
    expect(spread).toBeLessThan(6)
  })
  test.each([
    [5, 0.3],
    [1000, 0.01],
    [1_000_000, 0.5],
  ])('binomial: %d tries with chance %d', (count, chance) => {
    const { mean, variance } = deviations(
      (random) => drawBinomial(count, chance, random),
      count * chance,
      count * chance * (1 - chance),
    )
    expect(mean).toBeLessThan(4)
    expect(variance).toBeLessThan(6)
  })
})

test('a draw is never less or more than there can be, and certain where there is one answer', () => {
  fc.assert(
    fc.property(fc.nat(1000), fc.nat(1000), fc.nat(1000), fc.integer(), (a, b, c, seed) => {
      const total = a + b
      const drawn = Math.min(c, total)
      const found = drawHypergeometric(total, a, drawn, randomStream(seed))
      expect(Number.isInteger(found) && found >= Math.max(0, drawn - b) && found <= Math.min(a, drawn)).toBe(true)
      const tries = drawBinomial(c, total === 0 ? 1 : a / total, randomStream(seed))
      expect(Number.isInteger(tries) && tries >= 0 && tries <= c).toBe(true)
    }),
  )
  const random = randomStream(3)
  expect([
    drawHypergeometric(7, 7, 3, random),
    drawHypergeometric(7, 0, 3, random),
    drawHypergeometric(7, 2, 7, random),
  ]).toEqual([3, 0, 2])
  expect([drawBinomial(4, 0, random), drawBinomial(4, 1, random), drawBinomial(0, 0.5, random)]).toEqual([0, 4, 0])
})
