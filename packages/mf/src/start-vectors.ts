/** The reproducible start: element k of the rank-major matrix is Irwin-Hall(12) - 6 of mulberry32 draws 12k..12k+11. */

import { mulberryDraw, mulberryStep } from './mulberry32.ts'

const deviation = 0.1

/** Rows `start` to `end` of the start matrix with `factors` columns; users take `seed`, items `seed + 7919`. */
export function startVectors(start: number, end: number, factors: number, seed: number): Float64Array {
  const out = new Float64Array((end - start) * factors)
  const scale = deviation / Math.sqrt(factors)
  // start * factors * 12 may pass 2^53 / step, so the product is taken modulo 2^32 from the low bits on.
  let state = (seed + Math.imul(Math.imul(start, factors * 12), mulberryStep)) | 0
  for (let k = 0; k < out.length; k++) {
    let sum = 0
    for (let draw = 0; draw < 12; draw++) {
      state = (state + mulberryStep) | 0
      sum += mulberryDraw(state)
    }
    out[k] = (sum - 6) * scale
  }
  return out
}
