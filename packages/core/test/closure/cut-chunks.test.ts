import fc from 'fast-check'
import { expect, test } from 'vitest'
import { randomStream } from '../../src/base/random.ts'
import { cutChunks } from '../../src/closure/cut-chunks.ts'

function randomBytes(seed: number, length: number): Uint8Array {
  const random = randomStream(seed)
  return Uint8Array.from({ length }, () => random() * 256)
}

function chunksOf(bytes: Uint8Array): string[] {
  let start = 0
  return cutChunks(bytes).map((end) => {
    const chunk = Buffer.from(bytes.subarray(start, end)).toString('latin1')
    start = end
    return chunk
  })
}

test('chunks are all of the bytes, none larger than 128 KiB, and all but the last of 32 KiB at least', () => {
  for (const bytes of [randomBytes(1, 3_000_000), new Uint8Array(1_000_000), randomBytes(2, 10), new Uint8Array(0)]) {
    const chunks = chunksOf(bytes)
    expect(Buffer.from(chunks.join(''), 'latin1').equals(bytes)).toBe(true)
    const sizes = chunks.map(({ length }) => length)
    expect(Math.max(0, ...sizes)).toBeLessThanOrEqual(128 * 1024)
    expect(Math.min(128 * 1024, ...sizes.slice(0, -1))).toBeGreaterThanOrEqual(32 * 1024)
  }
})

test('random bytes make chunks of 64 KiB on average', () => {
  const bytes = randomBytes(3, 8_000_000)
  const mean = bytes.length / cutChunks(bytes).length
  expect(mean).toBeGreaterThan(50 * 1024)
  expect(mean).toBeLessThan(70 * 1024)
})

test('bytes put in or taken out somewhere change the chunks around them and no others', () => {
  const bytes = randomBytes(4, 2_000_000)
  const known = new Set(chunksOf(bytes))
  fc.assert(
    fc.property(fc.nat(1_990_000), fc.nat(5000), fc.uint8Array({ maxLength: 100 }), (at, removed, added) => {
      const changed = Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at + removed)])
      const news = chunksOf(changed).filter((chunk) => !known.has(chunk))
      // Three where a cut went and its neighbours join, more only where the next cuts happen not to meet the old ones.
      expect(news.length).toBeLessThanOrEqual(6)
    }),
    { numRuns: 40 },
  )
})
