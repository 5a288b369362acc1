import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { UsageError } from '@gridify/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseListens, readListens } from '../../examples/recommend/read-listens.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gridify-listens-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('rows', () => {
  test('TSV keeps ids as text and skips the header', () => {
    expect(parseListens('user\titem\tcount\n007\t9007199254740993\t2\n', 'a.tsv')).toEqual([
      ['007', '9007199254740993', 2],
    ])
  })
  test('CRLF, a byte order mark and a missing last line end are no part of a field', () => {
    expect(parseListens('\uFEFFann\tabba\t1\r\n\r\nbob\tblur\t2.5', 'a.tsv')).toEqual([
      ['ann', 'abba', 1],
      ['bob', 'blur', 2.5],
    ])
  })
  test('CSV takes quoted commas, quotes and line ends', () => {
    expect(parseListens('ann,"Crosby, Stills",3\nbob,"the ""x""",1\n', 'a.csv')).toEqual([
      ['ann', 'Crosby, Stills', 3],
      ['bob', 'the "x"', 1],
    ])
  })
})

test.each([
  ['too few fields', 'ann\tabba\t1\nbob\tblur\n', 'a.tsv:2: expected user, item and count, got 2 fields: "bob | blur"'],
  ['no separator at all', 'hello\n', 'a.tsv:1: expected user, item and count, got 1 field: "hello"'],
  ['a negative count', 'ann\tabba\t1\nbob\tblur\t-3\n', 'a.tsv:2: the count must not be negative, got -3'],
  ['NaN', 'ann\tabba\t1\nbob\tblur\tNaN\n', 'a.tsv:2: the count must be a number, got "NaN"'],
  ['NaN in the first row', 'ann\tabba\tNaN\n', 'a.tsv:1: the count must be a number, got "NaN"'],
  ['words after the header', 'ann\tabba\tplays\nbob\tblur\tmany\n', 'a.tsv:2: the count must be a number, got "many"'],
  ['an empty id', 'ann\t\t1\n', 'a.tsv:1: the item is empty'],
  ['an empty file', '', 'a.tsv has no rows; each row should hold a user, an item and a count'],
  ['only a header', 'user\titem\tcount\n', 'a.tsv has no rows; each row should hold a user, an item and a count'],
  [
    'CSV lines counted through quoted line ends',
    'ann,"a\nb",1\nbob,blur\n',
    'a.tsv:3: expected user, item and count, got 2 fields: "bob | blur"',
  ],
])('%s is refused with file and line', (_, text, message) => {
  expect(() => parseListens(text, 'a.tsv')).toThrow(new UsageError(message))
})

test('an unclosed CSV quote is refused with its line', () => {
  expect(() => parseListens('ann,abba,1\nbob,"blur,2\n', 'a.csv')).toThrow(
    /^a\.csv:\d+: the row is not valid CSV: Quote Not Closed/,
  )
})

test('a missing file is named', async () => {
  await expect(readListens('/no/such.tsv')).rejects.toThrow(
    'cannot read /no/such.tsv: there is no such file or folder; --data takes',
  )
})

test('repeated pairs are counted', async () => {
  const file = join(folder, 'twice.tsv')
  writeFileSync(file, 'ann\tabba\t1\nann\tabba\t2\nann\tblur\t1\n')
  expect((await readListens(file)).duplicates).toBe(1)
})

test('the Last.fm folder gives names for its artist ids', async () => {
  writeFileSync(join(folder, 'user_artists.dat'), 'userID\tartistID\tweight\r\n2\t51\t13883\r\n')
  writeFileSync(join(folder, 'artists.dat'), 'id\tname\turl\tpictureURL\r\n51\tDuran Duran\thttp://x\thttp://y\r\n')
  const { ratings, nameOf } = await readListens(folder)
  expect([ratings, nameOf('51'), nameOf('52')]).toEqual([[['2', '51', 13883]], 'Duran Duran', '52'])
})
