/** The committed listening log as triples. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Rating } from '@gridify/mf'

export function readListens(): Rating[] {
  return readFileSync(join(import.meta.dirname, 'data/listens.tsv'), 'utf8')
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t'))
    .map(([user, item, plays]) => [user!, item!, Number(plays)])
}
