/** Floating sums differ in their last bits with the order of additions; checksums keep six decimals. */
export function round6(value: number): number {
  return Math.round(value * 1e6) / 1e6
}
