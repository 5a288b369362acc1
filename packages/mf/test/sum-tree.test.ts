import { joinSubtrees, sumSubtrees } from '@gridify/mf/kernels'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const blocks = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { maxLength: 70 })

test('the total has the same bits however blocks are dealt to partitions', () => {
  fc.assert(
    fc.property(blocks, fc.array(fc.nat(70), { maxLength: 6 }), (values, cuts) => {
      const sums = values.map((value) => Float64Array.of(value))
      const bounds = [0, ...cuts.map((cut) => Math.min(cut, sums.length)).sort((a, b) => a - b), sums.length]
      const subtrees = bounds.slice(1).flatMap((end, i) => sumSubtrees(bounds[i]!, sums.slice(bounds[i], end)))
      expect(joinSubtrees(subtrees)).toEqual(joinSubtrees(sumSubtrees(0, sums)))
    }),
  )
})
test('a run of blocks is sent as few subtrees', () => {
  const subtrees = sumSubtrees(
    3,
    Array.from({ length: 1000 }, () => Float64Array.of(1)),
  )
  expect(subtrees.length).toBeLessThanOrEqual(20)
  expect(subtrees.reduce((sum, { sum: [part] }) => sum + part!, 0)).toBe(1000)
})
test('five blocks are summed as ((a b)(c d)) e', () => {
  expect(
    joinSubtrees(
      sumSubtrees(
        0,
        [1e16, 1, -1e16, 1, 1].map((value) => Float64Array.of(value)),
      ),
    ),
  ).toEqual(Float64Array.of(1e16 + 1 + (-1e16 + 1) + 1))
})
