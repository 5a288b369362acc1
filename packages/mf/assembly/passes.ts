// One pass over gathered vectors: h = w (y.v), or target - w (y.v) where `residual`, and out += h y; 4 or 8 rows at a
// time. Node 20's compiler spills with 8, newer ones gain a tenth. Common widths get copies of their own: with the
// stride as a constant the addresses become immediates, which doubles the speed.

import { fma, sums4 } from './lanes'

// @ts-ignore: decorator
@inline
function pass4Of(stride: usize, y: usize, w: usize, target: usize, residual: bool, rows: i32, v: usize, out: usize): void {
  for (let row = 0; row < rows; row += 4, w += 16, target += 16, y += 4 * stride) {
    let a0 = f32x4.splat(0), a1 = a0, a2 = a0, a3 = a0
    for (let j: usize = 0; j < stride; j += 16) {
      const z = y + j
      const lanes = v128.load(v + j)
      a0 = fma(v128.load(z), lanes, a0)
      a1 = fma(v128.load(z + 1 * stride), lanes, a1)
      a2 = fma(v128.load(z + 2 * stride), lanes, a2)
      a3 = fma(v128.load(z + 3 * stride), lanes, a3)
    }
    let h0 = f32x4.mul(sums4(a0, a1, a2, a3), v128.load(w))
    if (residual) h0 = f32x4.sub(v128.load(target), h0)
    const s0 = v128.shuffle<f32>(h0, h0, 0, 0, 0, 0)
    const s1 = v128.shuffle<f32>(h0, h0, 1, 1, 1, 1)
    const s2 = v128.shuffle<f32>(h0, h0, 2, 2, 2, 2)
    const s3 = v128.shuffle<f32>(h0, h0, 3, 3, 3, 3)
    for (let j: usize = 0; j < stride; j += 16) {
      const z = y + j
      let even = fma(v128.load(z), s0, v128.load(out + j))
      let odd = f32x4.mul(v128.load(z + stride), s1)
      even = fma(v128.load(z + 2 * stride), s2, even)
      odd = fma(v128.load(z + 3 * stride), s3, odd)
      v128.store(out + j, f32x4.add(even, odd))
    }
  }
}

// @ts-ignore: decorator
@inline
function pass8Of(stride: usize, y: usize, w: usize, target: usize, residual: bool, rows: i32, v: usize, out: usize): void {
  for (let row = 0; row < rows; row += 8, w += 32, target += 32, y += 8 * stride) {
    let a0 = f32x4.splat(0), a1 = a0, a2 = a0, a3 = a0, a4 = a0, a5 = a0, a6 = a0, a7 = a0
    for (let j: usize = 0; j < stride; j += 16) {
      const z = y + j
      const lanes = v128.load(v + j)
      a0 = fma(v128.load(z), lanes, a0)
      a1 = fma(v128.load(z + 1 * stride), lanes, a1)
      a2 = fma(v128.load(z + 2 * stride), lanes, a2)
      a3 = fma(v128.load(z + 3 * stride), lanes, a3)
      a4 = fma(v128.load(z + 4 * stride), lanes, a4)
      a5 = fma(v128.load(z + 5 * stride), lanes, a5)
      a6 = fma(v128.load(z + 6 * stride), lanes, a6)
      a7 = fma(v128.load(z + 7 * stride), lanes, a7)
    }
    let h0 = f32x4.mul(sums4(a0, a1, a2, a3), v128.load(w))
    if (residual) h0 = f32x4.sub(v128.load(target), h0)
    let h1 = f32x4.mul(sums4(a4, a5, a6, a7), v128.load(w, 16))
    if (residual) h1 = f32x4.sub(v128.load(target, 16), h1)
    const s0 = v128.shuffle<f32>(h0, h0, 0, 0, 0, 0)
    const s1 = v128.shuffle<f32>(h0, h0, 1, 1, 1, 1)
    const s2 = v128.shuffle<f32>(h0, h0, 2, 2, 2, 2)
    const s3 = v128.shuffle<f32>(h0, h0, 3, 3, 3, 3)
    const s4 = v128.shuffle<f32>(h1, h1, 0, 0, 0, 0)
    const s5 = v128.shuffle<f32>(h1, h1, 1, 1, 1, 1)
    const s6 = v128.shuffle<f32>(h1, h1, 2, 2, 2, 2)
    const s7 = v128.shuffle<f32>(h1, h1, 3, 3, 3, 3)
    for (let j: usize = 0; j < stride; j += 16) {
      const z = y + j
      let even = fma(v128.load(z), s0, v128.load(out + j))
      let odd = f32x4.mul(v128.load(z + stride), s1)
      even = fma(v128.load(z + 2 * stride), s2, even)
      odd = fma(v128.load(z + 3 * stride), s3, odd)
      even = fma(v128.load(z + 4 * stride), s4, even)
      odd = fma(v128.load(z + 5 * stride), s5, odd)
      even = fma(v128.load(z + 6 * stride), s6, even)
      odd = fma(v128.load(z + 7 * stride), s7, odd)
      v128.store(out + j, f32x4.add(even, odd))
    }
  }
}

export function pass4(stride: usize, y: usize, w: usize, target: usize, residual: bool, rows: i32, v: usize, out: usize): void {
  if (stride == 256) pass4Of(256, y, w, target, residual, rows, v, out)
  else if (stride == 128) pass4Of(128, y, w, target, residual, rows, v, out)
  else if (stride == 160) pass4Of(160, y, w, target, residual, rows, v, out)
  else if (stride == 512) pass4Of(512, y, w, target, residual, rows, v, out)
  else pass4Of(stride, y, w, target, residual, rows, v, out)
}

export function pass8(stride: usize, y: usize, w: usize, target: usize, residual: bool, rows: i32, v: usize, out: usize): void {
  if (stride == 256) pass8Of(256, y, w, target, residual, rows, v, out)
  else if (stride == 128) pass8Of(128, y, w, target, residual, rows, v, out)
  else if (stride == 160) pass8Of(160, y, w, target, residual, rows, v, out)
  else if (stride == 512) pass8Of(512, y, w, target, residual, rows, v, out)
  else pass8Of(stride, y, w, target, residual, rows, v, out)
}
