/** Reads `user item count` rows from a TSV or CSV file, or from the folder of the Last.fm 2k set; ids stay text. */

import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { UsageError } from '@gridify/core'
import type { Rating } from '@gridify/mf'

export function readListens(path: string): Rating[] {
  let file = path
  let text: string
  try {
    if (statSync(path).isDirectory()) file = join(path, 'user_artists.dat')
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new UsageError(`cannot read ${file}: give a TSV or CSV file of user, item and count, or the Last.fm folder`, { cause: error })
  }
  const ratings: Rating[] = []
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw
    if (line === '') continue
    const fields = line.split(line.includes('\t') ? '\t' : ',')
    if (fields.length !== 3) throw new UsageError(`${file}:${index + 1}: expected user, item and count, got ${fields.length} fields`)
    const [user, item, count] = fields as [string, string, string]
    const value = count.trim() === '' ? NaN : Number(count)
    if (index === 0 && Number.isNaN(value)) continue
    if (!Number.isFinite(value) || value < 0)
      throw new UsageError(`${file}:${index + 1}: the count must be a number >= 0, got '${count}'`)
    if (user === '' || item === '') throw new UsageError(`${file}:${index + 1}: user and item must not be empty`)
    ratings.push([user, item, value])
  }
  if (ratings.length === 0) throw new UsageError(`${file} has no rows of user, item and count`)
  return ratings
}
