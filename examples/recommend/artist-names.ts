/** Artist names that carry their genre, as `Velvet Harbor (dream pop)`; within a genre no name comes twice. */

// oxfmt-ignore
export const genres = [
  'acid jazz', 'afrobeat', 'ambient', 'bebop', 'big band', 'black metal', 'bluegrass', 'bossa nova', 'breakbeat', 'chamber pop',
  'cumbia', 'delta blues', 'dream pop', 'drum and bass', 'dub', 'dubstep', 'fado', 'flamenco', 'folk', 'funk',
  'garage rock', 'gospel', 'grunge', 'hip hop', 'house', 'krautrock', 'math rock', 'minimal techno', 'new wave', 'opera',
  'post-punk', 'reggae', 'rockabilly', 'salsa', 'shoegaze', 'ska', 'soul', 'string quartet', 'synthpop', 'trip hop',
] as const

// oxfmt-ignore
const adjectives = [
  'Amber', 'Arctic', 'Ashen', 'Autumn', 'Bitter', 'Blue', 'Brass', 'Broken', 'Burning', 'Copper', 'Crimson', 'Crystal',
  'Dancing', 'Distant', 'Electric', 'Empty', 'Fading', 'Feral', 'Foreign', 'Gentle', 'Golden', 'Hidden', 'Hollow', 'Ivory',
  'Jade', 'Last', 'Lunar', 'Marble', 'Midnight', 'Neon', 'Northern', 'Paper', 'Patient', 'Plastic', 'Quiet', 'Restless',
  'Rusted', 'Scarlet', 'Secret', 'Silver', 'Sleeping', 'Solar', 'Southern', 'Stolen', 'Twin', 'Velvet', 'Wandering', 'Winter', 'Young',
]
// oxfmt-ignore
const nouns = [
  'Anchors', 'Arcade', 'Atlas', 'Avenue', 'Bells', 'Cathedral', 'Choir', 'Comets', 'Coral', 'Crows', 'Diaries', 'Engine',
  'Falcons', 'Ferry', 'Foxes', 'Gardens', 'Ghosts', 'Harbor', 'Horses', 'Island', 'Kites', 'Lanterns', 'Letters', 'Machine',
  'Mirrors', 'Monsoon', 'Museum', 'Oracle', 'Orchard', 'Parade', 'Pilots', 'Pines', 'Radio', 'Rivers', 'Saints', 'Satellites',
  'Signal', 'Sirens', 'Sparrows', 'Station', 'Summit', 'Theory', 'Tigers', 'Tides', 'Towers', 'Valley', 'Voyage', 'Wolves',
]
const pairs = adjectives.length * nouns.length

/** The name of a genre's artist number `index`; other genres start elsewhere in the list. */
export function artistName(genre: number, index: number): string {
  // 1,000,003 is a prime, so that the walk over all pairs of words visits each once.
  const pair = (index * 1_000_003 + genre * 997) % pairs
  const round = Math.floor(index / pairs)
  const words = `${adjectives[pair % adjectives.length]} ${nouns[Math.floor(pair / adjectives.length)]}`
  return `${words}${round === 0 ? '' : ` ${round + 1}`} (${genres[genre]})`
}

/** The genre that a generated name carries; undefined for any other name. */
export function genreOfArtist(name: string): string | undefined {
  return /\(([^()]+)\)$/.exec(name)?.[1]
}
