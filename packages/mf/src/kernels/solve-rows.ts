/**
 * Rows in plain f64: each row's vector from the vectors of what it has rated.
 * Normal equations of Hu, Koren, Volinsky 2008, eq. 4, with the weights of Rendle et al. 2021, eq. 3:
 * (a0 G + sum w y y' + lambda I) x = sum (w + bonus) y. Rows without ratings are zero.
 */

import { choleskySolve } from './dense.ts'
import type { Entries, RowProblem } from './engine.ts'
import type { FloatArray } from './vectors.ts'

/**
 * Solves every row exactly.
 * @example
 * const rows = { offsets: Int32Array.of(0, 1), slots: Int32Array.of(0), weights: Float64Array.of(1) }
 * const problem = { ...rows, factors: 1, gram: Float64Array.of(0), regularization: Float64Array.of(0), bonus: 0 }
 * solveCholesky(problem, Float64Array.of(2)) // Float64Array.of(0.5)
 */
export function solveCholesky(problem: Omit<RowProblem, 'inbox'>, inbox: FloatArray): Float64Array {
  const { factors: f, offsets, slots, weights, gram, regularization, bonus } = problem
  const rows = offsets.length - 1
  const out = new Float64Array(rows * f)
  const a = new Float64Array(f * f)
  const b = new Float64Array(f)
  for (let row = 0; row < rows; row++) {
    const from = offsets[row]!
    const to = offsets[row + 1]!
    if (from === to) continue
    a.set(gram)
    b.fill(0)
    for (let e = from; e < to; e++) {
      const y = slots[e]! * f
      const w = weights[e]!
      for (let i = 0; i < f; i++) {
        const wy = w * inbox[y + i]!
        b[i]! += (w + bonus) * inbox[y + i]!
        const line = i * f
        for (let j = 0; j <= i; j++) a[line + j]! += wy * inbox[y + j]!
      }
    }
    for (let i = 0; i < f; i++) a[i * f + i]! += regularization[row]!
    choleskySolve(a, b, f)
    out.set(b, row * f)
  }
  return out
}

/**
 * Takes `steps` steps of conjugate gradients from `start`, as in implicit (B. Frederickson): no matrix is formed.
 * @example
 * const rows = { offsets: Int32Array.of(0, 1), slots: Int32Array.of(0), weights: Float64Array.of(1) }
 * const problem = { ...rows, factors: 1, gram: Float64Array.of(0), regularization: Float64Array.of(0), bonus: 0 }
 * solveConjugateGradient(problem, Float64Array.of(2), Float64Array.of(0), 1) // Float64Array.of(0.5)
 */
export function solveConjugateGradient(
  problem: Omit<RowProblem, 'inbox'>,
  inbox: FloatArray,
  start: FloatArray,
  steps: number,
): Float64Array {
  const { factors: f, offsets, slots, weights, gram, regularization, bonus } = problem
  const rows = offsets.length - 1
  const out = new Float64Array(rows * f)
  let gathered = new Float64Array(0)
  const x = new Float64Array(f)
  const r = new Float64Array(f)
  const p = new Float64Array(f)
  const ap = new Float64Array(f)
  const multiply = (v: Float64Array, lambda: number, from: number, to: number) => {
    for (let i = 0; i < f; i++) {
      const line = i * f
      let sum = lambda * v[i]!
      for (let j = 0; j < f; j++) sum += gram[line + j]! * v[j]!
      ap[i] = sum
    }
    for (let e = from, y = 0; e < to; e++, y += f) {
      let dot = 0
      for (let i = 0; i < f; i++) dot += gathered[y + i]! * v[i]!
      dot *= weights[e]!
      for (let i = 0; i < f; i++) ap[i]! += dot * gathered[y + i]!
    }
  }
  for (let row = 0; row < rows; row++) {
    const from = offsets[row]!
    const to = offsets[row + 1]!
    if (from === to) continue
    // Gathered once: all passes over the row then read it in order.
    if (gathered.length < (to - from) * f) gathered = new Float64Array((to - from) * f * 2)
    for (let e = from, y = 0; e < to; e++, y += f) {
      const slot = slots[e]! * f
      for (let i = 0; i < f; i++) gathered[y + i] = inbox[slot + i]!
    }
    x.set(start.subarray(row * f, row * f + f))
    const lambda = regularization[row]!
    multiply(x, lambda, from, to)
    for (let i = 0; i < f; i++) r[i] = -ap[i]!
    for (let e = from, y = 0; e < to; e++, y += f) {
      const w = weights[e]! + bonus
      for (let i = 0; i < f; i++) r[i]! += w * gathered[y + i]!
    }
    p.set(r)
    let rho = 0
    for (let i = 0; i < f; i++) rho += r[i]! * r[i]!
    for (let step = 0; step < steps && rho > 1e-20; step++) {
      multiply(p, lambda, from, to)
      let pap = 0
      for (let i = 0; i < f; i++) pap += p[i]! * ap[i]!
      const a = rho / Math.max(pap, 1e-38)
      let next = 0
      for (let i = 0; i < f; i++) {
        x[i]! += a * p[i]!
        r[i]! -= a * ap[i]!
        next += r[i]! * r[i]!
      }
      const beta = next / rho
      for (let i = 0; i < f; i++) p[i] = r[i]! + beta * p[i]!
      rho = next
    }
    out.set(x, row * f)
  }
  return out
}

/**
 * What needs ratings in the loss of `row`, whose vector is number `at`: sum of (w + bonus)(s - 1)^2 - bonus s^2.
 * @example
 * const rows = { offsets: Int32Array.of(0, 1), slots: Int32Array.of(0), weights: Float64Array.of(3) }
 * observedLoss({ ...rows, factors: 1, bonus: 0 }, Float64Array.of(2), Float64Array.of(1), 0, 0) // 3
 */
export function observedLoss(
  problem: Entries & { readonly factors: number; readonly bonus: number },
  inbox: FloatArray,
  vectors: FloatArray,
  at: number,
  row: number,
): number {
  const { factors: f, offsets, slots, weights, bonus } = problem
  let loss = 0
  for (let e = offsets[row]!; e < offsets[row + 1]!; e++) {
    const y = slots[e]! * f
    let s = 0
    for (let i = 0; i < f; i++) s += vectors[at * f + i]! * inbox[y + i]!
    loss += (weights[e]! + bonus) * (s - 1) ** 2 - bonus * s * s
  }
  return loss
}
