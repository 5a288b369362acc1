import { afterEach, expect, test } from 'vitest'
import { BlockBuilder } from '../../src/codec/block-builder.ts'
import { encodeBlock } from '../../src/codec/block.ts'
import { limitValues } from '../../src/codec/value-limits.ts'
import { encodeValue } from '../../src/codec/value.ts'

afterEach(() => limitValues({ bytes: Infinity, textLength: Infinity }))

const encode = (value: unknown) => {
  const blocks = new BlockBuilder()
  blocks.push(value)
  blocks.flush()
}

test('what takes more than the limit is refused, as a whole or in its parts', () => {
  limitValues({ bytes: 10_000, textLength: 5000 })
  const rule = 'is more than one slot can hold'
  expect(() => encode(new Uint8Array(20_000))).toThrow(rule)
  expect(() => encode({ of: [new Float64Array(2000)] })).toThrow(rule)
  expect(() => encode('x'.repeat(6000))).toThrow('a text of 6000 characters is more than one slot can hold (5000 cha')
  expect(() => encodeValue(['x'.repeat(6000)])).toThrow(rule)
})

test('a set of more members than a call takes arguments is measured like any other', () => {
  limitValues({ bytes: 200_000, textLength: 5000 })
  expect(() => encode(new Set(Array.from({ length: 300_000 }, (_, i) => i)))).toThrow('is more than one slot can hold')
})

test('what only looks large is not', () => {
  limitValues({ bytes: 10_000, textLength: 5000 })
  const sparse: number[] = []
  sparse[4_000_000_000] = 1
  encode(sparse)
  // The first part is one of sixteen that estimates look at.
  encode(['x'.repeat(4000), ...Array.from({ length: 100 }, () => '')])
  const own: unknown[] = Array.from({ length: 20 }, (_, i) => i)
  own.push(own)
  encode(own)
})

test('many values that are small enough make a block that is not', () => {
  limitValues({ bytes: 10_000, textLength: 5000 })
  const rows = Array.from({ length: 10 }, () => new Map([[1, 'x'.repeat(3000)]]))
  expect(encodeBlock(rows).length).toBeGreaterThan(30_000)
})
