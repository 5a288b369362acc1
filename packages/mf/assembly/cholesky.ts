// The exact solve of rows: normal equations and their factorisation in f64, from and to f32 vectors.

import { addOuterProducts, panelRows, widen } from './tiles'

/**
 * Adds sum w y y' of entries `from` to `to` to the lower triangle of `matrix`, and sum (w + bonus) y to `right`.
 * `scratch` holds 128 vectors of `factors` f64.
 */
export function addNormalEquations(
  slots: usize, weights: usize, inbox: usize, from: i32, to: i32, factors: i32, bonus: f64, matrix: usize, right: usize, scratch: usize,
): void {
  const stride = <usize>factors << 3
  const weighted = scratch + <usize>panelRows * stride
  for (let start = from; start < to; start += panelRows) {
    const count = min(panelRows, to - start)
    for (let row = 0; row < count; row++) {
      const at = <usize>(start + row) << 2
      const y = scratch + <usize>row * stride
      const wy = weighted + <usize>row * stride
      widen(inbox + <usize>load<i32>(slots + at) * (stride >> 1), y, factors)
      const w = <f64>load<f32>(weights + at)
      const w2 = f64x2.splat(w)
      const b2 = f64x2.splat(w + bonus)
      for (let j: usize = 0; j < stride; j += 16) {
        const lanes = v128.load(y + j)
        v128.store(wy + j, f64x2.mul(w2, lanes))
        v128.store(right + j, f64x2.add(v128.load(right + j), f64x2.mul(b2, lanes)))
      }
    }
    addOuterProducts(scratch, weighted, count, factors, matrix)
  }
}

/** Solves A x = b; the lower triangle of `matrix` becomes its factor, `right` becomes x. */
export function factorAndSolve(matrix: usize, right: usize, factors: i32): void {
  const stride = <usize>factors << 3
  for (let i = 0; i < factors; i++) {
    const rowI = matrix + <usize>i * stride
    for (let j0 = 0; j0 <= i; j0 += 4) {
      let l0 = matrix + <usize>j0 * stride
      let l1 = l0 + stride, l2 = l1 + stride, l3 = l2 + stride
      let s0 = f64x2.splat(0), s1 = s0, s2 = s0, s3 = s0
      const before = <usize>j0 << 3
      for (let k: usize = 0; k < before; k += 16) {
        const a = v128.load(rowI + k)
        s0 = f64x2.add(s0, f64x2.mul(a, v128.load(l0 + k)))
        s1 = f64x2.add(s1, f64x2.mul(a, v128.load(l1 + k)))
        s2 = f64x2.add(s2, f64x2.mul(a, v128.load(l2 + k)))
        s3 = f64x2.add(s3, f64x2.mul(a, v128.load(l3 + k)))
      }
      const at = rowI + before
      const d0 = l0 + before
      const t0 = load<f64>(at) - (f64x2.extract_lane(s0, 0) + f64x2.extract_lane(s0, 1))
      if (i == j0) {
        store<f64>(at, sqrt(t0))
        continue
      }
      const x0 = t0 / load<f64>(d0)
      store<f64>(at, x0)
      const d1 = l1 + before
      const t1 = load<f64>(at, 8) - (f64x2.extract_lane(s1, 0) + f64x2.extract_lane(s1, 1)) - x0 * (i == j0 + 1 ? x0 : load<f64>(d1))
      if (i == j0 + 1) {
        store<f64>(at, sqrt(t1), 8)
        continue
      }
      const x1 = t1 / load<f64>(d1, 8)
      store<f64>(at, x1, 8)
      const d2 = l2 + before
      const t2 = load<f64>(at, 16) - (f64x2.extract_lane(s2, 0) + f64x2.extract_lane(s2, 1))
      if (i == j0 + 2) {
        store<f64>(at, sqrt(t2 - x0 * x0 - x1 * x1), 16)
        continue
      }
      const x2 = (t2 - x0 * load<f64>(d2) - x1 * load<f64>(d2, 8)) / load<f64>(d2, 16)
      store<f64>(at, x2, 16)
      const d3 = l3 + before
      const t3 = load<f64>(at, 24) - (f64x2.extract_lane(s3, 0) + f64x2.extract_lane(s3, 1))
      if (i == j0 + 3) {
        store<f64>(at, sqrt(t3 - x0 * x0 - x1 * x1 - x2 * x2), 24)
        continue
      }
      store<f64>(at, (t3 - x0 * load<f64>(d3) - x1 * load<f64>(d3, 8) - x2 * load<f64>(d3, 16)) / load<f64>(d3, 24), 24)
    }
  }
  for (let i = 0; i < factors; i++) {
    const row = matrix + <usize>i * stride
    let sum = load<f64>(right + (<usize>i << 3))
    for (let k = 0; k < i; k++) sum -= load<f64>(row + (<usize>k << 3)) * load<f64>(right + (<usize>k << 3))
    store<f64>(right + (<usize>i << 3), sum / load<f64>(row + (<usize>i << 3)))
  }
  for (let i = factors - 1; i >= 0; i--) {
    const row = matrix + <usize>i * stride
    const x = load<f64>(right + (<usize>i << 3)) / load<f64>(row + (<usize>i << 3))
    store<f64>(right + (<usize>i << 3), x)
    for (let k = 0; k < i; k++) {
      const at = right + (<usize>k << 3)
      store<f64>(at, load<f64>(at) - x * load<f64>(row + (<usize>k << 3)))
    }
  }
}

/** Writes f64 values as f32. */
export function narrow(from: usize, to: usize, count: i32): void {
  for (let j = 0; j < count; j += 4, from += 32, to += 16)
    v128.store(to, v128.shuffle<i64>(f32x4.demote_f64x2_zero(v128.load(from)), f32x4.demote_f64x2_zero(v128.load(from, 16)), 0, 2))
}

/** Solves rows `from` to `to` exactly. `scratch` holds a matrix, a vector and 128 vectors of f64. Rows without entries are zero. */
export function choleskyRows(
  offsets: usize, slots: usize, weights: usize, inbox: usize, vectors: usize, lambdas: usize, gram: usize,
  from: i32, to: i32, factors: i32, bonus: f64, scratch: usize,
): void {
  const stride = <usize>factors << 3
  const matrix = scratch
  const right = matrix + <usize>factors * stride
  const panel = right + stride
  for (let row = from; row < to; row++) {
    const x = vectors + <usize>row * (stride >> 1)
    const start = load<i32>(offsets + (<usize>row << 2))
    const end = load<i32>(offsets + (<usize>row << 2), 4)
    if (start == end) {
      memory.fill(x, 0, stride >> 1)
      continue
    }
    memory.copy(matrix, gram, <usize>factors * stride)
    memory.fill(right, 0, stride)
    addNormalEquations(slots, weights, inbox, start, end, factors, bonus, matrix, right, panel)
    const lambda = load<f64>(lambdas + (<usize>row << 3))
    for (let i: usize = 0, at = matrix; i < <usize>factors; i++, at += stride + 8) store<f64>(at, load<f64>(at) + lambda)
    factorAndSolve(matrix, right, factors)
    narrow(right, x, factors)
  }
}
