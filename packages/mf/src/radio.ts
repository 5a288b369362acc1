/** Radio: a seeded walk from like to like that keeps coming back to where it began. */

import { UsageError } from '@gridify/core'
import { mulberry32 } from './mulberry32.ts'
import { scoreRows, topK, type Ranked } from './top-k.ts'

/** How much of the direction is the seed's; the rest is the last track's. */
const pull = 0.7
const candidates = 50

/** How a station walks. */
export interface WalkOptions {
  /** How many tracks it plays, 20 by default; fewer where there are no more. */
  readonly length: number
  /** 0 always takes the nearest; larger ones stray further; 0.1 by default. */
  readonly temperature: number
  /** Equal seeds play the same tracks; 1 by default. */
  readonly seed: number
}

/** Ranks of `length` items without repeats, drawn by softmax(cosine / temperature) from the nearest to the direction. */
export function walk(
  direction: Float32Array,
  unit: Float32Array,
  playable: (rank: number) => boolean,
  { length, temperature, seed }: WalkOptions,
): Ranked[] {
  if (!Number.isInteger(length) || length < 1)
    throw new UsageError(`radio(): \`length\` must be a whole number above 0, got ${length}`)
  if (!(temperature >= 0)) throw new UsageError(`radio(): \`temperature\` must be 0 or more, got ${temperature}`)
  const f = direction.length
  const random = mulberry32(seed)
  const played = new Set<number>()
  const track: Ranked[] = []
  let at = direction
  while (track.length < length) {
    const near = topK(scoreRows(at, unit), candidates, (rank) => !played.has(rank) && playable(rank))
    if (near.length === 0) break
    const next = draw(near, temperature, random())
    played.add(next.rank)
    track.push(next)
    at = normalize(direction.map((value, i) => pull * value + (1 - pull) * unit[next.rank * f + i]!))
  }
  return track
}

function draw(near: readonly Ranked[], temperature: number, uniform: number): Ranked {
  if (temperature === 0) return near[0]!
  const weights = near.map(({ score }) => Math.exp((score - near[0]!.score) / temperature))
  let left = uniform * weights.reduce((a, b) => a + b, 0)
  for (const [i, weight] of weights.entries()) {
    left -= weight
    if (left < 0) return near[i]!
  }
  return near.at(-1)!
}

export function normalize(vector: Float32Array): Float32Array {
  const norm = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0))
  return norm === 0 ? vector : vector.map((value) => value / norm)
}
