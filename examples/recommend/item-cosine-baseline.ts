/**
 * Recommends what is played by the listeners of what somebody plays: an item scores the sum of its cosines, over binary
 * listener vectors, with the user's items. The strong simple rival of matrix factorisation, at a cost that grows with the
 * square of a listener's artists.
 */

import { evaluateRanking, type Id } from '@gridify/mf'
import type { ListeningIndex } from './listening-index.ts'
import type { BaselineReport } from './scheme-report.ts'

/** Scores held at a time: 256 MB of them. */
const cellsPerBatch = 64 * 2 ** 20
/** A few seconds of additions; on larger data only every n-th user is asked. */
const mostAdditions = 1.5e9

export function itemCosineBaseline(index: ListeningIndex, test: ReadonlyMap<Id, readonly Id[]>): BaselineReport {
  const { items, itemsOf, rankOfUser } = index
  const additions = itemsOf.reduce((sum, of) => sum + of.length, 0) * items.length
  const stride = Math.max(1, Math.ceil(additions / mostAdditions))
  const asked = [...test.keys()].filter((_, position) => position % stride === 0)
  const batch = Math.max(1, Math.floor(cellsPerBatch / items.length))
  const best = new Map<Id, Id[]>()
  for (let start = 0; start < asked.length; start += batch) {
    const users = asked.slice(start, start + batch)
    const scores = scoreUsers(index, users.map((user) => rankOfUser.get(user)!))
    for (const [row, user] of users.entries())
      best.set(user, bestOf(scores.subarray(row * items.length, (row + 1) * items.length), itemsOf[rankOfUser.get(user)!]!).map((rank) => items[rank]!))
  }
  const { recall, ndcg } = evaluateRanking((user) => best.get(user)!, new Map(asked.map((user) => [user, test.get(user)!])))
  return { recallAt20: recall, ndcgAt20: ndcg, users: asked.length }
}

/** Item by item: its cosines with all others, added to the scores of the asked users who play it. */
function scoreUsers({ items, itemsOf, usersOf }: ListeningIndex, asked: readonly number[]): Float32Array {
  const scores = new Float32Array(asked.length * items.length)
  const rowOf = new Map(asked.map((user, row) => [user, row]))
  const together = new Int32Array(items.length)
  const cosines = new Float64Array(items.length)
  const touched = new Int32Array(items.length)
  for (let item = 0; item < items.length; item++) {
    const rows = usersOf[item]!.flatMap((user) => rowOf.get(user) ?? [])
    if (rows.length === 0) continue
    let count = 0
    for (const user of usersOf[item]!) for (const other of itemsOf[user]!) if (together[other]!++ === 0) touched[count++] = other
    for (let at = 0; at < count; at++) {
      const other = touched[at]!
      cosines[at] = together[other]! / Math.sqrt(usersOf[item]!.length * usersOf[other]!.length)
      together[other] = 0
    }
    for (const row of rows) {
      const offset = row * items.length
      for (let at = 0; at < count; at++) scores[offset + touched[at]!]! += cosines[at]!
    }
  }
  return scores
}

function bestOf(scores: Float32Array, seen: readonly number[]): number[] {
  for (const rank of seen) scores[rank] = -1
  const best: number[] = []
  for (let rank = 0; rank < scores.length; rank++) {
    if (best.length === 20 && scores[rank]! <= scores[best[19]!]!) continue
    let at = best.length
    while (at > 0 && scores[best[at - 1]!]! < scores[rank]!) at--
    best.splice(at, 0, rank)
    if (best.length > 20) best.pop()
  }
  return best
}
