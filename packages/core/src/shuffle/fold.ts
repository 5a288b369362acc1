/**
 * One value per key number, merged as rows come. Values are doubles in a typed array while all results are numbers, and
 * move to a list for good at the first that is none. The loop around the user's function is made anew for each function:
 * a loop shared by several goes megamorphic in V8 and takes five times as long.
 */

import { compileFunction } from 'node:vm'
import { isPacked, type Column } from '../codec/columns/column.ts'
import { isNumbers } from '../codec/columns/number-column.ts'
import type { Merging } from './merging.ts'

type Loop = (
  fold: Fold,
  ids: Int32Array,
  from: number,
  rows: number,
  values: ArrayLike<unknown>,
  shift: number,
) => number

interface Loops {
  numbers?: Loop
  doubles?: Loop
  list?: Loop
}

/** By `merge` and `create`, which live as long as their slot keeps them. */
const loopsByMerge = new WeakMap<object, WeakMap<object, Loops>>()
const noCreate = {}

function loopsOf({ create = noCreate, merge }: { create?: object; merge: object }): Loops {
  let byCreate = loopsByMerge.get(merge)
  if (!byCreate) loopsByMerge.set(merge, (byCreate = new WeakMap()))
  let loops = byCreate.get(create)
  if (!loops) byCreate.set(create, (loops = {}))
  return loops
}

export class Fold {
  readonly #merging: Merging
  readonly #loops: Loops
  /** Keys below have a value. */
  known = 0
  numbers: Float64Array | undefined
  list: unknown[] = []

  constructor(merging: Merging) {
    this.#merging = merging
    this.#loops = loopsOf(merging)
    this.numbers = new Float64Array(1024)
  }

  clear(): void {
    this.known = 0
    this.numbers ??= new Float64Array(1024)
    this.list = []
  }

  /** Row i of the `rows` rows belongs to the key `ids[i]` and has the value `column[shift + i]`. */
  add(ids: Int32Array, rows: number, column: Column, shift: number): void {
    if (isPacked(column)) return this.add(ids, rows, column.toList(shift, shift + rows), 0)
    let from = 0
    if (this.numbers && !isNumbers(column) && !this.#merging.create && this.known === 0) this.#toList()
    if (this.numbers) {
      this.#reserve(this.known + rows)
      from = this.#numberLoop(column)(this, ids, 0, rows, column, shift)
    }
    if (from < rows) (this.#loops.list ??= compileLoop(this.#merging, 'list'))(this, ids, from, rows, column, shift)
  }

  /** By key number; valid until the next `add` or `clear`. */
  values(): ArrayLike<unknown> {
    return this.numbers ? this.numbers.subarray(0, this.known) : this.list
  }

  /** Called by a loop that got `result`, which is no number, for the key `id`. */
  widen(id: number, result: unknown): void {
    const isNew = id === this.known
    this.#toList()
    this.list[id] = result
    if (isNew) this.known++
  }

  #toList(): void {
    this.list = Array.from(this.numbers!.subarray(0, this.known))
    this.numbers = undefined
  }

  #reserve(size: number): void {
    if (size <= this.numbers!.length) return
    const grown = new Float64Array(Math.max(size, 2 * this.numbers!.length))
    grown.set(this.numbers!.subarray(0, this.known))
    this.numbers = grown
  }

  /** A loop per kind of column, so that each sees one. */
  #numberLoop(column: Column): Loop {
    return column instanceof Int32Array
      ? (this.#loops.numbers ??= compileLoop(this.#merging, 'numbers'))
      : (this.#loops.doubles ??= compileLoop(this.#merging, 'numbers'))
  }
}

/** The row at which a result was no number is done when the loop returns; it returns the next one. */
function compileLoop({ create, merge }: Merging, accumulators: 'numbers' | 'list'): Loop {
  const checked = accumulators === 'numbers'
  const check = checked
    ? `if (typeof result !== 'number') { fold.known = known; fold.widen(id, result); return i + 1 }`
    : ''
  const code = `'use strict'
return function mergeRows(fold, ids, from, rows, values, shift) {
  const totals = fold.${accumulators}
  let known = fold.known
  for (let i = from; i < rows; i++) {
    const id = ids[i]
    const value = values[shift + i]
    const result = id === known ? ${create ? 'create(value)' : 'value'} : merge(totals[id], value)
    ${check}
    totals[id] = result
    if (id === known) known++
  }
  fold.known = known
  return rows
}`
  const make = compileFunction(code, ['create', 'merge'], { filename: 'gridify-fold' }) as (...parts: unknown[]) => Loop
  return make(create, merge)
}
