/** The engine on the SIMD kernels: copies a problem into the executor's arena, runs, and copies the answer out. */

import type { Arena } from '@gridify/core'
import { padded, place, readVectors, writeMatrix, writeVectors } from './arena-layout.ts'
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
  type SolvedRows,
  type Solver,
} from './engine.ts'
import type { SimdExports } from './simd-exports.ts'
import type { FloatArray } from './vectors.ts'

/** Rows whose gathered vectors take more numbers than this are gathered anew in every pass. */
const gatherNumbers = 131_072

export function simdEngine(variant: 'simd4' | 'simd8', kernels: SimdExports, arena: Arena): Engine {
  const block = variant === 'simd4' ? 4 : 8
  return {
    variant,
    solveRows: (problem, solver) => solveRows(kernels, arena, block, problem, solver),
    sumBlocks(vectors, factors) {
      const rows = vectors.length / factors
      const width = padded(factors)
      const at = place(arena, { vectors: rows * width * 4, sums: width * width * 8 + 16, scratch: 64 * width * 8 })
      writeVectors(arena, at.vectors, [vectors], factors)
      const sums = blockSums(kernels, arena, at, rows, factors, () => {})
      at.release()
      return sums
    },
    openCell: (entries, inbox, factors, bonus) => openCell(kernels, arena, block, entries, inbox, factors, bonus),
    solveOwned: (problem, sumOf) => solveOwned(kernels, arena, problem, sumOf),
    startOwned: (problem, x, products) =>
      ownedRows(
        kernels,
        arena,
        problem,
        { x, r: products, p: x, rho: new Float32Array(problem.counts.length) },
        undefined,
      ),
    stepOwned: (problem, state, products) => ownedRows(kernels, arena, problem, state, products),
  }
}

/** How many entries are gathered at once: a multiple of 8, no more than the longest row has. */
function gatherCapacity(offsets: Int32Array, width: number): number {
  let longest = 8
  for (let row = 1; row < offsets.length; row++) longest = Math.max(longest, offsets[row]! - offsets[row - 1]!)
  return Math.max(8, Math.min((longest + 7) & ~7, Math.floor(gatherNumbers / width) & ~7))
}

/** Vectors leave gaps where they are padded. */
function writtenWhole(factors: number): readonly ('offsets' | 'slots' | 'weights' | 'inbox')[] {
  const entries = ['offsets', 'slots', 'weights'] as const
  return padded(factors) === factors ? [...entries, 'inbox'] : entries
}

function writeEntries(arena: Arena, at: { offsets: number; slots: number; weights: number }, entries: Entries): void {
  const { buffer } = arena.memory
  new Int32Array(buffer, at.offsets, entries.offsets.length).set(entries.offsets)
  new Int32Array(buffer, at.slots, entries.slots.length).set(entries.slots)
  new Float32Array(buffer, at.weights, entries.weights.length).set(entries.weights)
}

function entrySizes({ offsets, slots }: Entries, inbox: readonly FloatArray[], factors: number) {
  const numbers = inbox.reduce((sum, part) => sum + part.length, 0)
  return {
    offsets: offsets.length * 4,
    slots: slots.length * 4,
    weights: slots.length * 4,
    inbox: (numbers / factors) * padded(factors) * 4,
  }
}

