import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SHAPE } from '../../src/codec/block-layout.ts'
import { decodeBlock, encodeBlock } from '../../src/codec/block.ts'
import { texts, tupleRows, values } from './arbitrary-values.ts'
import { expectExactly } from './exactly.ts'
import { inLargerBuffer, inSharedMemory } from './round-trip.ts'

const shapeOf = (rows: readonly unknown[]): number => encodeBlock(rows)[8]!

function expectRoundTrip(rows: readonly unknown[]): void {
  const bytes = encodeBlock(rows)
  for (const view of [bytes, inSharedMemory(bytes), inSharedMemory(bytes, 8), inLargerBuffer(bytes)]) {
    const decoded = decodeBlock(view)
    expect(decoded.length).toBe(rows.length)
    // Row by row, since rows never share a part.
    rows.forEach((row, index) => expectExactly(decoded[index], row))
  }
}

describe('a block gives its rows back exactly', () => {
  test.each<[string, unknown[]]>([
    ['none', []],
    ['integers', [1, -5, 2 ** 31 - 1]],
    ['equal integers', [7, 7, 7]],
    ['integers and -0', [0, -0, 1]],
    ['doubles', [0.5, NaN, -Infinity]],
    ['a late double', [1, 2, 2 ** 31]],
    ['booleans', [true, false, true]],
    ['ascii text', ['', 'a', 'a text with more than twelve characters', 'b'.repeat(100)]],
    ['other text', ['é', '', 'a', '😀'.repeat(50)]],
    ['halves of a pair in neighbours', ['a\ud83d', '\ude00b']],
    ['nulls', [null, null]],
    ['undefined', [undefined, undefined]],
    ['holes', [1, 2].map((first) => Object.assign([first], { length: 2 }))],
    ['arrays with named properties', ['a', 'b'].map((text) => text.match(/./))],
    [
      'pairs',
      [
        ['a', 1],
        ['b', 2],
      ],
    ],
    [
      'pairs of a word and null',
      [
        ['a', null],
        ['b', null],
      ],
    ],
    [
      'pairs of unequal length',
      [
        ['a', 1],
        ['b', 2, 3],
      ],
    ],
    [
      'triples',
      [
        [1, 'a', 0.5],
        [2, 'b', -0],
      ],
    ],
    [
      'rows of five',
      [
        [1, 2, 3, 4, true],
        [5, 6, 7, 8, false],
      ],
    ],
    ['empty arrays', [[], []]],
    [
      'joined pairs',
      [
        ['a', [1, [true, 2.5]]],
        ['b', [2, [false, -0]]],
      ],
    ],
    [
      'arrays that come twice in a row',
      ((pair) => [
        [1, [2, 3], [4, 5]],
        [1, pair, pair],
      ])([6, 7]),
    ],
    [
      'arrays that hold themselves',
      ((row: unknown[]) => {
        row.push(row)
        return [row]
      })([1]),
    ],
    ['objects', [{ id: 1, name: 'a' }, { id: 2, name: 'b' }, { other: [] }]],
    [
      'pairs with typed arrays',
      [
        [1, new Float32Array([1, 2])],
        [2, new Float32Array(3)],
      ],
    ],
    ['mixed rows', [1, 'a', null, { a: -0 }, 5n, new Map([[1, 2]])]],
    [
      'objects of many shapes',
      Array.from({ length: 300 }, (_, i) => ({ [`k${i}`]: i, [`l${i % 7}`]: { [`m${i}`]: 'x' } })),
    ],
    ['null-prototype arrays of pairs', [Object.assign(Object.create(null) as object, { a: 1 })]],
  ])('of %s', (_, rows) => {
    expectRoundTrip(rows)
  })

  test('of any values', () => {
    fc.assert(fc.property(fc.array(values, { maxLength: 8 }), expectRoundTrip), { numRuns: 400 })
  })

  test('of any tuples', () => {
    fc.assert(fc.property(tupleRows, expectRoundTrip), { numRuns: 600 })
  })

  test('of objects that look like columns', () => {
    const names = fc.constantFrom('a', 'b', 'name', 'é', '1', '__proto__', 'constructor', '')
    const objects = fc.tuple(tupleRows, fc.uniqueArray(names, { minLength: 5, maxLength: 5 })).map(([rows, keys]) =>
      rows.map((row) => {
        const object: Record<string, unknown> = {}
        for (const [place, value] of (row as unknown[]).entries())
          Object.defineProperty(object, keys[place]!, { value, enumerable: true, writable: true, configurable: true })
        return object
      }),
    )
    fc.assert(fc.property(objects, expectRoundTrip), { numRuns: 600 })
  })

  test('of few different values', () => {
    const few = fc.constantFrom('a', 'é', '\ud800', '', true, false, null, undefined)
    const holed = fc.tuple(few, few).map(([a, b]) => {
      const row: unknown[] = []
      if (a !== undefined) row[0] = a
      row[1] = b
      return row
    })
    const rows = fc.oneof(
      fc.array(few, { maxLength: 60 }),
      fc.array(holed, { maxLength: 60 }),
      fc.array(
        fc.tuple(few, fc.integer()).map(([kind, id]) => ({ kind, id })),
        { maxLength: 60 },
      ),
    )
    fc.assert(fc.property(rows, expectRoundTrip), { numRuns: 600 })
  })

  test('of objects whose names come in different orders, and that share a part', () => {
    const shared = [1, 2]
    expectRoundTrip([
      { a: 1, b: 2 },
      { b: 1, a: 2 },
    ])
    expectRoundTrip([{ a: shared, b: shared }])
    expectRoundTrip([{ a: 1 }, Object.create(null) as object])
  })

  test('of any texts', () => {
    fc.assert(fc.property(fc.array(texts), expectRoundTrip), { numRuns: 400 })
  })

  test('of 4096 rows of each kind', () => {
    expectRoundTrip(Array.from({ length: 4096 }, (_, i) => [`user ${i} of the long list`, i / 3, i % 2 === 0]))
    expectRoundTrip(Array.from({ length: 4096 }, (_, i) => ({ id: i, at: new Date(i * 1e9), tags: ['x', `t${i}`] })))
  })
})

