/** At the end of a fit, once: factors and training pairs come to the driver. */

import type { Dataset } from '@gridify/core'
import type { SeenItems } from './factor-model.ts'
import type { WeightedBlock } from './rating-blocks.ts'
import type { Vectors } from './sides.ts'

export async function collectFactors(
  vectors: Dataset<[number, Vectors]>,
  length: number,
  signal: AbortSignal | undefined,
): Promise<Float32Array> {
  const out = new Float32Array(length)
  let at = 0
  for (const [, part] of await vectors.mapValues(({ vectors }) => vectors).collect({ signal })) {
    out.set(part, at)
    at += part.length
  }
  return out
}

/** Item ranks of each user, ascending. Blocks of one run of users come in the order of their items. */
export async function collectSeen(
  blocks: Dataset<[number, WeightedBlock]>,
  users: number,
  signal: AbortSignal | undefined,
): Promise<SeenItems> {
  const parts = await blocks
    .map(([, { start, offsets, slots, needs }]) => ({ start, offsets, ranks: slots.map((slot) => needs[slot]!) }))
    .collect({ signal })
  const offsets = new Int32Array(users + 1)
  for (const part of parts)
    for (let row = 0; row + 1 < part.offsets.length; row++)
      offsets[part.start + row + 1]! += part.offsets[row + 1]! - part.offsets[row]!
  for (let user = 0; user < users; user++) offsets[user + 1]! += offsets[user]!
  const ranks = new Int32Array(offsets[users]!)
  const next = offsets.slice()
  for (const part of parts)
    for (let row = 0; row + 1 < part.offsets.length; row++) {
      const own = part.ranks.subarray(part.offsets[row], part.offsets[row + 1])
      ranks.set(own, next[part.start + row])
      next[part.start + row]! += own.length
    }
  return { offsets, ranks }
}
