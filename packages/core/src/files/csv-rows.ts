/** Records of CSV files as lists of text or as objects by column; what they hold stays text. */

import type { CsvError, Options } from 'csv-parse'
import type { ReadFormat } from '../base/file-format.ts'
import type { FileSplit } from '../base/file-split.ts'
import { UsageError } from '../base/errors.ts'
import { csvParser, csvSyncParser } from './lazy-packages.ts'
import type { MalformedCounter } from './malformed-rows.ts'
import { RecordLines } from './record-lines.ts'
import { readLines, splitBytes } from './text-lines.ts'

type CsvFormat = Extract<ReadFormat, { kind: 'csv' }>
type MakeRow = (record: readonly string[]) => unknown

export function* readCsv(
  split: FileSplit,
  format: CsvFormat,
  site: string,
  malformed: MalformedCounter,
): Generator<unknown[]> {
  const options = optionsOf(format, split.path)
  const records = format.multiline ? longRecords(split, options, site) : lineRecords(split, options, site)
  let names: readonly string[] | undefined = format.columns
  let skipHeader = format.header
  if (format.header && split.start > 0) {
    names = headerOf(split, options, site)
    skipHeader = false
  }
  let makeRow = skipHeader ? undefined : rowMaker(names, format, split, site)
  let width = names?.length
  for (const batch of records) {
    const rows: unknown[] = []
    for (const { line, record, text, error } of batch) {
      if (!record) malformed.add(split, line, text, error.message, error)
      else if (!makeRow) {
        width = record.length
        makeRow = rowMaker(record, format, split, site)
      } else if (width !== undefined && record.length !== width)
        malformed.add(
          split,
          line,
          record.join(options.delimiter as string),
          `${record.length} values for ${width} columns`,
        )
      else rows.push(makeRow(record))
    }
    yield rows
  }
}

/** A record, or what the parser could not make one of. */
type Parsed =
  | { readonly line: number; readonly record: string[]; readonly text?: never; readonly error?: never }
  | { readonly line: number; readonly record?: never; readonly text: string; readonly error: Error }

function optionsOf({ syntax }: CsvFormat, path: string): Options {
  return {
    delimiter: syntax.delimiter ?? (/\.tsv(\.\w+)?$/.test(path) ? '\t' : ','),
    quote: syntax.quote,
    escape: syntax.quote === false ? null : syntax.quote,
    record_delimiter: ['\r\n', '\n'],
    relax_column_count: true,
    skip_empty_lines: true,
    ...(syntax.comment === false ? {} : { comment: syntax.comment, comment_no_infix: true }),
  }
}

/** The parser's inner, synchronous form: what its stream calls for each chunk. */
interface SynchronousParser {
  parse(
    chunk: Buffer | undefined,
    end: boolean,
    push: (row: { record: string[]; raw: string }) => void,
    close: () => void,
  ): CsvError | undefined
  /** Called after each record, also after one with an error. */
  __resetRecord(): void
  /** The text of the record so far. */
  readonly state: { readonly rawBuffer: { toString(encoding: string): string } }
}

function* longRecords(split: FileSplit, options: Options, site: string): Generator<Parsed[]> {
  let parsed: Parsed[] = []
  const lines = new RecordLines(options.comment as string | undefined)
  let isBroken = false
  const { Parser } = csvParser()
  const parser = new Parser({
    ...options,
    skip_records_with_error: true,
    raw: true,
    on_skip: (error, raw = '') => {
      // The parser goes on in the same record, and may find more in it.
      if (!error || isBroken) return
      isBroken = true
      parsed.push({ line: lines.startOf(raw), text: lines.textOf(raw), error: withoutLine(error) })
    },
  })
  const { api } = parser as unknown as { api: SynchronousParser }
  const resetRecord = api.__resetRecord.bind(api)
  api.__resetRecord = () => {
    if (isBroken) lines.pass(api.state.rawBuffer.toString('utf8'))
    isBroken = false
    resetRecord()
  }
  const feed = (chunk: Buffer | undefined) => {
    const error = api.parse(
      chunk,
      chunk === undefined,
      ({ record, raw }) => {
        parsed.push({ line: lines.startOf(raw), record })
        lines.pass(raw)
      },
      () => {},
    )
    if (error) throw error
    const ready = parsed
    parsed = []
    return ready
  }
  for (const chunk of splitBytes(split, site)) yield feed(chunk)
  yield feed(undefined)
}

/** The parser tells where it is, which is not where the record begins, and counts a newline of two characters twice inside of a value. */
function withoutLine(error: CsvError): Error {
  return new Error(error.message.replace(/ at line \d+/, ''), { cause: error })
}

/** Every line is a record of its own, so that a bad one spoils no other. */
function* lineRecords(split: FileSplit, options: Options, site: string): Generator<Parsed[]> {
  const comment = options.comment as string | undefined
  let line = 0
  for (const lines of readLines(split, site)) {
    const filled: { text: string; line: number }[] = []
    for (const text of lines) {
      line++
      if (text !== '' && !(comment && text.startsWith(comment))) filled.push({ text, line })
    }
    yield parseLines(filled, options)
  }
}

function parseLines(lines: readonly { text: string; line: number }[], options: Options): Parsed[] {
  const { parse } = csvSyncParser()
  try {
    const records: string[][] = parse(lines.map(({ text }) => text).join('\n'), options)
    // As many records as lines: then none of them took in another line.
    if (records.length === lines.length) return records.map((record, i) => ({ record, line: lines[i]!.line }))
  } catch {
    // Found again below, at its line.
  }
  return lines.flatMap(({ text, line }): Parsed[] => {
    try {
      return (parse(text, options) as string[][]).map((record) => ({ line, record }))
    } catch (error) {
      return [{ line, text, error: withoutLine(error as CsvError) }]
    }
  })
}

/** The first record of the file that a split is cut from. */
function headerOf(split: FileSplit, options: Options, site: string): string[] | undefined {
  for (const lines of readLines({ ...split, start: 0, end: Math.min(split.size, 64 * 1024) }, site))
    for (const text of lines)
      if (text !== '' && !(options.comment && text.startsWith(options.comment as string)))
        return (csvSyncParser().parse(text, options) as string[][])[0]
  return undefined
}

/** By the names of the file's columns: objects of all or of the wanted ones; without names, the list itself. */
function rowMaker(
  names: readonly string[] | undefined,
  { header, columns }: CsvFormat,
  { path }: FileSplit,
  site: string,
): MakeRow {
  if (!names) return (record) => record
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined)
    throw new UsageError(`${site}: ${path} has two columns ${JSON.stringify(twice)}; read it without a header`)
  const wanted = header && columns ? columns : names
  const missing = wanted.find((name) => !names.includes(name))
  if (missing !== undefined)
    throw new UsageError(
      `${site}: ${path} has no column ${JSON.stringify(missing)}; its header names ${names.map((name) => JSON.stringify(name)).join(', ')}`,
    )
  const places = wanted.map((name) => names.indexOf(name))
  if (wanted.includes('__proto__'))
    return (record) => Object.fromEntries(wanted.map((name, i) => [name, record[places[i]!]]))
  return (record) => {
    const row: Record<string, unknown> = {}
    for (let i = 0; i < wanted.length; i++) row[wanted[i]!] = record[places[i]!]
    return row
  }
}
