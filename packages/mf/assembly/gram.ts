// The Gram matrix of a run of rows, f32 in and f64 out; its lower triangle is filled.

import { addOuterProducts, panelRows, widen } from './tiles'

/** `scratch` holds 64 vectors of `factors` f64. */
export function gram(vectors: usize, rows: i32, factors: i32, out: usize, scratch: usize): void {
  const stride = <usize>factors << 2
  memory.fill(out, 0, <usize>factors * (stride << 1))
  for (let from = 0; from < rows; from += panelRows) {
    const count = min(panelRows, rows - from)
    for (let row = 0; row < count; row++)
      widen(vectors + <usize>(from + row) * stride, scratch + <usize>row * (stride << 1), factors)
    addOuterProducts(scratch, scratch, count, factors, out)
  }
}
