/** The engine in plain TypeScript and f64: the oracle of the SIMD kernels, and the option `kernel: 'f64'`. */

import { choleskySolve, gramOf } from './dense.ts'
import {
  blockRanks,
  packedLength,
  packedQuadratic,
  type Cell,
  type Engine,
  type Entries,
  type OwnedProblem,
  type OwnedState,
  type RowProblem,
} from './engine.ts'
import { observedLoss, solveCholesky, solveConjugateGradient } from './solve-rows.ts'
import type { FloatArray } from './vectors.ts'

/**
 * The engine in plain TypeScript and f64, which runs everywhere: what the SIMD kernels are compared with.
 * @example
 * f64Engine().sumBlocks(Float64Array.of(1, 2), 2)[0] // Float64Array.of(1, 2, 2, 4, 0, 0)
 */
export function f64Engine(): Engine {
  return {
    variant: 'f64',
    solveRows(problem, solver) {
      const inbox = joinParts(problem.inbox)
      const vectors =
        solver.kind === 'cholesky'
          ? solveCholesky(problem, inbox)
          : solveConjugateGradient(problem, inbox, solver.start, solver.steps)
      return {
        vectors,
        blockSums: blockSums(vectors, problem.factors, (row) => lossTerms(problem, inbox, vectors, row)),
      }
    },
    sumBlocks: (vectors, factors) => blockSums(vectors, factors, () => [0, 0]),
    openCell,
    solveOwned,
    startOwned,
    stepOwned,
  }
}

function joinParts(parts: readonly FloatArray[]): Float64Array {
  const joined = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}

function lossTerms(problem: RowProblem, inbox: Float64Array, vectors: FloatArray, row: number): [number, number] {
  const { factors } = problem
  let norm = 0
  for (let i = row * factors; i < (row + 1) * factors; i++) norm += vectors[i]! * vectors[i]!
  return [observedLoss(problem, inbox, vectors, row, row), problem.regularization[row]! * norm]
}

function blockSums(vectors: FloatArray, factors: number, lossOf: (row: number) => [number, number]): Float64Array[] {
  const rows = vectors.length / factors
  const all: Float64Array[] = []
  for (let from = 0; from < rows; from += blockRanks) {
    const to = Math.min(rows, from + blockRanks)
    const sums = new Float64Array(factors * factors + 2)
    sums.set(gramOf(vectors, from, to, factors))
    for (let row = from; row < to; row++) {
      const [observed, regularization] = lossOf(row)
      sums[factors * factors]! += observed
      sums[factors * factors + 1]! += regularization
    }
    all.push(sums)
  }
  return all
}

function openCell(entries: Entries, parts: readonly FloatArray[], f: number, bonus: number): Cell {
  const inbox = joinParts(parts)
  const { offsets, slots, weights } = entries
  return {
    normalEquations(rows) {
      const size = packedLength(f)
      const packed = new Float64Array(rows.length * size)
      for (const [at, row] of rows.entries()) {
        const to = at * size
        const right = to + size - f
        for (let e = offsets[row]!; e < offsets[row + 1]!; e++) {
          const y = slots[e]! * f
          const w = weights[e]!
          for (let i = 0, line = to; i < f; i++) {
            const wy = w * inbox[y + i]!
            packed[right + i]! += (w + bonus) * inbox[y + i]!
            for (let j = 0; j <= i; j++) packed[line++]! += wy * inbox[y + j]!
          }
        }
      }
      return packed
    },
    products(rows, v, kind) {
      const residual = kind !== 'product'
      const measured = kind === 'measured residual'
      const vectors = new Float64Array(rows.length * f)
      const quadratic = new Float64Array(measured ? rows.length : 0)
      for (const [at, row] of rows.entries()) {
        let constant = 0
        for (let e = offsets[row]!; e < offsets[row + 1]!; e++) {
          const y = slots[e]! * f
          let h = 0
          for (let i = 0; i < f; i++) h += inbox[y + i]! * v[at * f + i]!
          h *= weights[e]!
          if (residual) h = weights[e]! + bonus - h
          for (let i = 0; i < f; i++) vectors[at * f + i]! += h * inbox[y + i]!
          constant += weights[e]! + bonus
        }
        if (measured) quadratic[at] = observedLoss({ ...entries, factors: f, bonus }, inbox, v, at, row) - constant
      }
      return { vectors, quadratic }
    },
  }
}

function solveOwned(
  { factors: f, gram, regularization, counts }: OwnedProblem,
  sumOf: (row: number, total: Float64Array) => void,
): ReturnType<Engine['solveOwned']> {
  const vectors = new Float64Array(counts.length * f)
  const quadratic = new Float64Array(counts.length)
  const total = new Float64Array(packedLength(f))
  const a = new Float64Array(f * f)
  for (const [row, count] of counts.entries()) {
    if (count === 0) continue
    total.fill(0)
    sumOf(row, total)
    for (let i = 0, from = 0; i < f; i++) {
      for (let j = 0; j <= i; j++) a[i * f + j] = gram[i * f + j]! + total[from++]!
      a[i * f + i]! += regularization[row]!
    }
    const b = total.slice(total.length - f)
    choleskySolve(a, b, f)
    vectors.set(b, row * f)
    quadratic[row] = packedQuadratic(total, vectors, row, f)
  }
  return { vectors, quadratic }
}

/** out = G v + lambda v for the row of `v` that begins at `from`. */
function multiplyGram(gram: Float64Array, lambda: number, v: FloatArray, from: number, f: number): Float64Array {
  const out = new Float64Array(f)
  for (let i = 0; i < f; i++) {
    let sum = lambda * v[from + i]!
    for (let j = 0; j < f; j++) sum += gram[i * f + j]! * v[from + j]!
    out[i] = sum
  }
  return out
}

function startOwned(
  { factors: f, gram, regularization, counts }: OwnedProblem,
  x: FloatArray,
  products: FloatArray,
): OwnedState {
  const r = Float64Array.from(products)
  const rho = new Float64Array(counts.length)
  for (const [row, count] of counts.entries()) {
    if (count === 0) continue
    const own = multiplyGram(gram, regularization[row]!, x, row * f, f)
    for (let i = 0; i < f; i++) {
      r[row * f + i]! -= own[i]!
      rho[row]! += r[row * f + i]! ** 2
    }
  }
  return { x: Float64Array.from(x), r, p: r.slice(), rho }
}

function stepOwned(
  { factors: f, gram, regularization, counts }: OwnedProblem,
  state: OwnedState,
  products: FloatArray,
): OwnedState {
  const [x, r, p, rho] = [state.x, state.r, state.p, state.rho].map((part) => Float64Array.from(part)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ]
  for (const [row, count] of counts.entries()) {
    if (count === 0 || !(rho[row]! > 1e-20)) continue
    const from = row * f
    const ap = multiplyGram(gram, regularization[row]!, p, from, f)
    let pap = 0
    for (let i = 0; i < f; i++) {
      ap[i]! += products[from + i]!
      pap += p[from + i]! * ap[i]!
    }
    const length = rho[row]! / Math.max(pap, 1e-38)
    let next = 0
    for (let i = 0; i < f; i++) {
      x[from + i]! += length * p[from + i]!
      r[from + i]! -= length * ap[i]!
      next += r[from + i]! ** 2
    }
    const beta = next / rho[row]!
    for (let i = 0; i < f; i++) p[from + i] = r[from + i]! + beta * p[from + i]!
    rho[row] = next
  }
  return { x, r, p, rho }
}
