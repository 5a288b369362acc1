/** Write format -> the bytes of a file. */

import { assertNever, UsageError } from '../base/errors.ts'
import type { Compression, WriteFormat } from '../base/file-format.ts'
import { deflated } from './compression.ts'
import { csvWriter } from './lazy-packages.ts'
import { encodeObjects } from './object-file.ts'
import { encodeParquet } from './parquet.ts'
import { rowText } from './row-text.ts'

const textInstead = 'make a text of it first, such as with map((row) => JSON.stringify(row)), or use saveAsJsonLines()'

/** The file's bytes; Parquet compresses inside of itself. */
export function fileBytes(
  batches: Iterable<unknown[]>,
  { format, operation, compression }: { format: WriteFormat; operation: string; compression?: Compression },
): Iterable<Buffer> {
  const bytes = encodeRows(batches, format, operation, compression)
  return format.kind === 'parquet' ? bytes : deflated(bytes, compression)
}

function* encodeRows(
  batches: Iterable<unknown[]>,
  format: WriteFormat,
  operation: string,
  compression: Compression | undefined,
): Generator<Buffer> {
  switch (format.kind) {
    case 'text':
      for (const batch of batches)
        if (batch.length > 0) yield Buffer.from(batch.map((row) => `${rowText(row, textInstead)}\n`).join(''))
      return
    case 'jsonLines':
      for (const batch of batches)
        if (batch.length > 0) yield Buffer.from(batch.map((row) => `${jsonOf(row, operation)}\n`).join(''))
      return
    case 'csv':
      yield* csvOf(batches, format, operation)
      return
    case 'objects':
      yield* encodeObjects(batches, format.isOwn)
      return
    case 'parquet':
      yield* encodeParquet(batches, format.columns, compression)
      return
    default:
      assertNever(format, 'write format')
  }
}

function jsonOf(row: unknown, operation: string): string {
  let text: string | undefined
  try {
    text = JSON.stringify(row)
  } catch (error) {
    throw new UsageError(
      `${operation}(): a row cannot be written as JSON (${(error as Error).message}); map() it first`,
      {
        cause: error,
      },
    )
  }
  if (text === undefined)
    throw new UsageError(`${operation}(): ${String(row)} cannot be written as JSON; filter() it out or map() it first`)
  return text
}

function* csvOf(
  batches: Iterable<unknown[]>,
  format: Extract<WriteFormat, { kind: 'csv' }>,
  operation: string,
): Generator<Buffer> {
  let columns = format.columns
  let begun = false
  const lines = (records: readonly (readonly unknown[])[]) =>
    Buffer.from(
      csvWriter().stringify([...records], {
        delimiter: format.delimiter,
        // A line that is empty would be none, one that begins with a mark would lose it.
        quoted_empty: records.some((record) => record.length === 1),
        quoted_match: /^\uFEFF|\r/,
        cast: { boolean: String, date: (date) => date.toISOString(), bigint: String },
      }),
    )
  if (columns && format.header) yield lines([columns])
  for (const batch of batches) {
    if (batch.length === 0) continue
    const first = batch[0]
    const named = !columns && !Array.isArray(first) && typeof first === 'object' && first !== null
    if (!begun && named) {
      columns = Object.keys(first)
      if (format.header) yield lines([columns])
    }
    begun = true
    yield lines(batch.map((row) => cellsOf(row, columns, operation)))
  }
}

function cellsOf(row: unknown, columns: readonly string[] | undefined, operation: string): unknown[] {
  if (Array.isArray(row)) {
    if (row.length > 0 && (!columns || row.length === columns.length)) return row
    throw new UsageError(
      `${operation}(): a row has ${row.length} values for ${columns?.length ?? 'one or more'} columns`,
    )
  }
  if (typeof row !== 'object' || row === null)
    throw new UsageError(
      `${operation}(): a row must be a list or an object, got ${JSON.stringify(row)}; map() it first`,
    )
  if (!columns)
    throw new UsageError(`${operation}(): objects and lists do not go into one file; map() them to one form`)
  const other = Object.keys(row).find((name) => !columns.includes(name))
  if (other !== undefined)
    throw new UsageError(
      `${operation}(): a row has a value ${JSON.stringify(other)}, which is none of the columns ${columns.join(', ')}; name them all with { columns }`,
    )
  return columns.map((name) => (row as Record<string, unknown>)[name])
}
