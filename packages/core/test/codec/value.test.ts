import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { UsageError } from '../../src/base/errors.ts'
import { decodeValue, encodeValue } from '../../src/codec/value.ts'
import { graphs, values } from './arbitrary-values.ts'
import { difference, expectExactly } from './exactly.ts'
import { listedValues } from './listed-values.ts'
import { inLargerBuffer, inSharedMemory } from './round-trip.ts'

describe('a value', () => {
  test.each(listedValues)('comes back exactly: %s', (_, value) => {
    expectExactly(decodeValue(encodeValue(value)), value)
  })

  test.each(listedValues)('comes back exactly from shared memory: %s', (_, value) => {
    expectExactly(decodeValue(inSharedMemory(encodeValue(value))), value)
  })

  test('comes back exactly, whatever it is', () => {
    fc.assert(
      fc.property(values, (value) => {
        const bytes = encodeValue(value)
        for (const view of [bytes, inSharedMemory(bytes), inLargerBuffer(bytes)])
          expectExactly(decodeValue(view), value)
      }),
      { numRuns: 1500 },
    )
  })

  test('keeps every pattern of cycles and shared references', () => {
    fc.assert(
      fc.property(graphs, (value) => expectExactly(decodeValue(encodeValue(value)), value)),
      { numRuns: 500 },
    )
  })

  test('is not changed by encoding', () => {
    const sticky = Object.assign(/a(b)?/dgimsuy, { lastIndex: 3 })
    const shared = { n: 1 }
    const value = [sticky, shared, new Float32Array([1])]
    encodeValue(value)
    expect(difference([sticky, { n: 1 }, new Float32Array([1])].slice(1), value.slice(1))).toBeUndefined()
    expect(sticky.lastIndex).toBe(3)
  })

  test('shares no memory with the bytes it came from', () => {
    const bytes = encodeValue([new Uint8Array([1, 2, 3]), Buffer.from([4])])
    const decoded = decodeValue(bytes)
    bytes.fill(0)
    expectExactly(decoded, [new Uint8Array([1, 2, 3]), Buffer.from([4])])
  })

  test('takes only the window of a view, on a plain buffer of its own', () => {
    const window = new Float32Array(new SharedArrayBuffer(4000), 400, 2)
    const decoded = decodeValue(encodeValue(window)) as Float32Array
    expect([
      decoded.length,
      decoded.byteOffset,
      decoded.buffer.byteLength,
      decoded.buffer instanceof ArrayBuffer,
    ]).toEqual([2, 0, 8, true])
  })

  test('has views that see one buffer, as before', () => {
    const buffer = new ArrayBuffer(32)
    const value = {
      bytes: new Uint8Array(buffer, 8, 4),
      view: new DataView(buffer, 8, 16),
      word: new Int32Array(buffer, 12, 1),
    }
    value.word[0] = 7
    const decoded = decodeValue(encodeValue(value)) as typeof value
    expect([decoded.bytes.buffer === decoded.view.buffer, decoded.view.buffer === decoded.word.buffer]).toEqual([
      true,
      true,
    ])
    expect(decoded.view.getInt32(4, true)).toBe(7)
    decoded.view.setUint8(0, 9)
    expect([[...decoded.bytes], decoded.view.byteLength, decoded.word.length]).toEqual([[9, 0, 0, 0], 16, 1])
    const whole = [new Float64Array(buffer), buffer, new Uint8Array(buffer, 3, 2)] as const
    const [doubles, all, part] = decodeValue(encodeValue(whole)) as typeof whole
    expect([doubles.buffer === all, part.buffer === all, all.byteLength, part.byteOffset]).toEqual([true, true, 32, 3])
  })

  test('does not carry along what lies between views far apart, nor the pool of small Buffers', () => {
    const large = new Uint8Array(10_000_000)
    const apart = [large.subarray(0, 10), large.subarray(9_000_000, 9_000_010)]
    expect(encodeValue(apart).length).toBeLessThan(200)
    expectExactly(decodeValue(encodeValue(apart)), apart)
    expect(encodeValue([-0, Buffer.from('one'), Buffer.from('two')]).length).toBeLessThan(100)
  })

  test('from another realm comes back in this one', () => {
    const foreign: unknown = runInNewContext(
      '({ a: [1, new Map([[1, new Date(0)]])], f: new Float32Array([1]), e: /x/g })',
    )
    expectExactly(decodeValue(encodeValue(foreign)), {
      a: [1, new Map([[1, new Date(0)]])],
      f: new Float32Array([1]),
      e: /x/g,
    })
  })

  test('has the same bytes each time', () => {
    const value = { b: [1, 'x', new Float64Array([1])], a: new Map([[1n, -0]]) }
    expect(encodeValue(value)).toEqual(encodeValue(structuredClone(value)))
  })
})

class Point {
  x = 1
}
class Numbers extends Array<number> {}
class Failure extends Error {}

/** The codec by itself: no context is there to take in a class that it meets. */
const unknownClass = (what: string, name: string): string =>
  `${what} is of a class that the driver does not know, since it was made inside a task; define the class outside of ` +
  `the function, or register it: registerClass(${name}, { encode, decode })`

describe('what is not data is refused with its place and a cure', () => {
  test.each<[unknown, string]>([
    [
      function area() {},
      "the function 'area' is not data and cannot be sent or stored; call it and keep its result, or keep it in the function that uses it",
    ],
    [{ a: [1, new Point()] }, unknownClass('an instance of Point (at value.a[1])', 'Point')],
    [[Symbol('s')], 'a symbol (at value[0]) is not data and cannot be sent or stored; use a string instead'],
    [
      new Map([['k', Promise.resolve(1)]]),
      'a Promise (at value.get(k)) is not data and cannot be sent or stored; await it first, for example in mapAsync',
    ],
    [
      new Set([new WeakMap()]),
      'an instance of WeakMap (at value.values()) is not data and cannot be sent or stored; convert it to a plain object',
    ],
    [
      [new SharedArrayBuffer(1)],
      'an instance of SharedArrayBuffer (at value[0]) is not data and cannot be sent or stored; copy it into a plain ArrayBuffer',
    ],
    [new Numbers(), unknownClass('an instance of Numbers', 'Numbers')],
    [[-0, new Failure('x')], unknownClass('an instance of Failure (at value[1])', 'Failure')],
    [
      new Error('x', { cause: () => 1 }),
      "the function 'cause' (at value.cause) is not data and cannot be sent or stored; call it and keep its result, or keep it in the function that uses it",
    ],
    [
      Object.create({ inherited: 1 }),
      'an instance of Object is not data and cannot be sent or stored; convert it to a plain object',
    ],
  ])('case %#', (value, message) => {
    expect(() => encodeValue(value)).toThrow(new UsageError(message))
  })

  test('a value that nests too deeply', () => {
    let list: unknown = null
    for (let i = 0; i < 200_000; i++) list = [list]
    expect(() => encodeValue(list)).toThrow(/nests too deeply/)
  })

  test('bytes that no encoder made', () => {
    expect(() => decodeValue(new Uint8Array([9, 9]))).toThrow(/unknown format 9/)
    expect(() => decodeValue(encodeValue([1n, 'abc']).subarray(0, 6))).toThrow(/ends too early/)
  })
})
