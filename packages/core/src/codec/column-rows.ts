/** Reads the columns of a block and puts rows together from them. */
import { compileFunction } from 'node:vm'
import { BoundedCache } from '../base/bounded-cache.ts'
import { InternalError } from '../base/errors.ts'
import type { DecodedBlock } from './block.ts'
import { COLUMN_BYTES, HEADER_BYTES, KIND } from './block-layout.ts'
import { DictionaryColumn } from './columns/dictionary-column.ts'

/** Reads the columns of a block in their order; the block begins at a multiple of 8. */
export class ColumnReader {
  readonly #block: Buffer
  readonly #rows: number
  readonly #decode: (block: Uint8Array) => readonly unknown[]
  #next = HEADER_BYTES

  /** `decode` reads the block that a dictionary holds. */
  constructor(block: Buffer, rows: number, decode: (block: Uint8Array) => readonly unknown[]) {
    this.#block = block
    this.#rows = rows
    this.#decode = decode
  }

  /** The block's rows; pairs as two columns, since they are often taken apart at once. */
  readBlock(): DecodedBlock {
    const entry = this.#next
    if (this.#block[entry] !== KIND.tuple || this.#block.readUInt16LE(entry + 2) !== 2) return { rows: this.read() }
    this.#next += COLUMN_BYTES
    const keys = this.read()
    return { keys, values: this.read() }
  }

  /** The values of the next column, as a typed array over the block or as a list. */
  read(): ArrayLike<unknown> {
    const entry = this.#next
    this.#next += COLUMN_BYTES
    const kind = this.#block[entry]
    if (kind === KIND.dictionary) return this.#readDictionary(entry)
    if (kind !== KIND.tuple && kind !== KIND.object) return readPrimitives(this.#block, entry, this.#rows)
    const places = Array.from({ length: this.#block.readUInt16LE(entry + 2) }, () => this.read())
    if (kind === KIND.tuple) return tupleRows(places, this.#rows)
    const start = this.#block.readUInt32LE(entry + 4)
    const names = this.#block.toString('utf8', start, start + this.#block.readUInt32LE(entry + 8))
    return objectRows(JSON.parse(names) as string[], places, this.#rows)
  }

  #readDictionary(entry: number): unknown[] {
    const start = this.#block.readUInt32LE(entry + 4)
    const codes = this.#block.subarray(start, start + this.#rows)
    const table = this.#decode(this.#block.subarray(this.#block.readUInt32LE(entry + 12)))
    return new DictionaryColumn(codes, table).toList()
  }
}

function readPrimitives(block: Buffer, entry: number, rows: number): ArrayLike<unknown> {
  const kind = block[entry]
  const repeated = block[entry + 1] === 1
  const start = block.readUInt32LE(entry + 4)
  const end = start + block.readUInt32LE(entry + 8)
  if (end > block.length) throw new InternalError('a block ends before its columns do')
  const { buffer, byteOffset } = block
  switch (kind) {
    case KIND.undefined:
      return Array.from({ length: rows }, () => undefined)
    case KIND.null:
      return Array.from({ length: rows }, () => null)
    case KIND.boolean:
      return Array.from(block.subarray(start, end), (byte) => byte === 1)
    case KIND.int32:
      return repeated
        ? new Int32Array(rows).fill(block.readInt32LE(start))
        : new Int32Array(buffer, byteOffset + start, rows)
    case KIND.float64:
      return new Float64Array(buffer, byteOffset + start, rows)
    case KIND.ascii:
    case KIND.utf8: {
      const offsets = new Uint32Array(buffer, byteOffset + block.readUInt32LE(entry + 12), rows + 1)
      return readTexts(block, start, end, offsets, kind === KIND.ascii)
    }
    default:
      throw new InternalError(`a block holds a column of the unknown kind ${kind}`)
  }
}

/** V8 copies a substring below 13 characters; a longer one would keep the text of the whole block alive. */
const COPIED_LENGTH = 12

function readTexts(block: Buffer, start: number, end: number, offsets: Uint32Array, ascii: boolean): string[] {
  const rows = offsets.length - 1
  const texts: string[] = []
  if (!ascii) {
    for (let i = 0; i < rows; i++) texts.push(block.toString('utf8', start + offsets[i]!, start + offsets[i + 1]!))
    return texts
  }
  const all = block.toString('latin1', start, end)
  for (let i = 0; i < rows; i++) {
    const from = offsets[i]!
    const to = offsets[i + 1]!
    texts.push(
      to - from <= COPIED_LENGTH ? all.substring(from, to) : block.toString('latin1', start + from, start + to),
    )
  }
  return texts
}

/** Rows of two are the common case, and literals are built faster than arrays that grow. */
export function tupleRows(columns: readonly ArrayLike<unknown>[], rows: number): unknown[][] {
  const [a, b, c] = columns
  const result: unknown[][] = []
  if (columns.length === 2) {
    if (a instanceof Int32Array && b instanceof Int32Array) return intPairs(a, b)
    if (isNumeric(a!) && isNumeric(b!)) return numberPairs(a, b)
    for (let i = 0; i < rows; i++) result.push([a![i], b![i]])
  } else if (columns.length === 3) {
    for (let i = 0; i < rows; i++) result.push([a![i], b![i], c![i]])
  } else return wideRows(`[] ${columns.map(kindOf).join(' ')}`, columns, rows, (cells) => `[${cells.join(', ')}]`)
  return result
}

/** Plain objects with these names, of which none is `__proto__`. */
export function objectRows(names: readonly string[], columns: readonly ArrayLike<unknown>[], rows: number): unknown[] {
  const key = `{} ${columns.map(kindOf).join(' ')} ${JSON.stringify(names)}`
  // JSON is JavaScript, and names that stand in the text are three times as fast as names in brackets.
  return wideRows(
    key,
    columns,
    rows,
    (cells) => `{ ${cells.map((cell, c) => `${JSON.stringify(names[c])}: ${cell}`).join(', ')} }`,
  )
}

type MakeRows = (columns: readonly ArrayLike<unknown>[], rows: number) => never[]

/** By the kinds of columns and the names, so that each loop meets one shape. */
const makers = new BoundedCache<MakeRows>(500)
let compiled = 0

/** Rows by a literal in a loop made for their width, which takes a tenth of filling them cell by cell. */
function wideRows<T>(
  key: string,
  columns: readonly ArrayLike<unknown>[],
  rows: number,
  literal: (cells: readonly string[]) => string,
): T[] {
  const make = makers.getOrMake(key, () => {
    // The number keeps V8 from taking two loops of equal text for one.
    const code = `'use strict' // rows ${++compiled}
return function makeRows(columns, rows) {
  const [${columns.map((_, c) => `column${c}`).join(', ')}] = columns
  const result = []
  for (let i = 0; i < rows; i++) result.push(${literal(columns.map((_, c) => `column${c}[i]`))})
  return result
}`
    return compileFunction(code, [], { filename: 'gridify-rows' })() as MakeRows
  })
  return make(columns, rows)
}

function kindOf(column: ArrayLike<unknown>): string {
  return column instanceof Int32Array ? 'i' : column instanceof Float64Array ? 'f' : 'l'
}

function isNumeric(column: ArrayLike<unknown>): column is Int32Array | Float64Array {
  return column instanceof Int32Array || column instanceof Float64Array
}

// One literal per kind of element: V8 fixes the kind of array that a literal makes by what it has held before.
function intPairs(a: Int32Array, b: Int32Array): number[][] {
  const result: number[][] = []
  for (let i = 0; i < a.length; i++) result.push([a[i]!, b[i]!])
  return result
}

function numberPairs(a: Int32Array | Float64Array, b: Int32Array | Float64Array): number[][] {
  const result: number[][] = []
  for (let i = 0; i < a.length; i++) result.push([a[i]!, b[i]!])
  return result
}
