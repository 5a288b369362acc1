/** A seeded listening log: listeners with tastes, artists in genres with Zipf popularity, heavy-tailed play counts. */

import type { Rating } from '@gridify/mf'

const genres = ['ambient', 'bebop', 'delta blues', 'dream pop', 'drum and bass', 'dub', 'folk', 'garage rock', 'grunge', 'house', 'krautrock', 'metal', 'new wave', 'punk', 'salsa', 'shoegaze', 'ska', 'soul', 'techno', 'trip hop']
const first = ['Velvet', 'Paper', 'Northern', 'Silent', 'Golden', 'Broken', 'Electric', 'Hollow', 'Crimson', 'Distant', 'Marble', 'Neon', 'Winter', 'Copper', 'Wild', 'Lunar']
const second = ['Harbor', 'Foxes', 'Engine', 'Gardens', 'Theory', 'Horses', 'Parade', 'Mirrors', 'Tigers', 'Signal', 'Rivers', 'Letters', 'Machine', 'Orchard', 'Atlas', 'Avenue']

export interface ListeningLog {
  readonly ratings: Rating[]
  readonly genreOf: (artist: string) => string
}

export function generateListens({ listeners = 20_000, artists = 5_000, pairs = 1_000_000, seed = 1 } = {}): ListeningLog {
  const random = mulberry32(seed)
  const names = Array.from({ length: artists }, (_, i) => {
    const genre = genres[i % genres.length]!
    return `${first[Math.floor(i / 20) % 16]} ${second[Math.floor(i / 320) % 16]} ${i} (${genre})`
  })
  // Within a genre popularity falls as (rank + 8)^-0.8, so that the top 1 % of artists have less than 30 % of the plays.
  const perGenre = Math.ceil(artists / genres.length)
  const cumulative = new Float64Array(perGenre)
  let total = 0
  for (let rank = 0; rank < perGenre; rank++) cumulative[rank] = total += (rank + 8) ** -0.8
  const ratings: Rating[] = []
  for (let listener = 0; listener < listeners; listener++) {
    const tastes = Array.from({ length: 1 + Math.floor(random() * 3) }, () => Math.floor(random() * genres.length))
    const wanted = Math.round((pairs / listeners) * (0.4 + 1.2 * random()))
    const played = new Set<number>()
    for (let tries = 0; played.size < wanted && tries < wanted * 4; tries++) {
      const genre = random() < 0.9 ? tastes[Math.floor(random() ** 2 * tastes.length)]! : Math.floor(random() * genres.length)
      const artist = search(cumulative, random() * total) * genres.length + genre
      if (artist < artists) played.add(artist)
    }
    for (const artist of played) ratings.push([`listener ${listener}`, names[artist]!, Math.ceil(1 / (1 - random() * 0.999) ** 0.7)])
  }
  return { ratings, genreOf: (artist) => /\((.*)\)$/.exec(artist)![1]! }
}

function search(cumulative: Float64Array, value: number): number {
  let low = 0
  let high = cumulative.length - 1
  while (low < high) {
    const middle = (low + high) >>> 1
    if (cumulative[middle]! < value) low = middle + 1
    else high = middle
  }
  return low
}

function mulberry32(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
