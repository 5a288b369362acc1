/** Read format -> batches of rows. */

import { assertNever } from '../base/errors.ts'
import type { ReadFormat } from '../base/file-format.ts'
import type { FileSplit } from '../base/file-split.ts'
import { readCsv } from './csv-rows.ts'
import { readJsonLines } from './json-lines.ts'
import { MalformedCounter } from './malformed-rows.ts'
import { readLines } from './text-lines.ts'

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
      default:
        assertNever(format, 'read format')
    }
  }
}

export function malformedCounter(format: ReadFormat, site: string): MalformedCounter {
  return new MalformedCounter('onMalformed' in format ? format.onMalformed : 'error', site)
}
