// Sums of outer products in f64, lower triangle, in tiles of 4 x 4: the heart of Gram matrices and normal equations.

import { upper } from './lanes'

/** Ratings or rows per panel; a panel of f64 copies stays in the second-level cache. */
export const panelRows: i32 = 64

/** Writes a vector of `factors` f32 as f64. */
// @ts-ignore: decorator
@inline
export function widen(from: usize, to: usize, factors: i32): void {
  for (let j = 0; j < factors; j += 4, from += 16, to += 32) {
    const lanes = v128.load(from)
    v128.store(to, f64x2.promote_low_f32x4(lanes))
    v128.store(to, upper(lanes), 16)
  }
}

/** Adds the outer products of `rows` pairs of f64 vectors to the lower triangle of `matrix`. */
export function addOuterProducts(left: usize, right: usize, rows: i32, factors: i32, matrix: usize): void {
  const stride = <usize>factors << 3
  for (let i = 0; i < factors; i += 4)
    for (let j = 0; j <= i; j += 4) {
      let a0 = f64x2.splat(0), a1 = a0, b0 = a0, b1 = a0, c0 = a0, c1 = a0, d0 = a0, d1 = a0
      let l = left + (<usize>i << 3)
      let r = right + (<usize>j << 3)
      for (let row = 0; row < rows; row++, l += stride, r += stride) {
        const r0 = v128.load(r)
        const r1 = v128.load(r, 16)
        let s = v128.load64_splat(l)
        a0 = f64x2.add(a0, f64x2.mul(s, r0))
        a1 = f64x2.add(a1, f64x2.mul(s, r1))
        s = v128.load64_splat(l, 8)
        b0 = f64x2.add(b0, f64x2.mul(s, r0))
        b1 = f64x2.add(b1, f64x2.mul(s, r1))
        s = v128.load64_splat(l, 16)
        c0 = f64x2.add(c0, f64x2.mul(s, r0))
        c1 = f64x2.add(c1, f64x2.mul(s, r1))
        s = v128.load64_splat(l, 24)
        d0 = f64x2.add(d0, f64x2.mul(s, r0))
        d1 = f64x2.add(d1, f64x2.mul(s, r1))
      }
      let to = matrix + <usize>i * stride + (<usize>j << 3)
      v128.store(to, f64x2.add(v128.load(to), a0))
      v128.store(to, f64x2.add(v128.load(to, 16), a1), 16)
      to += stride
      v128.store(to, f64x2.add(v128.load(to), b0))
      v128.store(to, f64x2.add(v128.load(to, 16), b1), 16)
      to += stride
      v128.store(to, f64x2.add(v128.load(to), c0))
      v128.store(to, f64x2.add(v128.load(to, 16), c1), 16)
      to += stride
      v128.store(to, f64x2.add(v128.load(to), d0))
      v128.store(to, f64x2.add(v128.load(to, 16), d1), 16)
    }
}
