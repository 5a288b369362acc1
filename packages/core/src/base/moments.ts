/** Count, sum, extremes and spread of numbers in one pass, mergeable, without the cancellation of sums of squares. */

export interface Moments {
  count: number
  sum: number
  mean: number
  /** The sum of squared distances from the mean. */
  spread: number
  min: number
  max: number
}

export function noMoments(): Moments {
  return { count: 0, sum: 0, mean: 0, spread: 0, min: Infinity, max: -Infinity }
}

/** Welford, "Note on a method for calculating corrected sums of squares and products", 1962. */
export function addNumber(moments: Moments, value: number): void {
  const distance = value - moments.mean
  moments.count++
  moments.sum += value
  moments.mean += distance / moments.count
  moments.spread += distance * (value - moments.mean)
  const isFirst = moments.count === 1
  moments.min = isFirst ? value : lesser(moments.min, value)
  moments.max = isFirst ? value : larger(moments.max, value)
}

/** In the one order of values, as `min()` and `max()`: NaN is larger than any number, and the first of equals stays. */
function lesser(left: number, right: number): number {
  return right < left || Number.isNaN(left) ? right : left
}

function larger(left: number, right: number): number {
  return right > left || (Number.isNaN(right) && !Number.isNaN(left)) ? right : left
}

/** Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances", 1979. */
export function mergeMoments(left: Moments, right: Moments): Moments {
  if (left.count === 0) return right
  if (right.count === 0) return left
  const count = left.count + right.count
  const distance = right.mean - left.mean
  return {
    count,
    sum: left.sum + right.sum,
    mean: left.mean + (distance * right.count) / count,
    spread: left.spread + right.spread + (distance * distance * left.count * right.count) / count,
    min: lesser(left.min, right.min),
    max: larger(left.max, right.max),
  }
}
