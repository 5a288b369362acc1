// Rows by a few steps of conjugate gradients from where they are (implicit, B. Frederickson): no matrix is formed.
// A row's vectors are gathered once and read by all passes; rows too long for that are gathered again in every pass.

import { dot32, fma } from './lanes'
import { pass4, pass8 } from './passes'

/** out = G v + lambda v. */
function multiplyGram(stride: usize, gram: usize, lambda: f32, v: usize, out: usize): void {
  const l = f32x4.splat(lambda)
  let w: usize = 0
  for (; w + 64 <= stride; w += 64) {
    let a = f32x4.splat(0), b = a, c = a, d = a
    let g = gram + w
    for (let q: usize = 0; q < stride; q += 4, g += stride) {
      const s = v128.load32_splat(v + q)
      a = fma(s, v128.load(g), a)
      b = fma(s, v128.load(g, 16), b)
      c = fma(s, v128.load(g, 32), c)
      d = fma(s, v128.load(g, 48), d)
    }
    v128.store(out + w, fma(l, v128.load(v + w), a))
    v128.store(out + w, fma(l, v128.load(v + w, 16), b), 16)
    v128.store(out + w, fma(l, v128.load(v + w, 32), c), 32)
    v128.store(out + w, fma(l, v128.load(v + w, 48), d), 48)
  }
  for (; w < stride; w += 16) {
    let a = f32x4.splat(0), b = a
    let g = gram + w
    for (let q: usize = 0; q < stride; q += 8, g += stride << 1) {
      a = fma(v128.load32_splat(v + q), v128.load(g), a)
      b = fma(v128.load32_splat(v + q, 4), v128.load(g + stride), b)
    }
    v128.store(out + w, fma(l, v128.load(v + w), f32x4.add(a, b)))
  }
}

/** Copies weights and vectors of entries into the buffers, and fills up with zeros to a multiple of `block`. */
function gather(
  slots: usize, weights: usize, inbox: usize, from: i32, count: i32, block: i32, stride: usize, bonus: f32,
  w: usize, target: usize, vectors: usize,
): void {
  let to = vectors
  for (let i = 0; i < count; i++, to += stride) {
    const at = <usize>(from + i) << 2
    const weight = load<f32>(weights + at)
    store<f32>(w + (<usize>i << 2), weight)
    store<f32>(target + (<usize>i << 2), weight + bonus)
    const y = inbox + <usize>load<i32>(slots + at) * stride
    for (let j: usize = 0; j < stride; j += 16) v128.store(to + j, v128.load(y + j))
  }
  for (let i = count; i % block != 0; i++, to += stride) {
    store<f32>(w + (<usize>i << 2), 0)
    store<f32>(target + (<usize>i << 2), 0)
    memory.fill(to, 0, stride)
  }
}

/**
 * out += sum h y over the entries, with h = w (y.v), or (w + bonus) - w (y.v) where `residual`.
 * `scratch` holds `capacity` (a multiple of 8) times two numbers and a vector. `held`: the entries lie there already.
 */
function addProducts(
  slots: usize, weights: usize, inbox: usize, from: i32, to: i32, stride: usize, bonus: f32, residual: bool,
  v: usize, out: usize, scratch: usize, capacity: i32, block: i32, held: bool,
): void {
  const target = scratch + (<usize>capacity << 2)
  const vectors = target + (<usize>capacity << 2)
  for (let start = from; start < to; start += capacity) {
    const count = min(capacity, to - start)
    if (!held) gather(slots, weights, inbox, start, count, block, stride, bonus, scratch, target, vectors)
    const padded = (count + block - 1) / block * block
    if (block == 8) pass8(stride, vectors, scratch, target, residual, padded, v, out)
    else pass4(stride, vectors, scratch, target, residual, padded, v, out)
  }
}

