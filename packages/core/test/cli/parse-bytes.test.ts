import { expect, test } from 'vitest'
import { formatBytes, parseBytes } from '../../src/cli/parse-bytes.ts'

test('sizes are powers of 1024, in any usual spelling', () => {
  expect(['256m', '4g', '4GB', '1.5 GiB', '100k', '12', '1t'].map(parseBytes)).toEqual([
    268435456, 4294967296, 4294967296, 1610612736, 102400, 12, 1099511627776,
  ])
})

test.each(['', 'g', '4x', '-1', '4 g b', '1e3', '99999999t'])('%j is refused', (text) => {
  expect(() => parseBytes(text)).toThrow(`${JSON.stringify(text)} is no size: write it as 512m or 4g`)
})

test('sizes are printed in the largest unit that fits', () => {
  expect([2 ** 32, 256 * 2 ** 20, 2048].map(formatBytes)).toEqual(['4.0 GiB', '256.0 MiB', '2.0 KiB'])
})
