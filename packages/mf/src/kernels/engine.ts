/** What a task asks of the kernels, whichever variant runs: whole rows (half), or partial sums and their owners (full). */

import type { FloatArray, KernelVariant } from './vectors.ts'

/** Rows in compressed form: row r has entries offsets[r] to offsets[r + 1]. */
export interface Entries {
  readonly offsets: Int32Array
  /** Which vector of the inbox each entry means. */
  readonly slots: Int32Array
  /** Confidence above the unobserved weight. */
  readonly weights: FloatArray
}

export interface RowProblem extends Entries {
  readonly factors: number
  /** Vectors in slot order, one part behind the other. */
  readonly inbox: readonly FloatArray[]
  /** Gram matrix of the fixed side times the unobserved weight. */
  readonly gram: Float64Array
  /** lambda of each row. */
  readonly regularization: Float64Array
  /** Added to the weight on the right-hand side: the unobserved weight in `hu2008`, else 0. */
  readonly bonus: number
}

export type Solver =
  | { readonly kind: 'cholesky' }
  | { readonly kind: 'cg'; readonly steps: number; readonly start: FloatArray }

/** New vectors, and per block of 1,024 rows the Gram matrix and behind it the observed loss and the regularisation. */
export interface SolvedRows {
  readonly vectors: FloatArray
  readonly blockSums: readonly Float64Array[]
}

export type Products = 'product' | 'residual' | 'measured residual'

/** Some ratings of rows whose other ratings lie elsewhere, with the vectors that they need. */
export interface Cell {
  /** For each row of `rows`: the lower triangle of sum w y y' by rows, then sum (w + bonus) y. */
  normalEquations(rows: Int32Array): FloatArray
  /**
   * For each row of `rows` and vector of `v`: sum h y with h = w (y.v), or (w + bonus) - w (y.v) for residuals; where
   * measured, also the row's sum w s^2 - 2 (w + bonus) s in `quadratic`.
   */
  products(rows: Int32Array, v: FloatArray, kind: Products): { vectors: FloatArray; quadratic: Float64Array }
}

/** Conjugate gradients between rounds, row by row. */
export interface OwnedState {
  readonly x: FloatArray
  readonly r: FloatArray
  readonly p: FloatArray
  readonly rho: FloatArray
}

export interface OwnedProblem {
  readonly factors: number
  /** As in RowProblem. */
  readonly gram: Float64Array
  readonly regularization: Float64Array
  /** Entries per row over all cells; a row without is zero. */
  readonly counts: Int32Array
}

export interface Engine {
  readonly variant: KernelVariant
  solveRows(problem: RowProblem, solver: Solver): SolvedRows
  /** Per block of 1,024 rows the Gram matrix and two zeros. */
  sumBlocks(vectors: FloatArray, factors: number): Float64Array[]
  openCell(entries: Entries, inbox: readonly FloatArray[], factors: number, bonus: number): Cell
  /**
   * Solves each row from its summed packed equations, which `sumOf` adds to the zeroed `total` it is given.
   * `quadratic` is each row's sum w s^2 - 2 (w + bonus) s.
   */
  solveOwned(
    problem: OwnedProblem,
    sumOf: (row: number, total: Float64Array) => void,
  ): { vectors: FloatArray; quadratic: Float64Array }
  /** The state before the first step; `products` are the summed residual products, row by row. */
  startOwned(problem: OwnedProblem, x: FloatArray, products: FloatArray): OwnedState
  stepOwned(problem: OwnedProblem, state: OwnedState, products: FloatArray): OwnedState
}

export const blockRanks = 1024

export function packedLength(factors: number): number {
  return (factors * (factors + 3)) / 2
}

/** x' A x - 2 b x of packed equations, for the row's vector. */
export function packedQuadratic(total: Float64Array, vectors: FloatArray, row: number, factors: number): number {
  const x = vectors.subarray(row * factors, (row + 1) * factors)
  let quadratic = 0
  let from = 0
  for (let i = 0; i < factors; i++) {
    let line = 0
    for (let j = 0; j < i; j++) line += total[from++]! * x[j]!
    quadratic += x[i]! * (2 * line + total[from++]! * x[i]!)
  }
  for (let i = 0; i < factors; i++) quadratic -= 2 * x[i]! * total[from++]!
  return quadratic
}
