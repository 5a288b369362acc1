import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checksum, RunningChecksum } from '../../src/codec/checksum.ts'
import { inLargerBuffer, inSharedMemory } from './round-trip.ts'

const pattern = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 131) ^ (i >> 8))

describe('a checksum', () => {
  test.each([
    [0, 0x1d9fc445],
    [1, 0x9d7d32d8],
    [15, 0xea2169ba],
    [16, 0x86e16e5f],
    [1000, 0x1325c16d],
    [200_000, 0x6206e517],
  ])('of %i bytes never changes', (length, expected) => {
    expect(checksum(pattern(length))).toBe(expected)
  })

  test('is the same at every alignment and in shared memory', () => {
    for (const length of [0, 3, 16, 33, 70_000, 200_001]) {
      const bytes = pattern(length)
      const views = [1, 2, 3, 4, 8].flatMap((offset) => [inLargerBuffer(bytes, offset), inSharedMemory(bytes, offset)])
      expect(views.map(checksum)).toEqual(Array(10).fill(checksum(bytes)))
    }
  })

  test('is the same for bytes that come in pieces', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), (pieces) => {
        const sum = new RunningChecksum()
        for (const piece of pieces) sum.add(piece)
        expect(sum.value()).toBe(checksum(Uint8Array.from(pieces.flatMap((piece) => [...piece]))))
      }),
    )
  })

  test('changes with any one bit', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 100 }), fc.nat(), fc.nat(7), (bytes, place, bit) => {
        const damaged = Uint8Array.from(bytes)
        damaged[place % bytes.length]! ^= 1 << bit
        expect(checksum(damaged)).not.toBe(checksum(bytes))
      }),
    )
  })

  test('changes when zeros are added or blocks change places', () => {
    expect(new Set([0, 1, 16, 17, 32].map((length) => checksum(new Uint8Array(length)))).size).toBe(5)
    const bytes = pattern(64)
    const swapped = Uint8Array.from([...bytes.subarray(16, 32), ...bytes.subarray(0, 16), ...bytes.subarray(32)])
    expect(checksum(swapped)).not.toBe(checksum(bytes))
  })
})
