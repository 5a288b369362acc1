import { expect, test } from 'vitest'
import { encodeFrames, FrameReader, maxFrameBytes } from '../../src/transport/frames.ts'

function roundTrip(message: unknown, chunkBytes = Infinity): unknown {
  const received: unknown[] = []
  const reader = new FrameReader((each) => received.push(each))
  for (const frame of encodeFrames(message))
    for (let start = 0; start < frame.byteLength; start += chunkBytes)
      reader.read(frame.subarray(start, start + chunkBytes))
  expect(received).toHaveLength(1)
  return received[0]
}

function bytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 7) % 251)
}

test('plain data comes back as it was', () => {
  const message = {
    type: 'x',
    none: undefined,
    nothing: null,
    big: 2n ** 70n,
    small: -3n,
    number: 2 ** 53 - 1,
    list: [1, 'é', [NaN, Infinity]],
    at: new Date(5),
  }
  expect(roundTrip(message)).toStrictEqual(message)
  expect(roundTrip(undefined)).toBe(undefined)
  expect(roundTrip('text')).toBe('text')
})

test('byte arrays come back as Uint8Arrays with a buffer of their own', () => {
  const message = { head: bytes(3), parts: [{ block: bytes(20_000) }, { block: new Uint8Array(0) }], tail: bytes(20) }
  for (const chunkBytes of [1, 7, 65_536, Infinity]) {
    const received = roundTrip(message, chunkBytes) as typeof message
    expect(received).toStrictEqual(message)
    expect(received.parts[0]!.block.byteOffset).toBe(0)
  }
  expect(roundTrip(Buffer.from('abc'))).toStrictEqual(new Uint8Array([97, 98, 99]))
})

test('the sender keeps its message', () => {
  const message = { block: bytes(10), list: [bytes(2)] }
  encodeFrames(message)
  expect(message).toStrictEqual({ block: bytes(10), list: [bytes(2)] })
})

test('no frame is above the limit, and large byte arrays are sent from where they lie', () => {
  const block = bytes(5 * maxFrameBytes + 17)
  const frames = encodeFrames({ block })
  expect(Math.max(...frames.map((frame) => frame.byteLength))).toBe(maxFrameBytes)
  expect(frames.filter((frame) => frame.buffer === block.buffer)).toHaveLength(6)
  const received = roundTrip({ block }) as { block: Uint8Array }
  expect(Buffer.compare(received.block, block)).toBe(0)
})

test('a shared buffer can be sent', () => {
  const shared = new Uint8Array(new SharedArrayBuffer(30_000)).fill(9)
  expect(roundTrip([shared])).toStrictEqual([new Uint8Array(30_000).fill(9)])
})

test('a message above the limit is refused by both sides', () => {
  expect(() => encodeFrames({ block: bytes(2000) }, 1000)).toThrow('the limit is 1000 bytes')
  const reader = new FrameReader(() => {}, 1000)
  const [frame] = encodeFrames({ block: bytes(2000) })
  expect(() => reader.read(frame!)).toThrow('where 1000 are allowed')
})

test('bytes that are no message are refused', () => {
  const reader = () => new FrameReader(() => {})
  expect(() => reader().read(Buffer.alloc(12))).toThrow('no gridify message: a bad length')
  expect(() => reader().read(Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'))).toThrow(
    'no gridify message: 1195725856 bytes',
  )
  const frame = Buffer.from(encodeFrames({ a: 1 })[0]!)
  frame.fill(0xc1, 12)
  expect(() => reader().read(frame)).toThrow('no gridify message: a bad header')
})

test('what cannot travel is named', () => {
  expect(() => encodeFrames({ a: { b: new Float64Array(1) } })).toThrow('a message holds a Float64Array at a.b')
})
