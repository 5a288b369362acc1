/** Sorts the rows of one partition by key, stable: ties keep the order of maps, and of rows in a map. */

import { valuesOf, type Column } from '../codec/columns/column.ts'
import { isNumbers } from '../codec/columns/number-column.ts'
import { compareValues } from '../codec/order.ts'
import { orderOfNumbers } from './radix-order.ts'
import { orderOfTexts } from './text-order.ts'
import type { PairColumns, Slice } from './slice.ts'

export function sortedByKey(slices: readonly Slice[], direction: 'ascending' | 'descending'): PairColumns {
  let rows = 0
  for (const slice of slices) rows += slice.rows
  const keys = joined(
    slices.map(({ keys }) => keys),
    rows,
  )
  const values = joined(
    slices.map(({ values }) => values),
    rows,
  )
  const descending = direction === 'descending'
  const order = orderOf(keys, descending)
  return { rows, keys: picked(keys, order), values: picked(values, order) }
}

/** The places of `keys` in sorted order. */
function orderOf(keys: ArrayLike<unknown>, descending: boolean): Int32Array {
  if (isNumbers(keys as Column)) return orderOfNumbers(keys as Int32Array | Float64Array, descending)
  const list = keys as readonly unknown[]
  if (list.every((key) => typeof key === 'string')) return orderOfTexts(list as readonly string[], descending)
  // TypedArray.prototype.sort is stable with a comparator too.
  const order = places(list.length)
  return descending
    ? order.sort((a, b) => compareValues(list[b], list[a]))
    : order.sort((a, b) => compareValues(list[a], list[b]))
}

function places(count: number): Int32Array {
  const order = new Int32Array(count)
  for (let i = 0; i < count; i++) order[i] = i
  return order
}

function joined(columns: readonly Column[], rows: number): Int32Array | Float64Array | unknown[] {
  if (columns.every((column) => column instanceof Int32Array)) return filled(new Int32Array(rows), columns)
  if (columns.every(isNumbers)) return filled(new Float64Array(rows), columns)
  const list: unknown[] = []
  for (const column of columns) {
    const values = valuesOf(column)
    for (let i = 0; i < values.length; i++) list.push(values[i])
  }
  return list
}

function filled<T extends Int32Array | Float64Array>(target: T, columns: readonly ArrayLike<number>[]): T {
  let at = 0
  for (const column of columns) {
    target.set(column, at)
    at += column.length
  }
  return target
}

function picked(column: Int32Array | Float64Array | unknown[], order: Int32Array): ArrayLike<unknown> {
  // A loop per kind of array: one that meets all of them is several times slower.
  if (column instanceof Int32Array) {
    const result = new Int32Array(order.length)
    for (let i = 0; i < order.length; i++) result[i] = column[order[i]!]!
    return result
  }
  if (column instanceof Float64Array) {
    const result = new Float64Array(order.length)
    for (let i = 0; i < order.length; i++) result[i] = column[order[i]!]!
    return result
  }
  const result: unknown[] = []
  for (let i = 0; i < order.length; i++) result.push(column[order[i]!])
  return result
}
