/** The known name that a mistyped one most likely meant: the one with the fewest edits between them. */

export function nearestName(name: string, known: readonly string[]): string {
  return known.reduce((best, candidate) => (edits(name, candidate) < edits(name, best) ? candidate : best))
}

function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)))
    row = next
  }
  return row[b.length]!
}
