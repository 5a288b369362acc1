/** The values of a run that are tuples or objects of primitives: a column for each place, sorted by bucket without the rows. */

import { encodeBlock } from '../codec/block.ts'
import { dictionaryOf } from '../codec/dictionary.ts'
import { shapeOf, takePlaces } from '../codec/take-places.ts'
import type { RunScratch } from './run.ts'
import { numberColumn, textColumn, type PlaceRunColumn, type RecordRunColumn } from './run-column.ts'
import { columnKind } from './run-layout.ts'
import type { Staging } from './staging.ts'

/** Undefined where values are of several shapes, or hold at some place what is no number, or neither text, boolean, null nor undefined. */
export function recordColumn(staging: Staging, reducers: number, scratch: RunScratch): RecordRunColumn | undefined {
  const { rows, valueList } = staging
  const shape = scratch.recordsFit ? shapeOf(valueList[0]) : undefined
  // Rows of one data set are mostly alike: where these are no records, the next ones are not asked.
  scratch.recordsFit = false
  const taken = shape && takePlaces(valueList, shape, rows)
  if (!taken) return undefined
  // Each slice has the tables of its dictionaries.
  const rowsPerTable = rows / reducers
  const places: PlaceRunColumn[] = []
  for (const values of taken) {
    const place = placeColumn(values, staging, rowsPerTable, typeof shape === 'number', scratch)
    if (!place) return undefined
    places.push(place)
  }
  scratch.recordsFit = true
  return { kind: columnKind.record, shape: Buffer.from(JSON.stringify(shape)), places }
}

function placeColumn(
  values: Float64Array | readonly unknown[],
  { rows, keyList, keysAreNumbers }: Staging,
  rowsPerTable: number,
  inTuple: boolean,
  { places, texts }: RunScratch,
): PlaceRunColumn | undefined {
  if (values instanceof Float64Array) return numberColumn(values, rows, places)
  if (!keysAreNumbers && areEqual(values, keyList, rows)) return { kind: columnKind.key }
  const dictionary = dictionaryOf(values, rows, rowsPerTable, places)
  // In tuples undefined may be a hole.
  if (dictionary && !(inTuple && dictionary.table.includes(undefined)))
    return { kind: columnKind.dictionary, codes: dictionary.codes, table: encodeBlock(dictionary.table) }
  const written = texts.write(values, rows)
  return written && textColumn(written, rows, places)
}

function areEqual(a: readonly unknown[], b: readonly unknown[], count: number): boolean {
  for (let i = 0; i < count; i++) if (a[i] !== b[i]) return false
  return true
}
