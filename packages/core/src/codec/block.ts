/** A batch of rows to bytes and back: typed columns where looking shows that they fit, else the value formats. */
import { InternalError } from '../base/errors.ts'
import { alignUp, COLUMN_BYTES, HEADER_BYTES, MAGIC, SHAPE } from './block-layout.ts'
import { ByteWriter } from './byte-writer.ts'
import { type Column, gatherColumn } from './column-gather.ts'
import { ColumnReader, tupleRows } from './column-rows.ts'
import { estimateBytes } from './estimate.ts'
import { GraphReader } from './graph-reader.ts'
import { GraphWriter } from './graph-writer.ts'
import { pack, unpack } from './packer.ts'
import { isPlain } from './plain.ts'
import { bufferOver } from './text.ts'
import { checkRows } from './value-limits.ts'
import { withinStack } from './value.ts'

/** Rows come back as by decodeValue(encodeValue(row)); a row is a value, so two rows never share a part. */
export function encodeBlock(rows: readonly unknown[]): Uint8Array {
  const column = rows.length > 0 ? gatherColumn(rows) : undefined
  if (column !== undefined) return encodeColumns(rows.length, column)
  return rows.every((row, index) => isPlain(row, index === 0)) ? encodePacked(rows) : encodeGraph(rows)
}

export function decodeBlock(bytes: Uint8Array): unknown[] {
  const decoded = decodeColumns(bytes)
  if ('keys' in decoded) return tupleRows([decoded.keys, decoded.values], decoded.keys.length)
  return Array.isArray(decoded.rows) ? decoded.rows : Array.from(decoded.rows)
}

/** Rows as far as they must be put together: numbers stay views of the block, and pairs two columns. */
export type DecodedBlock =
  | { readonly rows: ArrayLike<unknown> }
  | { readonly keys: ArrayLike<unknown>; readonly values: ArrayLike<unknown> }

export function decodeColumns(bytes: Uint8Array): DecodedBlock {
  // Columns are read through views, which need their alignment.
  const block = bufferOver(bytes.byteOffset % 8 === 0 ? bytes : Uint8Array.from(bytes))
  if (block.length < HEADER_BYTES || block.readUInt32LE(0) !== MAGIC)
    throw new InternalError('these bytes are no block')
  const rows = block.readUInt32LE(4)
  const shape = block[8]
  const byteLength = block.readUInt32LE(12)
  if (byteLength > block.length) throw new InternalError(`a block of ${byteLength} bytes was cut to ${block.length}`)
  switch (shape) {
    case SHAPE.columns:
      return new ColumnReader(block, rows, decodeBlock).readBlock()
    case SHAPE.packed:
      return { rows: unpack(block.subarray(HEADER_BYTES, byteLength)) as unknown[] }
    case SHAPE.graph: {
      const reader = new GraphReader(block, HEADER_BYTES)
      return { rows: withinStack(() => Array.from({ length: rows }, () => reader.read())) }
    }
    default:
      throw new InternalError(`a block has the unknown shape ${shape}`)
  }
}

function encodeColumns(rows: number, root: Column): Uint8Array {
  const columns = flatten(root).map((column) => ({ ...column, auxiliary: auxiliaryOf(column) }))
  let byteLength = HEADER_BYTES + columns.length * COLUMN_BYTES
  for (const { data, auxiliary } of columns)
    byteLength = alignUp(alignUp(byteLength + data.length) + (auxiliary?.byteLength ?? 0))
  const block = Buffer.allocUnsafeSlow(byteLength)
  writeHeader(block, rows, SHAPE.columns, columns.length, byteLength)
  let position = HEADER_BYTES + columns.length * COLUMN_BYTES
  columns.forEach(({ kind, repeated, data, auxiliary, places }, index) => {
    const entry = HEADER_BYTES + index * COLUMN_BYTES
    block.writeUInt16LE(kind | (repeated ? 0x100 : 0), entry)
    block.writeUInt16LE(places?.length ?? 0, entry + 2)
    block.writeUInt32LE(position, entry + 4)
    block.writeUInt32LE(data.length, entry + 8)
    block.set(data, position)
    position = padded(block, position + data.length)
    block.writeUInt32LE(auxiliary === undefined ? 0 : position, entry + 12)
    if (auxiliary === undefined) return
    block.set(auxiliary, position)
    position = padded(block, position + auxiliary.byteLength)
  })
  return new Uint8Array(block.buffer, 0, byteLength)
}

/** Offsets of texts, or the table of a dictionary. */
function auxiliaryOf({ offsets, table }: Column): Uint8Array | undefined {
  if (table) return encodeBlock(table)
  return offsets && new Uint8Array(offsets.buffer)
}

function flatten(column: Column): Column[] {
  return [column, ...(column.places ?? []).flatMap(flatten)]
}

/** Equal rows make equal bytes, so the gaps are zeros. */
function padded(block: Buffer, position: number): number {
  const end = alignUp(position)
  block.fill(0, position, end)
  return end
}

function encodePacked(rows: readonly unknown[]): Uint8Array {
  const body = pack(rows)
  checkRows(rows, body.length)
  const block = Buffer.allocUnsafeSlow(HEADER_BYTES + body.length)
  writeHeader(block, rows.length, SHAPE.packed, 0, block.length)
  block.set(body, HEADER_BYTES)
  return new Uint8Array(block.buffer, 0, block.length)
}

function encodeGraph(rows: readonly unknown[]): Uint8Array {
  return withinStack(() => {
    const bytes = estimateBytes(rows)
    checkRows(rows, bytes)
    const out = new ByteWriter(bytes + 1024)
    out.reserve(HEADER_BYTES)
    out.position = HEADER_BYTES
    const writer = new GraphWriter(out)
    for (const row of rows) writer.write(row)
    writeHeader(out.reserve(0), rows.length, SHAPE.graph, 0, out.position)
    return out.finish()
  })
}

function writeHeader(block: Buffer, rows: number, shape: number, columns: number, byteLength: number): void {
  block.writeUInt32LE(MAGIC, 0)
  block.writeUInt32LE(rows, 4)
  block.writeUInt16LE(shape, 8)
  block.writeUInt16LE(columns, 10)
  block.writeUInt32LE(byteLength, 12)
}
