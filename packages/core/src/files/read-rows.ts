/** Read format -> batches of rows. */

import { assertNever, InternalError } from '../base/errors.ts'
import type { ReadFormat } from '../base/file-format.ts'
import type { FileSplit } from '../base/file-split.ts'
import { readCsv } from './csv-rows.ts'
import { readJsonLines } from './json-lines.ts'
import { MalformedCounter } from './malformed-rows.ts'
import { readObjects } from './object-file.ts'
import { readParquet } from './parquet.ts'
import { readLines } from './text-lines.ts'
import { isS3, objectBytes } from './s3.ts'
import { readBinary, readWholeText } from './whole-files.ts'

/** The rows of a partition; `malformed` counts what is none. */
export function* readRows(
  splits: readonly FileSplit[],
  format: ReadFormat,
  site: string,
  malformed: MalformedCounter,
): Generator<unknown[]> {
  for (const split of splits) {
    switch (format.kind) {
      case 'text':
        yield* readLines(split, site)
        break
      case 'jsonLines':
        yield* readJsonLines(split, site, malformed)
        break
      case 'csv':
        yield* readCsv(split, format, site, malformed)
        break
      case 'wholeText':
        yield [readWholeText(split, site)]
        break
      case 'binary':
        yield [readBinary(split, site)]
        break
      case 'objects':
        yield* readObjects(split, site)
        break
      case 'parquet':
        throw new InternalError('Parquet files are read before the task')
      default:
        assertNever(format, 'read format')
    }
  }
}

/** The rows of files that can only be read with a promise. */
export async function* readRowsAsync(
  splits: readonly FileSplit[],
  format: ReadFormat,
  site: string,
): AsyncGenerator<unknown[]> {
  if (format.kind !== 'parquet') throw new InternalError(`${format.kind} is read in the task`)
  for (const split of splits)
    yield await readParquet(split, format.columns, site, isS3(split.path) ? objectBytes(split, site) : undefined)
}

export function malformedCounter(format: ReadFormat, site: string): MalformedCounter {
  return new MalformedCounter('onMalformed' in format ? format.onMalformed : 'error', site)
}
