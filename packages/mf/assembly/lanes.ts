// Four lanes of f32 at a time: what every kernel is made of. Nothing here, or in any kernel, keeps state: no globals, no
// data segment, no stack in memory. All slots of an executor run on one shared memory and pass in every pointer.

// @ts-ignore: decorator
@inline
export function fma(a: v128, b: v128, c: v128): v128 {
  return f32x4.add(f32x4.mul(a, b), c)
}

/** Sums the lanes of four vectors into one vector of four sums. */
// @ts-ignore: decorator
@inline
export function sums4(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 4, 1, 5), v128.shuffle<f32>(a, b, 2, 6, 3, 7))
  const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 4, 1, 5), v128.shuffle<f32>(c, d, 2, 6, 3, 7))
  return f32x4.add(v128.shuffle<f32>(ab, cd, 0, 1, 4, 5), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7))
}

/** Dot product of two vectors of `stride` bytes, in f32. */
// @ts-ignore: decorator
@inline
export function dot32(stride: usize, a: usize, b: usize): f32 {
  let sum = f32x4.splat(0)
  for (let j: usize = 0; j < stride; j += 16) sum = fma(v128.load(a + j), v128.load(b + j), sum)
  return f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 1) + (f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3))
}

/** Dot product of two f32 vectors of `stride` bytes, in f64. */
// @ts-ignore: decorator
@inline
export function dot64(stride: usize, a: usize, b: usize): f64 {
  let low = f64x2.splat(0)
  let high = f64x2.splat(0)
  for (let j: usize = 0; j < stride; j += 16) {
    const left = v128.load(a + j)
    const right = v128.load(b + j)
    low = f64x2.add(low, f64x2.mul(f64x2.promote_low_f32x4(left), f64x2.promote_low_f32x4(right)))
    high = f64x2.add(high, f64x2.mul(upper(left), upper(right)))
  }
  const sum = f64x2.add(low, high)
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1)
}

/** The upper two lanes as f64. */
// @ts-ignore: decorator
@inline
export function upper(a: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<i64>(a, a, 1, 1))
}
