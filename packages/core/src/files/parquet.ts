/** Parquet files through hyparquet and hyparquet-writer, which users install if they need them. */

import { closeSync, readSync } from 'node:fs'
import { inspect } from 'node:util'
import * as zlib from 'node:zlib'
import type { ParquetWriter as Writer } from 'hyparquet-writer'
import type { AsyncBuffer, FileMetaData } from 'hyparquet'
import { UsageError } from '../base/errors.ts'
import type { Compression, ParquetType } from '../base/file-format.ts'
import type { FileSplit } from '../base/file-split.ts'
import { openListed } from './local-file.ts'
import { importOptional } from './optional-package.ts'

type Convert = (bytes: Uint8Array) => Uint8Array

/** In Node from 22.15 on; the types are those of an older one. */
const { zstdCompressSync, zstdDecompressSync } = zlib as { zstdCompressSync?: Convert; zstdDecompressSync?: Convert }

/** By the names of Parquet's codecs, beside those that hyparquet has built in. */
const decompressors = {
  GZIP: (bytes: Uint8Array) => zlib.gunzipSync(bytes),
  BROTLI: (bytes: Uint8Array) => zlib.brotliDecompressSync(bytes),
  ...(zstdDecompressSync ? { ZSTD: zstdDecompressSync } : {}),
}
const compressors = {
  GZIP: (bytes: Uint8Array) => zlib.gzipSync(bytes),
  ...(zstdCompressSync ? { ZSTD: zstdCompressSync } : {}),
}

const readsWith = () => importOptional<typeof import('hyparquet')>('hyparquet', 'parquet()')

export interface RowGroup {
  readonly start: number
  readonly end: number
}

/** The row groups of a file, whose columns are checked. */
export async function listRowGroups(
  split: FileSplit,
  columns: readonly string[] | undefined,
  site: string,
  bytes?: AsyncBuffer,
): Promise<RowGroup[]> {
  const metadata = await withBytes(split, site, bytes, (file) => metadataOf(file, split, site))
  const names = metadata.schema.length === 0 ? [] : topColumns(metadata)
  const missing = columns?.find((name) => !names.includes(name))
  if (missing !== undefined)
    throw new UsageError(
      `${site}: ${split.path} has no column ${JSON.stringify(missing)}; its columns are ${names.join(', ')}`,
    )
  let start = 0
  return metadata.row_groups.map(({ num_rows }) => ({ start, end: (start += Number(num_rows)) }))
}

function topColumns({ schema }: FileMetaData): string[] {
  const names: string[] = []
  const below = (at: number): number => {
    let next = at + 1
    for (let child = 0; child < (schema[at]!.num_children ?? 0); child++) {
      if (at === 0) names.push(schema[next]!.name)
      next = below(next)
    }
    return next
  }
  below(0)
  return names
}

async function metadataOf(file: AsyncBuffer, { path }: FileSplit, site: string): Promise<FileMetaData> {
  const { parquetMetadataAsync } = await readsWith()
  try {
    return await parquetMetadataAsync(file)
  } catch (error) {
    throw new UsageError(`${site}: ${path} is no Parquet file: ${(error as Error).message}`, { cause: error })
  }
}

/** The rows of one split, as objects. */
export async function readParquet(
  split: FileSplit,
  columns: readonly string[] | undefined,
  site: string,
  bytes?: AsyncBuffer,
): Promise<unknown[]> {
  const { parquetReadObjects } = await readsWith()
  const { start, end } = split.rows!
  return withBytes(split, site, bytes, async (file) => {
    const metadata = await metadataOf(file, split, site)
    try {
      return await parquetReadObjects({
        file,
        metadata,
        ...(columns ? { columns: [...columns] } : {}),
        rowStart: start,
        rowEnd: end,
        compressors: decompressors,
        utf8: false,
      })
    } catch (error) {
      throw new UsageError(`${site}: ${split.path} cannot be read: ${(error as Error).message}`, { cause: error })
    }
  })
}

async function withBytes<T>(
  split: FileSplit,
  site: string,
  bytes: AsyncBuffer | undefined,
  use: (file: AsyncBuffer) => Promise<T>,
): Promise<T> {
  if (bytes) return use(bytes)
  const file = openListed(split, site)
  try {
    return await use({
      byteLength: split.size,
      slice(start, end = split.size) {
        const target = new Uint8Array(end - start)
        for (let done = 0; done < target.length;) {
          const read = readSync(file, target, done, target.length - done, start + done)
          if (read === 0) break
          done += read
        }
        return target.buffer
      },
    })
  } finally {
    closeSync(file)
  }
}

