/** One value to bytes and back: a format byte, then msgpackr where that is exact, else the graph format. */
import { InternalError, UsageError } from '../base/errors.ts'
import { ByteWriter } from './byte-writer.ts'
import { estimateBytes } from './estimate.ts'
import { GraphReader } from './graph-reader.ts'
import { GraphWriter } from './graph-writer.ts'
import { pack, unpack } from './packer.ts'
import { isPlain } from './plain.ts'
import { checkValue } from './value-limits.ts'

const FORMAT_PACKED = 1
const FORMAT_GRAPH = 2

/** Everything that is data comes back equal under Object.is on every part; functions and class instances are refused. */
export function encodeValue(value: unknown): Uint8Array {
  if (isPlain(value)) {
    const body = pack(value)
    const bytes = new Uint8Array(1 + body.length)
    bytes[0] = FORMAT_PACKED
    bytes.set(body, 1)
    return bytes
  }
  return withinStack(() => {
    const bytes = estimateBytes(value)
    checkValue(value, bytes)
    const out = new ByteWriter(bytes + 1024)
    out.byte(FORMAT_GRAPH)
    new GraphWriter(out).write(value)
    return out.finish()
  })
}

export function decodeValue(bytes: Uint8Array): unknown {
  switch (bytes[0]) {
    case FORMAT_PACKED:
      return unpack(bytes.subarray(1))
    case FORMAT_GRAPH:
      return withinStack(() => new GraphReader(bytes, 1).read())
    default:
      throw new InternalError(`an encoded value begins with the unknown format ${bytes[0]}`)
  }
}

/** Turns the overflow of the stack by a deeply nested value into an error that says so. */
export function withinStack<T>(run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (error instanceof RangeError && /call stack/.test(error.message)) {
      throw new UsageError(
        'a value nests too deeply to be encoded; flatten it, for example a linked list to an array',
        {
          cause: error,
        },
      )
    }
    throw error
  }
}
