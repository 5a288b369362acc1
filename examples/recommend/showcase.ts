/** What the model found, by names: recommendations, related artists, a radio, and what to play next. */

import type { FactorModel, Id } from '@gridify/mf'
import { genreOfArtist } from './artist-names.ts'
import type { Data } from './load-data.ts'

export interface NamedList {
  readonly title: string
  readonly names: readonly string[]
}

export function showcase(model: FactorModel, data: Data): NamedList[] {
  const { nameOf } = data
  const names = (ids: readonly Id[]) => ids.map(nameOf)
  const items = (scored: readonly { readonly item: Id }[]) => names(scored.map(({ item }) => item))
  const listeners = countBy(data.train, ([, item]) => item)
  const byListeners = [...listeners.keys()].sort((a, b) => listeners.get(b)! - listeners.get(a)!)
  // Well-known, and far enough apart to be of different kinds.
  const known = pick(byListeners, [0.005, 0.01, 0.02, 0.04, 0.08])
  const [ann, , cid] = typicalListeners(data)
  const session = favourites(data, cid ?? ann!, 5)
  return [
    ...typicalListeners(data).map((user) => ({
      title: `Recommended to ${user}, who plays ${names(favourites(data, user, 3)).join(', ')}`,
      names: items(model.recommend(user, { k: 5 })),
    })),
    ...known.map((artist) => ({
      title: `Related to ${nameOf(artist)}`,
      names: items(model.similarItems(artist, { k: 5 })),
    })),
    {
      title: `Radio from ${nameOf(known[0]!)}`,
      names: items(model.radio({ item: known[0]! }, { length: 8, seed: 1 })),
    },
    {
      title: `Now playing ${names(session).join(', ')}; next`,
      names: items(
        model.nowPlaying(
          session.map((item) => [item, 3] as const),
          { k: 5 },
        ),
      ),
    },
  ]
}

/** The share of related artists that carry the genre of the artist they are related to; for generated names only. */
export function relatedInGenre(model: FactorModel): number {
  const asked = pick(
    model.items,
    Array.from({ length: 200 }, (_, i) => i / 200),
  )
  const hits = asked.flatMap((artist) =>
    model
      .similarItems(artist, { k: 10 })
      .map(({ item }) => genreOfArtist(String(item)) === genreOfArtist(String(artist))),
  )
  return hits.filter(Boolean).length / hits.length
}

/** Three who listen neither little nor all day. */
function typicalListeners({ train }: Data): Id[] {
  const counts = countBy(train, ([user]) => user)
  return pick(
    [...counts.keys()].sort((a, b) => counts.get(b)! - counts.get(a)!),
    [0.3, 0.5, 0.7],
  )
}

function favourites({ train }: Data, user: Id, count: number): Id[] {
  const plays = train.filter(([of]) => of === user).sort((a, b) => b[2] - a[2])
  return plays.slice(0, count).map(([, item]) => item)
}

function pick<T>(sorted: readonly T[], shares: readonly number[]): T[] {
  return [...new Set(shares.map((share) => sorted[Math.floor(share * sorted.length)]!))].filter(
    (value) => value !== undefined,
  )
}

function countBy<T>(rows: readonly T[], keyOf: (row: T) => Id): Map<Id, number> {
  const counts = new Map<Id, number>()
  for (const row of rows) counts.set(keyOf(row), (counts.get(keyOf(row)) ?? 0) + 1)
  return counts
}