function solveRows(kernels: SimdExports, arena: Arena, block: number, problem: RowProblem, solver: Solver): SolvedRows {
  const { factors, inbox, bonus } = problem
  const rows = problem.offsets.length - 1
  const width = padded(factors)
  const capacity = gatherCapacity(problem.offsets, width)
  const at = place(
    arena,
    {
      ...entrySizes(problem, inbox, factors),
      vectors: rows * width * 4,
      lambdas: rows * 8,
      gram: width * width * 8,
      sums: width * width * 8 + 16,
      scratch: Math.max(3 * width * 4 + capacity * (8 + width * 4), width * width * 8 + 129 * width * 8),
    },
    writtenWhole(factors),
  )
  writeEntries(arena, at, problem)
  writeVectors(arena, at.inbox, inbox, factors)
  new Float64Array(arena.memory.buffer, at.lambdas, rows).set(problem.regularization)
  writeMatrix(arena, at.gram, problem.gram, factors, solver.kind === 'cholesky' ? 'f64' : 'f32')
  if (solver.kind === 'cholesky')
    kernels.choleskyRows(
      at.offsets,
      at.slots,
      at.weights,
      at.inbox,
      at.vectors,
      at.lambdas,
      at.gram,
      0,
      rows,
      width,
      bonus,
      at.scratch,
    )
  else {
    writeVectors(arena, at.vectors, [solver.start], factors)
    kernels.conjugateGradientRows(
      at.offsets,
      at.slots,
      at.weights,
      at.inbox,
      at.vectors,
      at.lambdas,
      at.gram,
      0,
      rows,
      width,
      solver.steps,
      bonus,
      at.scratch,
      capacity,
      block,
    )
  }
  const sums = blockSums(kernels, arena, at, rows, factors, (from, to, out) => {
    kernels.loss(at.offsets, at.slots, at.weights, at.inbox, at.vectors, at.lambdas, from, to, width, bonus, out)
  })
  const vectors = readVectors(arena, at.vectors, rows, factors)
  at.release()
  return { vectors, blockSums: sums }
}

/** Gram matrix and loss terms of each block of rows that lie in the arena. */
function blockSums(
  kernels: SimdExports,
  arena: Arena,
  at: { vectors: number; sums: number; scratch: number },
  rows: number,
  factors: number,
  addLoss: (from: number, to: number, out: number) => void,
): Float64Array[] {
  const width = padded(factors)
  const matrix = new Float64Array(arena.memory.buffer, at.sums, width * width + 2)
  const all: Float64Array[] = []
  for (let from = 0; from < rows; from += blockRanks) {
    const to = Math.min(rows, from + blockRanks)
    kernels.gram(at.vectors + from * width * 4, to - from, width, at.sums, at.scratch)
    matrix[width * width] = 0
    matrix[width * width + 1] = 0
    addLoss(from, to, at.sums + width * width * 8)
    const sums = new Float64Array(factors * factors + 2)
    for (let i = 0; i < factors; i++)
      for (let j = 0; j <= i; j++) sums[i * factors + j] = sums[j * factors + i] = matrix[i * width + j]!
    sums[factors * factors] = matrix[width * width]!
    sums[factors * factors + 1] = matrix[width * width + 1]!
    all.push(sums)
  }
  return all
}

function openCell(
  kernels: SimdExports,
  arena: Arena,
  block: number,
  entries: Entries,
  inbox: readonly FloatArray[],
  factors: number,
  bonus: number,
): Cell {
  const width = padded(factors)
  const capacity = gatherCapacity(entries.offsets, width)
  const at = place(
    arena,
    {
      ...entrySizes(entries, inbox, factors),
      matrix: width * width * 8,
      right: width * 8,
      v: width * 4,
      out: width * 4,
      lambda: 8,
      sums: 16,
      scratch: Math.max(capacity * (8 + width * 4), 128 * width * 8),
    },
    writtenWhole(factors),
  )
  writeEntries(arena, at, entries)
  writeVectors(arena, at.inbox, inbox, factors)
  const { buffer } = arena.memory
  const matrix = new Float64Array(buffer, at.matrix, width * width)
  const right = new Float64Array(buffer, at.right, width)
  const vector = new Float32Array(buffer, at.v, width)
  const out = new Float32Array(buffer, at.out, width)
  const sums = new Float64Array(buffer, at.sums, 2)
  const { offsets } = entries
  return {
    normalEquations(rows) {
      const packed = new Float32Array(rows.length * packedLength(factors))
      let to = 0
      for (const row of rows) {
        matrix.fill(0)
        right.fill(0)
        kernels.addNormalEquations(
          at.slots,
          at.weights,
          at.inbox,
          offsets[row]!,
          offsets[row + 1]!,
          width,
          bonus,
          at.matrix,
          at.right,
          at.scratch,
        )
        for (let i = 0; i < factors; i++) {
          packed.set(matrix.subarray(i * width, i * width + i + 1), to)
          to += i + 1
        }
        packed.set(right.subarray(0, factors), to)
        to += factors
      }
      return packed
    },
    products(rows, v, kind) {
      const residual = kind === 'product' ? 0 : 1
      const measured = kind === 'measured residual'
      const vectors = new Float32Array(rows.length * factors)
      const quadratic = new Float64Array(measured ? rows.length : 0)
      for (const [i, row] of rows.entries()) {
        vector.set(v.subarray(i * factors, (i + 1) * factors))
        out.fill(0)
        kernels.addRowProducts(
          at.slots,
          at.weights,
          at.inbox,
          offsets[row]!,
          offsets[row + 1]!,
          width,
          bonus,
          residual,
          at.v,
          at.out,
          at.scratch,
          capacity,
          block,
        )
        vectors.set(out.subarray(0, factors), i * factors)
        if (!measured) continue
        // The loss of one row with its vector at `v`; its constant, sum w + bonus, is taken off again.
        sums.fill(0)
        kernels.loss(at.offsets + row * 4, at.slots, at.weights, at.inbox, at.v, at.lambda, 0, 1, width, bonus, at.sums)
        let constant = 0
        for (let e = offsets[row]!; e < offsets[row + 1]!; e++) constant += entries.weights[e]! + bonus
        quadratic[i] = sums[0]! - constant
      }
      return { vectors, quadratic }
    },
  }
}

