/** One JSON value per line; lines of white space alone are none. */

import type { FileSplit } from '../base/file-split.ts'
import type { MalformedCounter } from './malformed-rows.ts'
import { readLines } from './text-lines.ts'

export function* readJsonLines(split: FileSplit, site: string, malformed: MalformedCounter): Generator<unknown[]> {
  let line = 0
  for (const lines of readLines(split, site)) {
    const rows: unknown[] = []
    for (const text of lines) {
      line++
      if (text.trim() === '') continue
      let row: unknown
      try {
        row = JSON.parse(text)
      } catch (error) {
        malformed.add(split, line, text, `no JSON (${(error as Error).message})`, error)
        continue
      }
      rows.push(row)
    }
    yield rows
  }
}
