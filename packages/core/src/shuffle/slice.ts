/** Reads the slices of one map output for one reducer, in place. */

import { decodeBlock } from '../codec/block.ts'
import { valuesOf, type Column } from '../codec/columns/column.ts'
import { TextColumn } from '../codec/columns/text-column.ts'
import { columnKind, sliceHeaderBytes } from './run-layout.ts'

/** Keys and values by index; valid until the next one is asked for. */
export interface PairColumns {
  readonly rows: number
  readonly keys: ArrayLike<unknown>
  readonly values: ArrayLike<unknown>
}

export interface Slice {
  readonly rows: number
  /** The rows of bucket b are `starts[b]` up to `starts[b + 1]`. */
  readonly starts: Int32Array
  readonly keys: Column
  readonly values: Column
}

/** All rows of a slice, in order. */
export function slicePairs({ rows, keys, values }: Slice): PairColumns {
  return { rows, keys: valuesOf(keys), values: valuesOf(values) }
}

const noHashes = new Int32Array(0)

export function readSlices(part: Uint8Array): Slice[] {
  // Columns are read through views, which need their alignment.
  const bytes = part.byteOffset % 8 === 0 ? part : Uint8Array.from(part)
  const slices: Slice[] = []
  for (let at = 0; at < bytes.length;) {
    const header = new Int32Array(bytes.buffer, bytes.byteOffset + at, sliceHeaderBytes >>> 2)
    slices.push(readSlice(bytes.subarray(at, at + header[0]!), header))
    at += header[0]!
  }
  return slices
}

function readSlice(bytes: Uint8Array, header: Int32Array): Slice {
  const rows = header[1]!
  const keyKind = header[2]! & 0xff
  const valueKind = (header[2]! >>> 8) & 0xff
  const starts = new Int32Array(bytes.buffer, bytes.byteOffset + sliceHeaderBytes, header[3]! + 1)
  if (keyKind === columnKind.none) return pairSlice(bytes.subarray(header[5]!), rows, starts)
  const keys = readColumn(bytes, keyKind, header[4]!, header[5]!, rows, true)
  // A block is decoded when its first value is read, so a reducer of one bucket holds one at a time.
  let values: Column | undefined
  return {
    rows,
    starts,
    keys,
    get values() {
      return (values ??= readColumn(bytes, valueKind, header[5]!, header[0]!, rows, false))
    },
  }
}

function pairSlice(block: Uint8Array, rows: number, starts: Int32Array): Slice {
  let pairs: readonly [unknown, unknown][] | undefined
  let keys: readonly unknown[] | undefined
  let values: readonly unknown[] | undefined
  const decode = () => (pairs ??= decodeBlock(block) as [unknown, unknown][])
  return {
    rows,
    starts,
    get keys() {
      return (keys ??= decode().map((pair) => pair[0]))
    },
    get values() {
      return (values ??= decode().map((pair) => pair[1]))
    },
  }
}

function readColumn(bytes: Uint8Array, kind: number, at: number, end: number, rows: number, hashed: boolean): Column {
  const { buffer, byteOffset } = bytes
  switch (kind) {
    case columnKind.int32:
      return new Int32Array(buffer, byteOffset + at, rows)
    case columnKind.float64:
      return new Float64Array(buffer, byteOffset + at, rows)
    case columnKind.ascii:
    case columnKind.utf8: {
      const hashes = hashed ? new Int32Array(buffer, byteOffset + at, rows) : noHashes
      const offsetsAt = at + 4 * hashes.length
      const offsets = new Int32Array(buffer, byteOffset + offsetsAt, rows + 1)
      const textsAt = offsetsAt + 4 * (rows + 1)
      return new TextColumn(bytes.subarray(textsAt, end), offsets, hashes, kind === columnKind.ascii)
    }
    default:
      return decodeBlock(bytes.subarray(at, end))
  }
}
