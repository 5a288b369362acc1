/** Values of one kind side by side: what the engine's loops run over. Kinds are found by looking at the values. */

import type { NumberColumn } from './number-column.ts'
import { RecordColumn } from './record-column.ts'
import { TextColumn } from './text-column.ts'

/** What has to be put together before it is a list. */
export type PackedColumn = TextColumn | RecordColumn
/** Numbers as typed arrays, texts as bytes, records by their places, anything else as a list of plain values. */
export type Column = NumberColumn | PackedColumn | readonly unknown[]

export function isPacked(column: Column): column is PackedColumn {
  return column instanceof TextColumn || column instanceof RecordColumn
}

/** The values by index: numbers as they are, texts as strings, records as rows. */
export function valuesOf(column: Column): ArrayLike<unknown> {
  return isPacked(column) ? column.toList() : column
}
