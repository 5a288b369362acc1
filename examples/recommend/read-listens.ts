/**
 * Reads `user item count` rows from a TSV or CSV file, or from the folder of the Last.fm 2k set. Ids stay text, so that
 * 007 and 64-bit ids survive. A malformed row is an error that names its file and line.
 */

import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { UsageError } from '@gridify/core'
import type { Rating } from '@gridify/mf'
import { CsvError, parse } from 'csv-parse/sync'

export interface Listens {
  readonly ratings: Rating[]
  /** Rows whose (user, item) pair came before; training sums them. */
  readonly duplicates: number
  /** What to print for an item; the id itself where the data has no names. */
  readonly nameOf: (item: string) => string
}

export async function readListens(path: string): Promise<Listens> {
  const isFolder = (await orExplain(path, stat(path))).isDirectory()
  const file = isFolder ? join(path, 'user_artists.dat') : path
  const ratings = parseListens(await orExplain(file, readFile(file, 'utf8')), file)
  const names = isFolder ? await artistNames(join(path, 'artists.dat')) : new Map<string, string>()
  return { ratings, duplicates: countDuplicates(ratings), nameOf: (item) => names.get(item) ?? item }
}

/** The rows of a file's text; a first row whose count is no number is a header. */
export function parseListens(text: string, file: string): Rating[] {
  const ratings: Rating[] = []
  for (const { line, fields } of splitRows(text.replace(/^\uFEFF/, ''), file)) {
    const where = `${file}:${line}`
    if (fields.length !== 3)
      throw new UsageError(`${where}: expected user, item and count, got ${describeFields(fields)}`)
    const [user, item, count] = fields as [string, string, string]
    const value = count.trim() === '' ? Number.NaN : Number(count)
    if (line === 1 && Number.isNaN(value) && !/^\s*(nan)?\s*$/i.test(count)) continue
    if (!Number.isFinite(value))
      throw new UsageError(`${where}: the count must be a number, got ${JSON.stringify(count)}`)
    if (value < 0) throw new UsageError(`${where}: the count must not be negative, got ${count}`)
    if (user === '' || item === '') throw new UsageError(`${where}: the ${user === '' ? 'user' : 'item'} is empty`)
    ratings.push([user, item, value])
  }
  if (ratings.length === 0)
    throw new UsageError(`${file} has no rows; each row should hold a user, an item and a count`)
  return ratings
}

interface Row {
  readonly line: number
  readonly fields: string[]
}

function splitRows(text: string, file: string): Iterable<Row> {
  const head = text.slice(0, text.indexOf('\n') >>> 0)
  return head.includes('\t') || !head.includes(',') ? splitTabs(text) : splitCsv(text, file)
}

/** Tabs cannot be quoted, so a line is a row. */
function* splitTabs(text: string): Generator<Row> {
  for (let start = 0, line = 1; start < text.length; line++) {
    const newline = text.indexOf('\n', start)
    const end = newline === -1 ? text.length : newline
    const row = text.slice(start, text[end - 1] === '\r' && end > start ? end - 1 : end)
    start = end + 1
    if (row !== '') yield { line, fields: row.split('\t') }
  }
}

function* splitCsv(text: string, file: string): Generator<Row> {
  try {
    const rows = parse(text, { relax_column_count: true, skip_empty_lines: true, info: true }) as unknown as {
      record: string[]
      info: { lines: number }
    }[]
    for (const { record, info } of rows) yield { line: info.lines, fields: record }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    const { lines } = error as { lines?: number }
    throw new UsageError(`${file}:${lines ?? '?'}: the row is not valid CSV: ${error.message}`, { cause: error })
  }
}

function describeFields(fields: readonly string[]): string {
  const text = fields.join(' | ')
  const shown = text.length > 60 ? `${text.slice(0, 60)}...` : text
  return `${fields.length} ${fields.length === 1 ? 'field' : 'fields'}: ${JSON.stringify(shown)}`
}

async function artistNames(file: string): Promise<Map<string, string>> {
  const names = new Map<string, string>()
  for (const { fields } of splitTabs(await orExplain(file, readFile(file, 'utf8'))))
    if (fields[0] !== undefined && fields[1]) names.set(fields[0], fields[1])
  return names
}

function countDuplicates(ratings: readonly Rating[]): number {
  const itemsOf = new Map<string, Set<string>>()
  let duplicates = 0
  for (const [user, item] of ratings as readonly (readonly [string, string, number])[]) {
    const items = itemsOf.get(user)
    if (!items) itemsOf.set(user, new Set([item]))
    else if (items.has(item)) duplicates++
    else items.add(item)
  }
  return duplicates
}

async function orExplain<T>(path: string, read: Promise<T>): Promise<T> {
  try {
    return await read
  } catch (error) {
    const reason =
      (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file or folder' : (error as Error).message
    throw new UsageError(
      `cannot read ${path}: ${reason}; --data takes a TSV or CSV file of user, item and count, or the Last.fm folder`,
      { cause: error },
    )
  }
}
