/** Exact draws from distributions of counts, for samples of a given size. */

/** How many of `drawn` things out of `total`, of which `marked` are marked, are marked. */
export function drawHypergeometric(total: number, marked: number, drawn: number, random: () => number): number {
  const least = Math.max(0, drawn - (total - marked))
  const most = Math.min(marked, drawn)
  const mode = Math.min(most, Math.max(least, Math.floor(((drawn + 1) * (marked + 1)) / (total + 2))))
  const atMode = Math.exp(logChoose(marked, mode) + logChoose(total - marked, drawn - mode) - logChoose(total, drawn))
  const up = (x: number) => ((marked - x) * (drawn - x)) / ((x + 1) * (total - marked - drawn + x + 1))
  return fromMode({ least, mode, most, atMode, up }, random)
}

/** How many of `count` tries succeed that each do with probability `chance`. */
export function drawBinomial(count: number, chance: number, random: () => number): number {
  if (chance >= 1 || count === 0) return count
  if (chance <= 0) return 0
  const mode = Math.min(count, Math.floor((count + 1) * chance))
  const odds = chance / (1 - chance)
  const atMode = Math.exp(logChoose(count, mode) + mode * Math.log(chance) + (count - mode) * Math.log1p(-chance))
  return fromMode({ least: 0, mode, most: count, atMode, up: (x) => ((count - x) / (x + 1)) * odds }, random)
}

interface Counts {
  readonly least: number
  readonly mode: number
  readonly most: number
  /** The probability of the most likely count. */
  readonly atMode: number
  /** The probability of `x` + 1, as a multiple of that of `x`. */
  readonly up: (x: number) => number
}

/**
 * Inversion that begins at the most likely count and goes outwards on both sides, so that it takes as many steps as the
 * spread is wide. Kachitvichyanukul and Schmeiser, "Computer generation of hypergeometric random variates", 1985, section 2.
 */
function fromMode({ least, mode, most, atMode, up }: Counts, random: () => number): number {
  let left = random() - atMode
  let [low, high] = [mode, mode]
  let [atLow, atHigh] = [atMode, atMode]
  while (left >= 0 && (low > least || high < most)) {
    if (high < most) {
      atHigh *= up(high)
      high++
      left -= atHigh
      if (left < 0) return high
    }
    if (low > least) {
      low--
      atLow /= up(low)
      left -= atLow
      if (left < 0) return low
    }
  }
  // What is left past all of them is what rounding lost.
  return mode
}

function logChoose(n: number, k: number): number {
  return logFactorial(n) - logFactorial(k) - logFactorial(n - k)
}

const small = [0]
for (let n = 1; n < 32; n++) small.push(small[n - 1]! + Math.log(n))

/** Stirling's series, exact to the last digits from 32 on. */
function logFactorial(n: number): number {
  if (n < small.length) return small[n]!
  const inverse = 1 / n
  const square = inverse * inverse
  return (
    (n + 0.5) * Math.log(n) - n + 0.5 * Math.log(2 * Math.PI) + inverse * (1 / 12 - square * (1 / 360 - square / 1260))
  )
}
