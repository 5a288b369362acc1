/** A small seeded generator in counter form, the same as the reference's; never for secrets. */

export const mulberryStep = 0x6d2b79f5

/** The draw at a state that has been advanced by `mulberryStep`; in [0, 1). */
export function mulberryDraw(state: number): number {
  let t = Math.imul(state ^ (state >>> 15), state | 1)
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296
}

export function mulberry32(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + mulberryStep) | 0
    return mulberryDraw(state)
  }
}
