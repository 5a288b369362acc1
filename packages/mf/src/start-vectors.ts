/** The reproducible start: element k of the rank-major matrix is Irwin-Hall(12) - 6 of mulberry32 draws 12k..12k+11. */

const step = 0x6d2b79f5
const deviation = 0.1

/** Rows `start` to `end` of the start matrix with `factors` columns; users take `seed`, items `seed + 7919`. */
export function startVectors(start: number, end: number, factors: number, seed: number): Float64Array {
  const out = new Float64Array((end - start) * factors)
  const scale = deviation / Math.sqrt(factors)
  let state = (seed + Math.imul(Math.imul(start * factors, 12), step)) | 0
  for (let k = 0; k < out.length; k++) {
    let sum = 0
    for (let draw = 0; draw < 12; draw++) {
      state = (state + step) | 0
      let t = Math.imul(state ^ (state >>> 15), state | 1)
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
      sum += ((t ^ (t >>> 14)) >>> 0) / 4294967296
    }
    out[k] = (sum - 6) * scale
  }
  return out
}
