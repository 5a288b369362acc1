/** What a task asks of the kernels, whichever variant runs: whole rows (half), or partial sums and their owners (full). */

import type { FloatArray, KernelVariant } from './vectors.ts'

/** Rows in compressed form: row r has entries offsets[r] to offsets[r + 1]. */
export interface Entries {
  /** One more than there are rows. */
  readonly offsets: Int32Array
  /** Which vector of the inbox each entry means. */
  readonly slots: Int32Array
  /** Confidence above the unobserved weight. */
  readonly weights: FloatArray
}

/** Rows to be solved, with all that they need. */
export interface RowProblem extends Entries {
  /** The length of a vector. */
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

/** Exactly, or by conjugate gradients from the vectors `start` in `steps` steps. */
export type Solver = CholeskySolver | ConjugateGradientSolver

/** Solves each row exactly. */
export interface CholeskySolver {
  /** Tells it from the other one. */
  readonly kind: 'cholesky'
}

/** Goes a few steps towards the solution. */
export interface ConjugateGradientSolver {
  /** Tells it from the other one. */
  readonly kind: 'cg'
  /** How many. */
  readonly steps: number
  /** The vectors to begin with, row by row. */
  readonly start: FloatArray
}

/** What came of rows. */
export interface SolvedRows {
  /** The new vectors, row by row. */
  readonly vectors: FloatArray
  /** Per block of 1,024 rows the Gram matrix and behind it the observed loss and the regularisation. */
  readonly blockSums: readonly Float64Array[]
}

/** Vectors with what their rows add to the loss. */
export interface MeasuredVectors {
  /** Row by row. */
  readonly vectors: FloatArray
  /** Each row's sum w s^2 - 2 (w + bonus) s, where it was measured. */
  readonly quadratic: Float64Array
}

/** What is summed over a row's ratings: the product with a matrix, or the residual, measured or not. */
export type Products = 'product' | 'residual' | 'measured residual'

/**
 * Some ratings of rows whose other ratings lie elsewhere, with the vectors that they need.
 * @example
 * const entries = { offsets: Int32Array.of(0, 1), slots: Int32Array.of(0), weights: Float64Array.of(3) }
 * const cell = f64Engine().openCell(entries, [Float64Array.of(2)], 1, 0)
 * cell.normalEquations(Int32Array.of(0)) // Float64Array.of(12, 6)
 */
export interface Cell {
  /** For each row of `rows`: the lower triangle of sum w y y' by rows, then sum (w + bonus) y. */
  normalEquations(rows: Int32Array): FloatArray
  /**
   * For each row of `rows` and vector of `v`: sum h y with h = w (y.v), or (w + bonus) - w (y.v) for residuals; where
   * measured, also the row's sum w s^2 - 2 (w + bonus) s in `quadratic`.
   */
  products(rows: Int32Array, v: FloatArray, kind: Products): MeasuredVectors
}

/** Conjugate gradients between rounds, row by row. */
export interface OwnedState {
  /** The solutions so far. */
  readonly x: FloatArray
  /** What is left. */
  readonly r: FloatArray
  /** Where the next step goes. */
  readonly p: FloatArray
  /** The squared length of what is left. */
  readonly rho: FloatArray
}

/** Rows whose ratings lie elsewhere, as their owner sees them. */
export interface OwnedProblem {
  /** The length of a vector. */
  readonly factors: number
  /** As in RowProblem. */
  readonly gram: Float64Array
  /** As in RowProblem. */
  readonly regularization: Float64Array
  /** Entries per row over all cells; a row without is zero. */
  readonly counts: Int32Array
}

/**
 * The kernels of a variant, as tasks call them.
 * @example
 * const rows = { offsets: Int32Array.of(0, 1), slots: Int32Array.of(0), weights: Float64Array.of(1) }
 * const rest = { factors: 1, gram: Float64Array.of(0), regularization: Float64Array.of(0), bonus: 0 }
 * const { vectors } = f64Engine().solveRows({ ...rows, ...rest, inbox: [Float64Array.of(2)] }, { kind: 'cholesky' })
 * vectors // Float64Array.of(0.5)
 */
export interface Engine {
  /** Which it is. */
  readonly variant: KernelVariant
  /** Solves rows whose ratings are all here. */
  solveRows(problem: RowProblem, solver: Solver): SolvedRows
  /** Per block of 1,024 rows the Gram matrix and two zeros. */
  sumBlocks(vectors: FloatArray, factors: number): Float64Array[]
  /** Readies some ratings of rows whose other ratings lie elsewhere. */
  openCell(entries: Entries, inbox: readonly FloatArray[], factors: number, bonus: number): Cell
  /**
   * Solves each row from its summed packed equations, which `sumOf` adds to the zeroed `total` it is given.
   * All rows are measured.
   */
  solveOwned(problem: OwnedProblem, sumOf: (row: number, total: Float64Array) => void): MeasuredVectors
  /** The state before the first step; `products` are the summed residual products, row by row. */
  startOwned(problem: OwnedProblem, x: FloatArray, products: FloatArray): OwnedState
  /** The state after a step; `products` are the summed products of the matrix with `state.p`, row by row. */
  stepOwned(problem: OwnedProblem, state: OwnedState, products: FloatArray): OwnedState
}

/** How many ranks a block has; a partition holds whole blocks. */
export const blockRanks = 1024

/**
 * How many numbers the packed equations of a row take: the lower triangle of its matrix, and the right-hand side.
 * @example
 * packedLength(2) // 5
 */
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
