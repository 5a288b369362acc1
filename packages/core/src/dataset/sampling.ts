/** Samples: the same for a seed on every kind of cluster, since each partition draws from a stream of its own. */

import { inspect } from 'node:util'
import type { CallSite } from '../base/call-site.ts'
import { describeCallSite } from '../base/call-site.ts'
import { UsageError } from '../base/errors.ts'
import { randomStream } from '../base/random.ts'
import { encodeValue } from '../codec/value.ts'
import type { LineageNode, Sampler } from '../lineage/node.ts'
import { pick, runValues, type Action } from './actions.ts'
import { baseOf, checkCount, type Handle } from './build-nodes.ts'

/** How a sample is drawn. */
export interface SampleOptions {
  /** A row may be taken more than once: its number of copies is Poisson-distributed. */
  readonly replacement?: boolean
  /** Equal seeds give equal samples; the default is 1. */
  readonly seed?: number
}

function sampleNode({ node, runner }: Handle, sampler: Sampler, seed: number, site: CallSite): LineageNode {
  if (!Number.isFinite(seed))
    throw new UsageError(`${describeCallSite(site)} needs a seed that is a finite number, got ${String(seed)}`)
  return { ...baseOf(runner, site), kind: 'sample', parent: node, sampler, seed }
}

function checkFraction(fraction: number, replacement: boolean, site: CallSite): number {
  const most = replacement ? Infinity : 1
  if (typeof fraction === 'number' && fraction >= 0 && fraction <= most && fraction < Infinity) return fraction
  throw new UsageError(
    `${describeCallSite(site)} needs a fraction ${replacement ? '>= 0' : 'from 0 to 1; { replacement: true } allows more'}, got ${String(fraction)}`,
  )
}

export function sample(handle: Handle, fraction: number, options: SampleOptions, site: CallSite): LineageNode {
  const { replacement = false, seed = 1 } = options
  checkFraction(fraction, replacement, site)
  const sampler: Sampler = replacement ? { kind: 'poisson', mean: fraction } : { kind: 'range', from: 0, to: fraction }
  return sampleNode(handle, sampler, seed, site)
}

/** `exactly` that part of each key's rows, or each row with that chance. */
export function sampleByKey(
  handle: Handle,
  fractions: Iterable<readonly [unknown, number]>,
  options: SampleOptions & { readonly otherwise?: number },
  site: CallSite,
  exactly = false,
): LineageNode {
  const { replacement = false, seed = 1, otherwise } = options
  if (typeof (fractions as Iterable<unknown> | undefined)?.[Symbol.iterator] !== 'function')
    throw new UsageError(
      `${describeCallSite(site)} needs fractions by key as a Map or a list of [key, fraction], got ${inspect(fractions, { depth: 0 })}`,
    )
  const entries = [...fractions].map(([key, fraction]) => [key, checkFraction(fraction, replacement, site)])
  if (otherwise !== undefined) checkFraction(otherwise, replacement, site)
  return sampleNode(
    handle,
    { kind: exactly ? 'exactByKey' : 'byKey', fractions: encodeValue(entries), otherwise, replacement },
    seed,
    site,
  )
}

/** Each row falls into exactly one of the parts: they share their random numbers. */
export function randomSplit(handle: Handle, weights: readonly number[], seed: number, site: CallSite): LineageNode[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  if (weights.some((weight) => !(weight >= 0)) || !(total > 0 && total < Infinity))
    throw new UsageError(`${describeCallSite(site)} needs weights >= 0 with a sum above 0, got [${weights.join(', ')}]`)
  let sum = 0
  return weights.map((weight, i) => {
    const from = sum / total
    sum += weight
    const to = i === weights.length - 1 ? 1 : sum / total
    return sampleNode(handle, { kind: 'range', from, to }, seed, site)
  })
}

/** Exactly `size` rows, or all of a smaller dataset, in random order. */
export async function takeSample<T>(action: Action, size: number, options: SampleOptions): Promise<T[]> {
  checkCount(size, 'takeSample()')
  const { replacement = false, seed = 1 } = options
  const counts = await runValues<number>(action, { kind: 'count' })
  const total = counts.reduce((sum, count) => sum + count, 0)
  if (total === 0 || size === 0) return []
  const random = randomStream(seed)
  const below = (limit: number) => Math.floor((random() + random() / 0x100000000) * limit) % limit
  return pick(action, replacement ? Array.from({ length: size }, () => below(total)) : draw(size, total, below), counts)
}

/** Distinct places in random order: the first steps of a Fisher-Yates shuffle, of which only moved places are kept. */
function draw(size: number, total: number, below: (limit: number) => number): number[] {
  const moved = new Map<number, number>()
  return Array.from({ length: Math.min(size, total) }, (_, i) => {
    const j = i + below(total - i)
    const drawn = moved.get(j) ?? j
    moved.set(j, moved.get(i) ?? i)
    return drawn
  })
}
