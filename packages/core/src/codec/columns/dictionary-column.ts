/** A column of few different values, each of which is held once. */

import { listOf } from '../list-of.ts'

export const MAX_CODES = 256

export class DictionaryColumn {
  /** Row i has the value `table[codes[i]]`. */
  readonly codes: Uint8Array
  readonly table: readonly unknown[]

  constructor(codes: Uint8Array, table: readonly unknown[]) {
    this.codes = codes
    this.table = table
  }

  /** Those of the rows [from, to). */
  toList(from = 0, to = this.codes.length): unknown[] {
    const { codes, table } = this
    const values = listOf<unknown>(to - from)
    for (let i = from; i < to; i++) values[i - from] = table[codes[i]!]
    return values
  }
}
