// A run of rows' part of the loss, in f64: what needs ratings, and the regularisation. Row by row, entries in order.

import { dot64 } from './lanes'

/** Adds sum (w + bonus)(s - 1)^2 - bonus s^2 to out[0], and sum lambda |x|^2 to out[1]. */
export function loss(
  offsets: usize, slots: usize, weights: usize, inbox: usize, vectors: usize, lambdas: usize,
  from: i32, to: i32, factors: i32, bonus: f64, out: usize,
): void {
  const stride = <usize>factors << 2
  let observed: f64 = 0
  let regularization: f64 = 0
  for (let row = from; row < to; row++) {
    const x = vectors + <usize>row * stride
    const end = load<i32>(offsets + (<usize>row << 2), 4)
    let sum: f64 = 0
    for (let e = load<i32>(offsets + (<usize>row << 2)); e < end; e++) {
      const s = dot64(stride, x, inbox + <usize>load<i32>(slots + (<usize>e << 2)) * stride)
      sum += (<f64>load<f32>(weights + (<usize>e << 2)) + bonus) * (s - 1) * (s - 1) - bonus * s * s
    }
    observed += sum
    regularization += load<f64>(lambdas + (<usize>row << 3)) * dot64(stride, x, x)
  }
  store<f64>(out, load<f64>(out) + observed)
  store<f64>(out, load<f64>(out, 8) + regularization, 8)
}
