/** What the suite compares: each turns a block of rows to bytes and back. */

import { deserialize, serialize } from 'node:v8'
import { Packr } from 'msgpackr'
// The codec is no public name of the core.
import { decodeBlock, encodeBlock } from '../../../core/dist/codec/block.js'

export interface Serializer {
  readonly name: string
  readonly encode: (rows: unknown[]) => Uint8Array
  readonly decode: (bytes: Uint8Array) => unknown[]
}

const packr = new Packr({ useRecords: true })

export const serializers: readonly Serializer[] = [
  {
    name: 'JSON',
    encode: (rows) => Buffer.from(JSON.stringify(rows)),
    decode: (bytes) => JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()) as unknown[],
  },
  { name: 'v8', encode: serialize, decode: (bytes) => deserialize(bytes) as unknown[] },
  { name: 'msgpackr', encode: (rows) => packr.pack(rows), decode: (bytes) => packr.unpack(bytes) as unknown[] },
  { name: 'gridify', encode: encodeBlock, decode: decodeBlock },
]
