/** Writes a dataset as files: those of attempts first, one per partition moved into place by the driver, then the marker. */

import { randomUUID } from 'node:crypto'
import { UsageError } from '../base/errors.ts'
import { parquetTypes, type Compression, type ParquetType, type WriteFormat } from '../base/file-format.ts'
import { checkCompression, endingOf } from '../files/compression.ts'
import { runValues, type Action } from './actions.ts'
import type { ActionOptions } from './job-runner.ts'
import { saveTarget } from './save-target.ts'

/** What every save takes. */
export interface SaveOptions extends ActionOptions {
  /** Compresses each file; `zstd` needs Node 22.15. */
  readonly compression?: Compression
}

/** How `saveAsCsv` writes. */
export interface CsvSaveOptions extends SaveOptions {
  /** A comma by default. */
  readonly delimiter?: string
  /** Whether the first line of each file names the columns, where rows are objects or `columns` is given; true by default. */
  readonly header?: boolean
  /** The columns in order; rows are objects, or lists of as many values. */
  readonly columns?: readonly string[]
}

export function csvSaveFormat({ delimiter = ',', header = true, columns }: CsvSaveOptions) {
  if (typeof delimiter !== 'string' || delimiter.length !== 1 || /["\r\n]/.test(delimiter))
    throw new UsageError(`saveAsCsv(): delimiter must be one character, got ${JSON.stringify(delimiter)}`)
  if (columns !== undefined && new Set(columns).size !== columns.length)
    throw new UsageError(`saveAsCsv(): columns must be a list of different names, got ${JSON.stringify(columns)}`)
  const format: WriteFormat = { kind: 'csv', delimiter, header, columns }
  return { format, ending: delimiter === '\t' ? '.tsv' : '.csv' }
}

/** How `saveAsParquet` writes. */
export interface ParquetSaveOptions extends SaveOptions {
  /** The columns in order with the types in which the file holds them; by default found in each file's rows. */
  readonly columns?: Readonly<Record<string, ParquetType>>
}

export function parquetSaveFormat({ columns }: ParquetSaveOptions): WriteFormat {
  for (const [name, type] of Object.entries(columns ?? {}))
    if (!parquetTypes.includes(type))
      throw new UsageError(
        `saveAsParquet(): the type of column ${name} must be one of ${parquetTypes.join(', ')}, got ${JSON.stringify(type)}`,
      )
  return { kind: 'parquet', columns }
}

export async function saveFiles(
  action: Action,
  folder: string,
  format: WriteFormat,
  ending: string,
  compression?: Compression,
): Promise<void> {
  const { operation } = action.site
  if (compression) checkCompression(compression, `${operation}()`)
  const target = saveTarget(folder, operation)
  const marker = randomUUID()
  await target.begin(marker)
  try {
    const { attemptFolder } = target
    const sink = { kind: 'save', operation, attemptFolder, marker, format } as const
    const files = await runValues<string | undefined>(action, compression ? { ...sink, compression } : sink)
    const compressed = compression && format.kind !== 'parquet' ? endingOf(compression) : ''
    // Names sort as partitions do.
    const digits = Math.max(5, String(files.length - 1).length)
    for (const [partition, written] of files.entries())
      if (written !== undefined)
        await target.commit(written, `part-${String(partition).padStart(digits, '0')}${ending}${compressed}`)
    await target.finish()
  } catch (error) {
    // What cannot be removed is not marked either; the first error says why.
    await target.undo().catch(() => {})
    throw error
  }
}
