/** Small dense algebra in f64, row by row and in a fixed order, so that a result depends on its row alone. */

import type { FloatArray } from './vectors.ts'

/**
 * The sum of the outer products of the vectors from number `from` to, not with, `to`: a full factors x factors matrix.
 * @example
 * gramOf(Float64Array.of(1, 2, 3, 4), 0, 2, 2) // Float64Array.of(10, 14, 14, 20)
 */
export function gramOf(vectors: FloatArray, from: number, to: number, factors: number): Float64Array {
  const gram = new Float64Array(factors * factors)
  for (let row = from; row < to; row++) {
    const at = row * factors
    for (let i = 0; i < factors; i++) {
      const value = vectors[at + i]!
      if (value === 0) continue
      const line = i * factors
      for (let j = 0; j <= i; j++) gram[line + j]! += value * vectors[at + j]!
    }
  }
  for (let i = 0; i < factors; i++) for (let j = 0; j < i; j++) gram[j * factors + i] = gram[i * factors + j]!
  return gram
}

/**
 * Solves A x = b for a symmetric positive definite A (lower triangle read, overwritten by its factor); b becomes x.
 * @example
 * const b = Float64Array.of(8, 9)
 * choleskySolve(Float64Array.of(4, 0, 0, 9), b, 2)
 * b // Float64Array.of(2, 1)
 */
export function choleskySolve(a: Float64Array, b: Float64Array, n: number): void {
  for (let j = 0; j < n; j++) {
    const rowJ = j * n
    let diagonal = a[rowJ + j]!
    for (let k = 0; k < j; k++) diagonal -= a[rowJ + k]! * a[rowJ + k]!
    const root = Math.sqrt(diagonal)
    a[rowJ + j] = root
    for (let i = j + 1; i < n; i++) {
      const rowI = i * n
      let sum = a[rowI + j]!
      for (let k = 0; k < j; k++) sum -= a[rowI + k]! * a[rowJ + k]!
      a[rowI + j] = sum / root
    }
  }
  for (let i = 0; i < n; i++) {
    let sum = b[i]!
    for (let k = 0; k < i; k++) sum -= a[i * n + k]! * b[k]!
    b[i] = sum / a[i * n + i]!
  }
  for (let i = n - 1; i >= 0; i--) {
    let sum = b[i]!
    for (let k = i + 1; k < n; k++) sum -= a[k * n + i]! * b[k]!
    b[i] = sum / a[i * n + i]!
  }
}
