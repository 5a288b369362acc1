/**
 * A seeded listening log. A listener likes one to four genres, some more than others; artists of a genre are played after
 * Zipf's law; play counts have a heavy tail. What the model should find again is planted in the artists' names.
 */

import { UsageError } from '@gridify/core'
import type { Rating } from '@gridify/mf'
import { artistName, genres } from './artist-names.ts'
import { mulberry32 } from './mulberry32.ts'

export interface LogSize {
  readonly listeners: number
  readonly artists: number
  /** Distinct (listener, artist) pairs wished for; the log comes within a few per cent. */
  readonly pairs: number
  readonly seed: number
}

export const defaultLogSize: LogSize = { listeners: 20_000, artists: 5_000, pairs: 1_000_000, seed: 1 }

/** Of all plays, those outside of a listener's tastes. */
const wandering = 0.1
/** Weight of an artist at `rank` in its genre; the shift keeps the top 1 % of artists below 30 % of plays. */
const zipf = (rank: number) => (rank + 3) ** -1.1
const mostPlays = 2_000

export function generateListens(size: Partial<LogSize> = {}): Rating[] {
  const { listeners, artists, pairs, seed } = { ...defaultLogSize, ...size }
  check({ listeners, artists, pairs })
  const random = mulberry32(seed)
  const names = Array.from({ length: artists }, (_, artist) =>
    artistName(artist % genres.length, Math.floor(artist / genres.length)),
  )
  const genreCount = Math.min(genres.length, artists)
  const drawArtist = zipfSampler(Math.ceil(artists / genreCount), zipf)
  const drawGenre = zipfSampler(genreCount, (rank) => (rank + 8) ** -0.8)
  // How much somebody listens is skewed too: from a third of the mean to about four times.
  const activity = Float64Array.from({ length: listeners }, () => 1 / (0.2 + random()) ** 1.2)
  const perUnit = pairs / activity.reduce((sum, value) => sum + value, 0)
  const lastListener = new Int32Array(artists).fill(-1)
  const ratings: Rating[] = []
  for (let listener = 0; listener < listeners; listener++) {
    const name = `listener ${listener + 1}`
    const tastes = Array.from({ length: 1 + Math.floor(random() * 4) }, () => drawGenre(random()))
    const wanted = Math.min(Math.max(1, Math.round(activity[listener]! * perUnit)), Math.ceil(artists * 0.6))
    // Near the end of a taste most draws repeat; then the listener wanders, and at last gives up.
    for (let found = 0, tries = 0; found < wanted && tries < wanted * 30; tries++) {
      const wanders = tries > wanted * 3 || random() < wandering
      // Squaring favours the first taste.
      const genre = wanders ? drawGenre(random()) : tastes[Math.floor(random() ** 2 * tastes.length)]!
      const artist = drawArtist(random()) * genreCount + genre
      if (artist >= artists || lastListener[artist] === listener) continue
      lastListener[artist] = listener
      found++
      const plays = Math.min(mostPlays, Math.floor((wanders ? 1 : 3) / (1 - random()) ** 0.8))
      ratings.push([name, names[artist]!, plays])
    }
  }
  return ratings
}

function check(size: Omit<LogSize, 'seed'>): void {
  for (const [name, value] of Object.entries(size))
    if (!Number.isSafeInteger(value) || value < 1)
      throw new UsageError(`--${name} must be a whole number above 0, got ${value}`)
  const { listeners, artists, pairs } = size
  if (pairs > listeners * artists * 0.25)
    throw new UsageError(
      `--pairs ${pairs} is too dense for ${listeners} listeners and ${artists} artists; ask for ${Math.floor(listeners * artists * 0.25)} at most`,
    )
}

/** Maps a uniform to a rank with these weights, in constant time on average: a table says where to start the search. */
function zipfSampler(ranks: number, weight: (rank: number) => number): (uniform: number) => number {
  const cumulative = new Float64Array(ranks)
  let total = 0
  for (let rank = 0; rank < ranks; rank++) cumulative[rank] = total += weight(rank)
  const cells = ranks * 4
  const start = new Int32Array(cells + 1)
  for (let cell = 1, rank = 0; cell <= cells; cell++) {
    while (rank < ranks - 1 && cumulative[rank]! < (cell / cells) * total) rank++
    start[cell] = rank
  }
  return (uniform) => {
    let rank = start[Math.floor(uniform * cells)]!
    while (rank < ranks - 1 && cumulative[rank]! < uniform * total) rank++
    return rank
  }
}
