/** The best rows of a sequence in some order, ties by first occurrence, with no more than twice as many held. */

export function topRows(
  batches: Iterable<Iterable<unknown>>,
  count: number,
  compare: (a: unknown, b: unknown) => number,
): unknown[] {
  if (count === 0) return []
  // Wrapped, since Array.prototype.sort puts undefined last whatever the order says.
  let best: { row: unknown }[] = []
  let worst: { row: unknown } | undefined
  const cut = () => {
    best = best.sort((a, b) => compare(a.row, b.row)).slice(0, count)
    worst = best.length === count ? best.at(-1) : undefined
  }
  for (const batch of batches)
    for (const row of batch) {
      if (worst && compare(row, worst.row) >= 0) continue
      best.push({ row })
      if (best.length >= 2 * count) cut()
    }
  cut()
  return best.map(({ row }) => row)
}
