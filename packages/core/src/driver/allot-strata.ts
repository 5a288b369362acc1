/** How many rows of each key a sample of exact sizes takes from each partition: drawn once its rows have been counted. */

import { inspect } from 'node:util'
import { describeCallSite, type CallSite } from '../base/call-site.ts'
import { drawBinomial, drawHypergeometric } from '../base/discrete-draws.ts'
import { UsageError } from '../base/errors.ts'
import { randomStream } from '../base/random.ts'
import { hashKey, KeyMap } from '../codec/key.ts'
import { decodeValue, encodeValue } from '../codec/value.ts'
import type { Sampler } from '../lineage/node.ts'

interface Stratum {
  total: number
  /** Where its rows lie. */
  readonly parts: { readonly partition: number; readonly rows: number }[]
}

/**
 * For each partition, encoded, `[key, how many, of how many][]`. `counts` has each partition's `[key, rows][]`, encoded.
 * @throws UsageError where a key has no fraction.
 */
export function allotStrata(
  { fractions, otherwise, replacement }: Extract<Sampler, { kind: 'exactByKey' }>,
  seed: number,
  counts: readonly Uint8Array[],
  site: CallSite,
): Uint8Array[] {
  const fractionOf = new KeyMap<number>()
  for (const [key, fraction] of decodeValue(fractions) as [unknown, number][]) fractionOf.set(key, fraction)
  const strata = new KeyMap<Stratum>()
  for (const [partition, bytes] of counts.entries())
    for (const [key, rows] of decodeValue(bytes) as [unknown, number][]) {
      const stratum = strata.get(key) ?? { total: 0, parts: [] }
      stratum.total += rows
      stratum.parts.push({ partition, rows })
      strata.set(key, stratum)
    }
  const allotted: [unknown, number, number][][] = counts.map(() => [])
  for (const [key, { total, parts }] of strata.entries()) {
    const fraction = fractionOf.get(key) ?? otherwise
    if (fraction === undefined)
      throw new UsageError(
        `${describeCallSite(site)} has no fraction for the key ${inspect(key, { breakLength: Infinity })}; name it, or give { otherwise: 0 } for all other keys`,
      )
    // A key's rows are drawn alike whichever other keys there are.
    const random = randomStream(seed, hashKey(key))
    let wanted = sizeOf(total, fraction)
    let left = total
    for (const { partition, rows } of parts) {
      const here = replacement
        ? drawBinomial(wanted, rows / left, random)
        : drawHypergeometric(left, rows, wanted, random)
      allotted[partition]!.push([key, here, rows])
      wanted -= here
      left -= rows
    }
  }
  return allotted.map((entries) => encodeValue(entries))
}

/** Rounded up, but for what only the multiplication made of it: 0.07 of 100 rows are 7. */
function sizeOf(rows: number, fraction: number): number {
  const exact = rows * fraction
  const near = Math.round(exact)
  return Math.abs(exact - near) < 1e-9 * Math.max(1, exact) ? near : Math.ceil(exact)
}
