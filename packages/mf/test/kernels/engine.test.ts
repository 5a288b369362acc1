/** The SIMD kernels against their plain f64 twins. */
import {
  f64Engine,
  kernelBytes,
  openEngine,
  packedLength,
  type Engine,
  type Entries,
  type FloatArray,
  type OwnedProblem,
  type Products,
  type RowProblem,
  type Solver,
} from '@gridify/mf/kernels'
import { describe, expect, test } from 'vitest'
import { mulberry32 } from '../../dist/mulberry32.js'
import { testArena } from './test-arena.ts'

const sizes = [1, 3, 4, 10, 32, 40, 64, 130]

function problem(factors: number, rowLengths: readonly number[]): RowProblem & { start: Float32Array } {
  const random = mulberry32(factors)
  const inboxRows = 300
  const numbers = (length: number, scale: number) => Float32Array.from({ length }, () => (random() - 0.5) * scale)
  const offsets = new Int32Array(rowLengths.length + 1)
  for (const [row, length] of rowLengths.entries()) offsets[row + 1] = offsets[row]! + length
  const total = offsets.at(-1)!
  const inbox = [numbers(100 * factors, 0.4), numbers((inboxRows - 100) * factors, 0.4)]
  const all = Float32Array.from([...inbox[0]!, ...inbox[1]!])
  return {
    factors,
    offsets,
    slots: Int32Array.from({ length: total }, () => Math.floor(random() * inboxRows)),
    weights: Float32Array.from({ length: total }, () => 0.1 + 5 * random()),
    inbox,
    gram: f64Engine()
      .sumBlocks(all, factors)[0]!
      .slice(0, factors * factors)
      .map((value) => value * 0.1),
    regularization: Float64Array.from(rowLengths, (length) => 0.01 * (length + 30)),
    bonus: 0.1,
    start: numbers(rowLengths.length * factors, 0.2),
  }
}
const lengths = [3, 0, 1, 17, 64, 65, 200, 8, 0, 5]
const engines: [string, () => Engine][] = (['simd4', 'simd8'] as const).map((variant) => [
  variant,
  () => openEngine(variant, kernelBytes, { arena: testArena(), slot: { get: (_key, create) => create() } }),
])
const error = (found: ArrayLike<number>, expected: ArrayLike<number>) => {
  let off = 0
  let size = 0
  for (let i = 0; i < expected.length; i++) {
    off = Math.max(off, Math.abs(found[i]! - expected[i]!))
    size = Math.max(size, Math.abs(expected[i]!))
  }
  return expected.length === found.length ? off / size : NaN
}

describe.each(engines)('%s', (_variant, open) => {
  test.each(sizes)('solves rows exactly with %i factors', (factors) => {
    const given = problem(factors, lengths)
    const found = open().solveRows(given, { kind: 'cholesky' })
    const expected = f64Engine().solveRows(given, { kind: 'cholesky' })
    expect(error(found.vectors, expected.vectors)).toBeLessThan(1e-6)
    expect(error(found.blockSums[0]!, expected.blockSums[0]!)).toBeLessThan(1e-6)
  })
  test.each(sizes)('takes steps of conjugate gradients with %i factors', (factors) => {
    const given = problem(factors, lengths)
    const solver = { kind: 'cg', steps: 3, start: given.start } as const
    const found = open().solveRows(given, solver)
    const expected = f64Engine().solveRows(given, solver)
    expect(error(found.vectors, expected.vectors)).toBeLessThan(2e-5)
    expect(error(found.blockSums[0]!, expected.blockSums[0]!)).toBeLessThan(1e-5)
  })
  test('a row that is too long to gather at once gives what a short one would', () => {
    const given = problem(130, [2500, 7])
    const solver = { kind: 'cg', steps: 3, start: given.start } as const
    expect(error(open().solveRows(given, solver).vectors, f64Engine().solveRows(given, solver).vectors)).toBeLessThan(
      1e-4,
    )
  })
  test.each([{ kind: 'cholesky' }, { kind: 'cg', steps: 2 }] as const)(
    'a row has the same bits in any company: $kind',
    (solver) => {
      const given = problem(10, lengths)
      const from = (start: FloatArray): Solver => (solver.kind === 'cg' ? { ...solver, start } : solver)
      const whole = open().solveRows(given, from(given.start))
      for (const row of lengths.keys()) {
        const [first, end] = [given.offsets[row]!, given.offsets[row + 1]!]
        const alone = {
          ...given,
          offsets: Int32Array.of(0, end - first),
          slots: given.slots.slice(first, end),
          weights: given.weights.slice(first, end),
          regularization: given.regularization.slice(row, row + 1),
        }
        const start = given.start.slice(row * 10, (row + 1) * 10)
        expect(open().solveRows(alone, from(start)).vectors).toEqual(whole.vectors.slice(row * 10, (row + 1) * 10))
      }
    },
  )
  test('Gram matrices of blocks of 1,024 rows are those of the twin', () => {
    const vectors = Float32Array.from({ length: 2100 * 6 }, mulberry32(1))
    const found = open().sumBlocks(vectors, 6)
    const expected = f64Engine().sumBlocks(vectors, 6)
    expect(found).toHaveLength(3)
    for (const [i, block] of found.entries()) expect(error(block, expected[i]!)).toBeLessThan(1e-12)
  })
  test.each(sizes)('parts of rows add up to whole rows with %i factors', (factors) => {
    const given = problem(factors, lengths)
    const rows = Int32Array.from(lengths.keys())
    const counts = Int32Array.from(lengths)
    const owned: OwnedProblem = { factors, gram: given.gram, regularization: given.regularization, counts }
    const cells = halves(given).map((entries) => open().openCell(entries, given.inbox, factors, given.bonus))
    const equations = cells.map((cell) => cell.normalEquations(rows))
    const size = packedLength(factors)
    const { vectors } = open().solveOwned(owned, (row, total) => {
      for (const part of equations) for (let j = 0; j < size; j++) total[j]! += part[row * size + j]!
    })
    expect(error(vectors, f64Engine().solveRows(given, { kind: 'cholesky' }).vectors)).toBeLessThan(1e-5)
    const start = given.start.map((value, i) => (counts[Math.floor(i / factors)] === 0 ? 0 : value))
    const productsOf = (v: Float32Array | Float64Array, kind: Products) => {
      const parts = cells.map((cell) => cell.products(rows, v, kind).vectors)
      return parts[0]!.map((value, i) => value + parts[1]![i]!)
    }
    let state = open().startOwned(owned, start, productsOf(start, 'residual'))
    for (let step = 0; step < 3; step++) state = open().stepOwned(owned, state, productsOf(state.p, 'product'))
    expect(error(state.x, f64Engine().solveRows(given, { kind: 'cg', steps: 3, start }).vectors)).toBeLessThan(2e-5)
  })
})

/** Each row's entries, dealt to two cells. */
function halves({ offsets, slots, weights }: Entries): Entries[] {
  return [0, 1].map((side) => {
    const kept: number[] = []
    const own = new Int32Array(offsets.length)
    for (let row = 0; row + 1 < offsets.length; row++) {
      for (let e = offsets[row]!; e < offsets[row + 1]!; e++) if (e % 2 === side) kept.push(e)
      own[row + 1] = kept.length
    }
    return {
      offsets: own,
      slots: Int32Array.from(kept, (e) => slots[e]!),
      weights: Float32Array.from(kept, (e) => weights[e]!),
    }
  })
}