describe('the shape of a block follows what its rows hold', () => {
  test('primitives of one kind and equal-length arrays around them are columns', () => {
    const blocks = [
      [1, 2],
      ['a'],
      [true],
      [null],
      [[1, 'a']],
      [[1, 2, 3]],
      [['a', null]],
      [['k', [1, ['l', 2]]]],
      [{ a: 1, b: ['x', -0] }],
      ['on', null, true, undefined, 'on', null, true, undefined].flatMap((a) => [{ a }, { a }]),
    ]
    expect(blocks.map(shapeOf)).toEqual(Array(10).fill(SHAPE.columns))
  })

  test('a text that comes again and again is held once', () => {
    const rows = Array.from({ length: 1000 }, (_, i) => ({ id: i, country: ['Österreich', 'Schweiz'][i % 2] }))
    const header = 1000 * (4 + 1)
    expect(encodeBlock(rows).length - header).toBeLessThan(250)
  })

  test('other JSON-like rows are packed, the rest takes the exact graph form', () => {
    expect(
      [
        [1, 'a'],
        [{ a: 1 }, { b: 1 }],
        [[1], [1, 2]],
      ].map(shapeOf),
    ).toEqual(Array(3).fill(SHAPE.packed))
    expect([['\ud800'], [{ a: -0, b: 5n }], [5n], [[1, new Int8Array(1)]]].map(shapeOf)).toEqual(
      Array(4).fill(SHAPE.graph),
    )
  })

  test('a million equal pairs cost next to nothing, pairs of integers eight bytes', () => {
    expect(encodeBlock(Array.from({ length: 4096 }, () => [1, 1])).length).toBe(80)
    expect(encodeBlock(Array.from({ length: 4096 }, (_, i) => [i, i * 2])).length).toBe(64 + 4096 * 8)
  })

  test('the same rows make the same bytes', () => {
    const rows = (): unknown[] => [
      ['é', 1, true],
      ['b', 2, false],
    ]
    expect(encodeBlock(rows())).toEqual(encodeBlock(rows()))
  })
})

describe('damaged blocks', () => {
  test('are refused when cut or foreign', () => {
    const bytes = encodeBlock([
      [1, 'a'],
      [2, 'b'],
    ])
    expect(() => decodeBlock(bytes.subarray(0, bytes.length - 1))).toThrow(/was cut to/)
    expect(() => decodeBlock(new Uint8Array(64))).toThrow(/no block/)
  })

  test('may lie in front of other bytes', () => {
    const bytes = encodeBlock([{ a: 1 }, { a: 2 }])
    expect(decodeBlock(Buffer.concat([bytes, Buffer.alloc(100, 1)]))).toEqual([{ a: 1 }, { a: 2 }])
  })
})