let writing: typeof import('hyparquet-writer') | undefined

/** Before the first `encodeParquet`, which cannot wait. */
export async function loadParquetWriter(): Promise<void> {
  writing ??= await importOptional<typeof import('hyparquet-writer')>('hyparquet-writer', 'saveAsParquet()')
}

const rowsOfGroup = 64 * 1024

/** Columns are those that are named, else found from the first row group. No rows without named columns are no file. */
export function* encodeParquet(
  batches: Iterable<unknown[]>,
  named: Readonly<Record<string, ParquetType>> | undefined,
  compression: Compression | undefined,
): Generator<Buffer> {
  const { ByteWriter, ParquetWriter, schemaFromColumnData } = writing!
  const bytes = new ByteWriter()
  let types = named
  let file: Writer | undefined
  const begin = (found: Readonly<Record<string, ParquetType>>) => {
    types = found
    const columnData = Object.entries(found).map(([name, type]) => ({ name, data: [], type, nullable: true }))
    return new ParquetWriter({
      writer: bytes,
      schema: schemaFromColumnData({ columnData }),
      codec: compression ? (compression === 'gzip' ? 'GZIP' : 'ZSTD') : 'SNAPPY',
      compressors,
    })
  }
  const written = () => {
    const ready = Buffer.from(bytes.getBytes())
    bytes.index = 0
    return ready
  }
  if (named) file = begin(named)
  let group: Record<string, unknown>[] = []
  const flush = () => {
    if (group.length === 0) return
    file ??= begin(typesOf(group))
    // A promise only where the writer's target has one.
    void file.write({
      columnData: Object.entries(types!).map(([name, type]) => ({
        name,
        data: group.map((row) => checkedValue(row[name], name, type)),
      })),
      rowGroupSize: rowsOfGroup,
    })
    group = []
  }
  for (const batch of batches)
    for (const row of batch) {
      group.push(checkedRow(row, types))
      if (group.length < rowsOfGroup) continue
      flush()
      yield written()
    }
  flush()
  if (!file) return
  void file.finish()
  yield written()
}

function checkedRow(row: unknown, types: Readonly<Record<string, ParquetType>> | undefined): Record<string, unknown> {
  if (typeof row !== 'object' || row === null || Array.isArray(row))
    throw new UsageError(`saveAsParquet(): a row must be an object of columns, got ${String(row)}; map() it first`)
  const other = types && Object.keys(row).find((name) => !Object.hasOwn(types, name))
  if (other !== undefined)
    throw new UsageError(
      `saveAsParquet(): a row has a value ${JSON.stringify(other)}, which is none of the columns ${Object.keys(types!).join(', ')}; name them all with { columns }`,
    )
  return row as Record<string, unknown>
}

function typesOf(rows: readonly Record<string, unknown>[]): Record<string, ParquetType> {
  const types: Record<string, ParquetType> = {}
  for (const row of rows)
    for (const [name, value] of Object.entries(row))
      if (value !== null && value !== undefined) types[name] ??= typeOf(value)
      else if (!(name in types)) types[name] = undefined as never
  for (const name of Object.keys(types)) types[name] ??= 'STRING'
  return types
}

function typeOf(value: unknown): ParquetType {
  switch (typeof value) {
    case 'boolean':
      return 'BOOLEAN'
    case 'number':
      return 'DOUBLE'
    case 'bigint':
      return 'INT64'
    case 'string':
      return 'STRING'
    default:
      if (value instanceof Date) return 'TIMESTAMP'
      return value instanceof Uint8Array ? 'BYTE_ARRAY' : 'JSON'
  }
}

const fits: Record<ParquetType, (value: unknown) => boolean> = {
  BOOLEAN: (value) => typeof value === 'boolean',
  INT32: (value) => typeof value === 'number' && (value | 0) === value,
  INT64: (value) => typeof value === 'bigint' && BigInt.asIntN(64, value) === value,
  FLOAT: (value) => typeof value === 'number',
  DOUBLE: (value) => typeof value === 'number',
  STRING: (value) => typeof value === 'string',
  TIMESTAMP: (value) => value instanceof Date && !Number.isNaN(value.getTime()),
  BYTE_ARRAY: (value) => value instanceof Uint8Array,
  JSON: (value) => typeof value !== 'bigint',
}

function checkedValue(value: unknown, column: string, type: ParquetType): unknown {
  if (value === undefined || value === null || fits[type](value)) return value
  throw new UsageError(
    `saveAsParquet(): column ${JSON.stringify(column)} is ${type}, which cannot hold ${inspect(value, { depth: 0 })}; name another type with { columns }, or map() the rows`,
  )
}
