/** The values of a run that are tuples or objects of primitives: a column for each place, sorted by bucket without the rows. */

import { encodeBlock } from '../codec/block.ts'
import { shapeOf, takePlaces } from '../codec/take-places.ts'
import type { RunScratch } from './run.ts'
import { numberColumn, textColumn, type PlaceRunColumn, type RecordRunColumn } from './run-column.ts'
import { columnKind } from './run-layout.ts'
import type { Staging } from './staging.ts'

/** Each slice holds the values of a dictionary, so there must be few beside its rows. */
const rowsPerDictionaryValue = 4
const maxDictionaryValues = 256
const maxDictionaryLength = 2048

/** Undefined where values are of several shapes, or hold at some place what is no number, or neither text, boolean, null nor undefined. */
export function recordColumn(staging: Staging, reducers: number, scratch: RunScratch): RecordRunColumn | undefined {
  const { rows, valueList } = staging
  const shape = scratch.recordsFit ? shapeOf(valueList[0]) : undefined
  // Rows of one data set are mostly alike: where these are no records, the next ones are not asked.
  scratch.recordsFit = false
  const taken = shape && takePlaces(valueList, shape, rows)
  if (!taken) return undefined
  // A slice of `reducers` gets so many of the rows.
  const maxValues = Math.min(maxDictionaryValues, rows / reducers / rowsPerDictionaryValue)
  const places: PlaceRunColumn[] = []
  for (const values of taken) {
    const place = placeColumn(values, staging, maxValues, typeof shape === 'number', scratch)
    if (!place) return undefined
    places.push(place)
  }
  scratch.recordsFit = true
  return { kind: columnKind.record, shape: Buffer.from(JSON.stringify(shape)), places }
}

function placeColumn(
  values: Float64Array | readonly unknown[],
  { rows, keyList, keysAreNumbers }: Staging,
  maxValues: number,
  inTuple: boolean,
  { places, texts }: RunScratch,
): PlaceRunColumn | undefined {
  if (values instanceof Float64Array) return numberColumn(values, rows, places)
  if (!keysAreNumbers && areEqual(values, keyList, rows)) return { kind: columnKind.key }
  const dictionary = dictionaryColumn(values, rows, maxValues, inTuple, places)
  if (dictionary) return dictionary
  const written = texts.write(values, rows)
  return written && textColumn(written, rows, places)
}

function areEqual(a: readonly unknown[], b: readonly unknown[], count: number): boolean {
  for (let i = 0; i < count; i++) if (a[i] !== b[i]) return false
  return true
}

function dictionaryColumn(
  values: readonly unknown[],
  rows: number,
  maxValues: number,
  inTuple: boolean,
  places: Int32Array,
): PlaceRunColumn | undefined {
  const codes = new Uint8Array(rows)
  const codeOf = new Map<unknown, number>()
  let length = 0
  for (let i = 0; i < rows; i++) {
    const value = values[i]
    let code = codeOf.get(value)
    if (code === undefined) {
      if (codeOf.size >= maxValues || !isNameable(value, inTuple)) return undefined
      if (typeof value === 'string') length += value.length
      if (length > maxDictionaryLength) return undefined
      codeOf.set(value, (code = codeOf.size))
    }
    codes[places[i]!] = code
  }
  return { kind: columnKind.dictionary, codes, table: encodeBlock([...codeOf.keys()]) }
}

/** What a Map finds by its value, and gives back exactly; in tuples undefined may be a hole. */
function isNameable(value: unknown, inTuple: boolean): boolean {
  return typeof value === 'string' || typeof value === 'boolean' || value === null || (value === undefined && !inTuple)
}
