/** Values of one kind side by side: what the engine's loops run over. Kinds are found by looking at the values. */

import { TextColumn } from './text-column.ts'

export type NumberColumn = Int32Array | Float64Array
/** Numbers as typed arrays, texts as bytes, anything else as a list of plain values. */
export type Column = NumberColumn | TextColumn | readonly unknown[]

export function isNumbers(column: Column): column is NumberColumn {
  return column instanceof Int32Array || column instanceof Float64Array
}

/** Whether all of [from, to) are int32 values that an Int32Array gives back exactly: neither -0 nor NaN. */
export function areInt32(values: Float64Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) {
    const value = values[i]!
    // `(-0 | 0) === -0` is true, so a zero is asked for its sign.
    if ((value | 0) !== value || (value === 0 && 1 / value < 0)) return false
  }
  return true
}

/** The values by index: numbers as they are, texts as strings. */
export function valuesOf(column: Column): ArrayLike<unknown> {
  return column instanceof TextColumn ? column.texts() : column
}

/** A list to be filled in any order; `Array.from({ length })` takes twenty times as long to make one. */
export function listOf<T>(length: number): T[] {
  // oxlint-disable-next-line unicorn/no-new-array
  return new Array<T>(length)
}
