/** Numbers side by side. */

export type NumberColumn = Int32Array | Float64Array

export function isNumbers(column: object): column is NumberColumn {
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