/** Partial products for one row of a grid block, see addProducts. */
export function addRowProducts(
  slots: usize, weights: usize, inbox: usize, from: i32, to: i32, factors: i32, bonus: f32, residual: i32,
  v: usize, out: usize, scratch: usize, capacity: i32, block: i32,
): void {
  addProducts(slots, weights, inbox, from, to, <usize>factors << 2, bonus, residual != 0, v, out, scratch, capacity, block, false)
}

/** Takes `steps` steps for rows `from` to `to`. `scratch` holds 3 vectors and what addProducts needs. */
export function conjugateGradientRows(
  offsets: usize, slots: usize, weights: usize, inbox: usize, rows: usize, lambdas: usize, gram: usize,
  from: i32, to: i32, factors: i32, steps: i32, bonus: f32, scratch: usize, capacity: i32, block: i32,
): void {
  const stride = <usize>factors << 2
  const r = scratch
  const p = r + stride
  const ap = p + stride
  const panel = ap + stride
  for (let row = from; row < to; row++) {
    const x = rows + <usize>row * stride
    const start = load<i32>(offsets + (<usize>row << 2))
    const end = load<i32>(offsets + (<usize>row << 2), 4)
    if (start == end) {
      memory.fill(x, 0, stride)
      continue
    }
    const lambda = <f32>load<f64>(lambdas + (<usize>row << 3))
    const short = end - start <= capacity
    multiplyGram(stride, gram, lambda, x, r)
    for (let j: usize = 0; j < stride; j += 16) v128.store(r + j, f32x4.neg(v128.load(r + j)))
    addProducts(slots, weights, inbox, start, end, stride, bonus, true, x, r, panel, capacity, block, false)
    memory.copy(p, r, stride)
    let rho = dot32(stride, r, r)
    for (let step = 0; step < steps && rho > 1e-20; step++) {
      multiplyGram(stride, gram, lambda, p, ap)
      addProducts(slots, weights, inbox, start, end, stride, bonus, false, p, ap, panel, capacity, block, short)
      const length = rho / max<f32>(dot32(stride, p, ap), 1e-38)
      rho = advance(stride, length, x, r, p, ap, rho)
    }
  }
}

/** One step of length `length` along p; returns the new |r|^2. */
function advance(stride: usize, length: f32, x: usize, r: usize, p: usize, ap: usize, rho: f32): f32 {
  const along = f32x4.splat(length)
  const back = f32x4.splat(-length)
  for (let j: usize = 0; j < stride; j += 16) {
    v128.store(x + j, fma(along, v128.load(p + j), v128.load(x + j)))
    v128.store(r + j, fma(back, v128.load(ap + j), v128.load(r + j)))
  }
  const next = dot32(stride, r, r)
  const beta = f32x4.splat(next / rho)
  for (let j: usize = 0; j < stride; j += 16) v128.store(p + j, fma(beta, v128.load(p + j), v128.load(r + j)))
  return next
}

/** r of a fresh row: r -= G x + lambda x, p = r; returns |r|^2. `ap` is scratch. For rows whose products come from grid blocks. */
export function startOwned(gram: usize, factors: i32, lambda: f32, x: usize, r: usize, p: usize, ap: usize): f32 {
  const stride = <usize>factors << 2
  multiplyGram(stride, gram, lambda, x, ap)
  for (let j: usize = 0; j < stride; j += 16) v128.store(r + j, f32x4.sub(v128.load(r + j), v128.load(ap + j)))
  memory.copy(p, r, stride)
  return dot32(stride, r, r)
}

/** One step of an owned row; `products` holds the sum of its blocks' products and is overwritten. */
export function stepOwned(gram: usize, factors: i32, lambda: f32, x: usize, r: usize, p: usize, products: usize, scratch: usize, rho: f32): f32 {
  const stride = <usize>factors << 2
  if (!(rho > 1e-20)) return rho
  multiplyGram(stride, gram, lambda, p, scratch)
  for (let j: usize = 0; j < stride; j += 16) v128.store(products + j, f32x4.add(v128.load(products + j), v128.load(scratch + j)))
  return advance(stride, rho / max<f32>(dot32(stride, p, products), 1e-38), x, r, p, products, rho)
}
