/** Columns of few different values: each is held once, and rows are codes. */

import { MAX_CODES } from './columns/dictionary-column.ts'

export interface Dictionary {
  /** Row i has the value `table[codes[i]]`. */
  readonly codes: Uint8Array
  readonly table: readonly unknown[]
}

/** The values stand beside the rows that they are the table of, so they must be few of these. */
const ROWS_PER_VALUE = 4
/** UTF-16 units of all texts of a table. */
const MAX_LENGTH = 2048
/** Among so many rows there must be so few values, so that columns of many are passed by at once. */
const TRIAL_ROWS = 64
const MAX_TRIAL_VALUES = 48

/**
 * The dictionary of the first `rows` values, or undefined where they are too many for a table that each `rowsPerTable` of the
 * rows have by themselves, or where one is no text, boolean, null or undefined. `places` says which code is that of row i.
 */
export function dictionaryOf(
  values: readonly unknown[],
  rows: number,
  rowsPerTable: number,
  places?: Int32Array,
): Dictionary | undefined {
  const most = Math.min(MAX_CODES, rowsPerTable / ROWS_PER_VALUE)
  const codes = new Uint8Array(rows)
  const codeOf = new Map<unknown, number>()
  let length = 0
  for (let i = 0; i < rows; i++) {
    const value = values[i]
    let code = codeOf.get(value)
    if (code === undefined) {
      if (codeOf.size + 1 > (i < TRIAL_ROWS ? Math.min(most, MAX_TRIAL_VALUES) : most) || !isFound(value))
        return undefined
      if (typeof value === 'string') length += value.length
      if (length > MAX_LENGTH) return undefined
      codeOf.set(value, (code = codeOf.size))
    }
    codes[places ? places[i]! : i] = code
  }
  return { codes, table: [...codeOf.keys()] }
}

/** Whether a Map finds it by what it is, and gives it back exactly: -0 would become 0. */
function isFound(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'boolean' || value === null || value === undefined
}
