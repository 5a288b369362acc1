/** Tuples, or plain objects of one shape, taken apart: what they have at each place is a column, and rows are made late. */

import { objectRows, tupleRows } from '../column-rows.ts'
import type { RecordShape } from '../take-places.ts'
import { isNumbers, type NumberColumn } from './number-column.ts'
import type { DictionaryColumn } from './dictionary-column.ts'
import type { TextColumn } from './text-column.ts'

export type PlaceColumn = NumberColumn | TextColumn | DictionaryColumn

export class RecordColumn {
  readonly rows: number
  readonly shape: RecordShape
  readonly places: readonly PlaceColumn[]
  /** Which places are the key of their row, whose column they share. */
  readonly keyPlaces: readonly number[]

  constructor(rows: number, shape: RecordShape, places: readonly PlaceColumn[], keyPlaces: readonly number[]) {
    this.rows = rows
    this.shape = shape
    this.places = places
    this.keyPlaces = keyPlaces
  }

  /** Rows [from, to). */
  toList(from = 0, to = this.rows): unknown[] {
    const places = this.places.map((place) => (isNumbers(place) ? place.subarray(from, to) : place.toList(from, to)))
    return recordRows(this.shape, places, to - from)
  }
}

/** Rows of what is at each place. */
export function recordRows(shape: RecordShape, places: readonly ArrayLike<unknown>[], rows: number): unknown[] {
  return typeof shape === 'number' ? tupleRows(places, rows) : objectRows(shape, places, rows)
}

export function isSameShape(a: RecordShape, b: RecordShape): boolean {
  return (
    a === b ||
    (typeof a !== 'number' && typeof b !== 'number' && a.length === b.length && a.every((name, n) => name === b[n]))
  )
}