function solveOwned(
  kernels: SimdExports,
  arena: Arena,
  problem: OwnedProblem,
  sumOf: (row: number, total: Float64Array) => void,
): ReturnType<Engine['solveOwned']> {
  const { factors, gram, regularization, counts } = problem
  const width = padded(factors)
  const at = place(arena, { matrix: width * width * 8, right: width * 8 })
  const matrix = new Float64Array(arena.memory.buffer, at.matrix, width * width)
  const right = new Float64Array(arena.memory.buffer, at.right, width)
  const total = new Float64Array(packedLength(factors))
  const vectors = new Float32Array(counts.length * factors)
  const quadratic = new Float64Array(counts.length)
  for (const [row, count] of counts.entries()) {
    if (count === 0) continue
    total.fill(0)
    sumOf(row, total)
    const lambda = regularization[row]!
    let from = 0
    for (let i = 0; i < factors; i++) {
      for (let j = 0; j <= i; j++) matrix[i * width + j] = gram[i * factors + j]! + total[from++]!
      matrix[i * width + i]! += lambda
      right[i] = total[total.length - factors + i]!
    }
    for (let i = factors; i < width; i++) {
      matrix.fill(0, i * width, i * width + i)
      matrix[i * width + i] = 1
      right[i] = 0
    }
    kernels.factorAndSolve(at.matrix, at.right, width)
    for (let i = 0; i < factors; i++) vectors[row * factors + i] = right[i]!
    quadratic[row] = packedQuadratic(total, vectors, row, factors)
  }
  at.release()
  return { vectors, quadratic }
}

/** One round of all owned rows: the first where `products` is missing (`state.r` then holds the residual products). */
function ownedRows(
  kernels: SimdExports,
  arena: Arena,
  problem: OwnedProblem,
  state: OwnedState,
  products: FloatArray | undefined,
): OwnedState {
  const { factors, gram, regularization, counts } = problem
  const rows = counts.length
  const width = padded(factors)
  const bytes = rows * width * 4
  const at = place(arena, {
    gram: width * width * 4,
    x: bytes,
    r: bytes,
    p: bytes,
    products: products ? bytes : 0,
    scratch: width * 4,
  })
  writeMatrix(arena, at.gram, gram, factors, 'f32')
  for (const name of ['x', 'r', 'p'] as const) writeVectors(arena, at[name], [state[name]], factors)
  if (products) writeVectors(arena, at.products, [products], factors)
  const rho = new Float32Array(rows)
  for (const [row, count] of counts.entries()) {
    if (count === 0) continue
    const own = row * width * 4
    const lambda = regularization[row]!
    rho[row] = products
      ? kernels.stepOwned(
          at.gram,
          width,
          lambda,
          at.x + own,
          at.r + own,
          at.p + own,
          at.products + own,
          at.scratch,
          state.rho[row]!,
        )
      : kernels.startOwned(at.gram, width, lambda, at.x + own, at.r + own, at.p + own, at.scratch)
  }
  const [x, r, p] = (['x', 'r', 'p'] as const).map((name) => readVectors(arena, at[name], rows, factors)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ]
  at.release()
  return { x, r, p, rho }
}
