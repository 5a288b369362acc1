/** What users say about files, checked and made into formats. */

import type { OnMalformed, ReadFormat } from '../base/file-format.ts'
import { UsageError } from '../base/errors.ts'
import { wrongOption } from '../base/wrong-option.ts'
import { checkPartitions } from '../lineage/partitioner.ts'

/** How files become partitions, and who reads them. */
export interface FileOptions {
  /** The least number of partitions, by default one per slot; files that cannot be cut give one each. */
  readonly partitions?: number | undefined
  /** Who reads: the executors, which must see the files under the same path, or the driver, which sends the rows. */
  readonly from?: 'executors' | 'driver' | undefined
}

/** How `jsonLines` reads. */
export interface JsonLinesOptions extends FileOptions {
  /** For a line that is no JSON: `error`, the default, ends the action; `skip` counts it; `collect` keeps it too. */
  readonly onMalformed?: OnMalformed | undefined
}

/** How `csv` reads. */
export interface CsvOptions<C extends readonly string[] = readonly string[]> extends FileOptions {
  /** The first record of each file names its columns, and rows are objects. */
  readonly header?: boolean | undefined
  /** With a header, the columns wanted; without one, the names of the values, which makes rows objects too. */
  readonly columns?: C | undefined
  /** By default a comma, and a tab for files named `.tsv`. */
  readonly delimiter?: string | undefined
  /** Encloses values with delimiters or newlines, doubled inside; `"` by default, `false` for none. */
  readonly quote?: string | false | undefined
  /** Lines that begin with it are left out; none by default. */
  readonly comment?: string | undefined
  /** `false` says that no value holds a newline: then files are cut into several partitions. */
  readonly multiline?: boolean | undefined
  /** For a record that breaks the quoting, or whose number of values is not that of the columns; as for `jsonLines`. */
  readonly onMalformed?: OnMalformed | undefined
}

/** How `parquet` reads. */
export interface ParquetOptions {
  /** The columns wanted, by default all. */
  readonly columns?: readonly string[] | undefined
}

/** The method of the context that makes a format's datasets. */
export const operationOf: Record<ReadFormat['kind'], string> = {
  text: 'textFile',
  jsonLines: 'jsonLines',
  csv: 'csv',
  parquet: 'parquet',
  wholeText: 'wholeTextFiles',
  binary: 'binaryFiles',
  objects: 'objectFile',
}

const fileOptions = ['partitions', 'from']

export interface CheckedFiles {
  readonly format: ReadFormat
  readonly from: 'executors' | 'driver'
  readonly minPartitions: number
}

/** @throws UsageError for a value or a name that is no option. */
export function checkFiles(
  operation: string,
  format: ReadFormat,
  options: FileOptions,
  names: readonly string[],
  defaultPartitions: number,
): CheckedFiles {
  const known = format.kind === 'parquet' ? names : [...fileOptions, ...names]
  const wrong = wrongOption(options, known)
  if (wrong !== undefined) throw new UsageError(`${operation}() ${wrong}`)
  const { partitions = defaultPartitions, from = 'executors' } = options
  oneOf(operation, 'from', from, ['executors', 'driver'])
  return { format, from, minPartitions: checkPartitions(partitions, `${operation}()`) }
}

export const jsonLinesNames = ['onMalformed']
export const csvNames = ['header', 'columns', 'delimiter', 'quote', 'comment', 'multiline', 'onMalformed']

export function jsonLinesFormat({ onMalformed = 'error' }: JsonLinesOptions): ReadFormat {
  oneOf('jsonLines', 'onMalformed', onMalformed, ['error', 'skip', 'collect'])
  return { kind: 'jsonLines', onMalformed }
}

export function csvFormat(options: CsvOptions): ReadFormat {
  const { header = false, columns, delimiter, quote = '"', comment, multiline = true, onMalformed = 'error' } = options
  oneOf('csv', 'onMalformed', onMalformed, ['error', 'skip', 'collect'])
  for (const [name, value] of Object.entries({ header, multiline })) oneOf('csv', name, value, [true, false])
  if (delimiter !== undefined) oneCharacter('delimiter', delimiter)
  if (comment !== undefined) oneCharacter('comment', comment)
  if (quote !== false) oneCharacter('quote', quote)
  const marks = { delimiter, quote: quote === false ? undefined : quote, comment }
  for (const [name, mark] of Object.entries(marks))
    for (const [other, taken] of Object.entries(marks))
      if (name < other && mark !== undefined && mark === taken)
        throw new UsageError(`csv(): \`${name}\` and \`${other}\` are both ${JSON.stringify(mark)}; they must differ`)
  if (columns !== undefined) checkColumns('csv', columns)
  const syntax = { delimiter, quote, comment: comment ?? (false as const) }
  return { kind: 'csv', syntax, header, columns, multiline, onMalformed }
}

/** @throws UsageError unless these are names, each once. */
export function checkColumns(operation: string, columns: readonly string[]): void {
  const fine = Array.isArray(columns) && columns.length > 0 && columns.every((name) => typeof name === 'string')
  if (!fine || new Set(columns).size !== columns.length)
    throw new UsageError(`${operation}(): columns must be a list of different names, got ${JSON.stringify(columns)}`)
}

function oneCharacter(name: string, value: string): void {
  if (typeof value !== 'string' || value.length !== 1 || /[\r\n]/.test(value))
    throw new UsageError(`csv(): ${name} must be one character and no newline, got ${JSON.stringify(value)}`)
}

function oneOf(operation: string, name: string, value: unknown, allowed: readonly unknown[]): void {
  if (allowed.includes(value)) return
  const list = allowed.map((each) => JSON.stringify(each).replaceAll('"', "'")).join(', ')
  throw new UsageError(`${operation}(): \`${name}\` must be one of ${list}, got ${JSON.stringify(value)}`)
}
