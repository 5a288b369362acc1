/** The best k of many scores without sorting all of them; ties go to the lower rank. */

export interface Ranked {
  readonly rank: number
  readonly score: number
}

/** `scoreOf` gives undefined for what must not appear. O(n + k log k) for scores in random order. */
export function topK(count: number, k: number, scoreOf: (rank: number) => number | undefined): Ranked[] {
  let kept: Ranked[] = []
  let least = -Infinity
  const shrink = () => {
    kept.sort((a, b) => b.score - a.score || a.rank - b.rank)
    kept = kept.slice(0, k)
    if (kept.length === k) least = kept.at(-1)!.score
  }
  if (k <= 0) return []
  for (let rank = 0; rank < count; rank++) {
    const score = scoreOf(rank)
    // Ranks ascend, so a tie with the least kept one loses anyway.
    if (score === undefined || score <= least) continue
    kept.push({ rank, score })
    if (kept.length >= 2 * k + 16) shrink()
  }
  shrink()
  return kept
}
