/** A trained model on the driver: who would like what, and what is like what. */

import { UsageError } from '@gridify/core'
import type { FitReport } from './als.ts'
import { transform } from './half-gridify.ts'
import type { Id } from './ids.ts'
import { gramOf } from './kernels/dense.ts'
import { solveCholesky } from './kernels/solve-rows.ts'
import type { ALSSettings } from './options.ts'

export interface Scored {
  readonly item: Id
  readonly score: number
}

interface ModelParts {
  readonly settings: ALSSettings
  readonly alpha: number
  readonly users: readonly Id[]
  readonly items: readonly Id[]
  /** users x factors, row by row. */
  readonly userFactors: Float64Array
  /** items x factors, row by row. */
  readonly itemFactors: Float64Array
  /** Ranks of the items that each user rank was trained on. */
  readonly seen: ReadonlyMap<number, Int32Array>
  readonly report: FitReport
}

export class FactorModel {
  readonly #parts: ModelParts
  readonly #userRanks: Map<Id, number>
  readonly #itemRanks: Map<Id, number>
  readonly #counts: Int32Array
  #gram: Float64Array | undefined

  /** @internal Made by `ImplicitALS.fit()`. */
  constructor(parts: ModelParts) {
    this.#parts = parts
    this.#userRanks = new Map(parts.users.map((id, rank) => [id, rank]))
    this.#itemRanks = new Map(parts.items.map((id, rank) => [id, rank]))
    this.#counts = new Int32Array(parts.items.length)
    for (const ranks of parts.seen.values()) for (const rank of ranks) this.#counts[rank]!++
  }

  get report(): FitReport {
    return this.#parts.report
  }
  get users(): readonly Id[] {
    return this.#parts.users
  }
  get items(): readonly Id[] {
    return this.#parts.items
  }
  /** users x factors, row by row, in rank order. */
  get userFactors(): Float64Array {
    return this.#parts.userFactors
  }
  /** items x factors, row by row, in rank order. */
  get itemFactors(): Float64Array {
    return this.#parts.itemFactors
  }

  /** The `k` items with the best scores for a user, best first; ties by rank. `exclude: 'seen'` leaves out what it was trained on. */
  recommend(user: Id, { k = 10, exclude = 'seen' as 'seen' | 'none' | Iterable<Id> } = {}): Scored[] {
    const rank = this.#rank(this.#userRanks, user, 'user')
    const f = this.#parts.settings.factors
    const left = new Set<number>()
    if (exclude === 'seen') for (const item of this.#parts.seen.get(rank) ?? []) left.add(item)
    else if (exclude !== 'none') for (const id of exclude) left.add(this.#rank(this.#itemRanks, id, 'item'))
    return this.#best(this.#parts.userFactors.subarray(rank * f, rank * f + f), k, (item) => !left.has(item))
  }

  /** Items by cosine, never the item itself; those with fewer than `minCount` listeners are left out. */
  similarItems(item: Id, { k = 10, minCount = 5 } = {}): Scored[] {
    const rank = this.#rank(this.#itemRanks, item, 'item')
    const { itemFactors, settings } = this.#parts
    const f = settings.factors
    const own = itemFactors.subarray(rank * f, rank * f + f)
    const norm = Math.hypot(...own)
    return this.#best(own, k, (other) => other !== rank && this.#counts[other]! >= minCount, (other) => {
      const size = Math.hypot(...itemFactors.subarray(other * f, other * f + f)) * norm
      return size === 0 ? 0 : 1 / size
    })
  }

  /** Recommendations for somebody who is not in the model, from a few plays: an exact solve against the item vectors. */
  nowPlaying(plays: Iterable<readonly [Id, number]>, { k = 10 } = {}): Scored[] {
    const { itemFactors, settings, alpha, items } = this.#parts
    const f = settings.factors
    const entries = [...plays].map(([id, value]) => ({ rank: this.#rank(this.#itemRanks, id, 'item'), value }))
    if (entries.length === 0) throw new UsageError('nowPlaying() needs at least one [item, plays]')
    this.#gram ??= gramOf(itemFactors, 0, items.length, f)
    const a0 = settings.unobservedWeight
    const x = solveCholesky({
      factors: f,
      offsets: Int32Array.of(0, entries.length),
      slots: Int32Array.from(entries, ({ rank }) => rank),
      weights: Float64Array.from(entries, ({ value }) => alpha * transform(value, settings)),
      inbox: itemFactors,
      gram: this.#gram.map((value) => value * a0),
      regularization: Float64Array.of(settings.regularization * (entries.length + a0 * items.length) ** settings.regularizationExponent),
      bonus: settings.objective === 'hu2008' ? a0 : 0,
    })
    const played = new Set(entries.map(({ rank }) => rank))
    return this.#best(x, k, (item) => !played.has(item))
  }

  #rank(ranks: Map<Id, number>, id: Id, what: string): number {
    const rank = ranks.get(id)
    if (rank === undefined) throw new UsageError(`the model has no ${what} ${JSON.stringify(id)}; ids are compared with their type, 1 is not '1'`)
    return rank
  }

  #best(vector: Float64Array, k: number, allowed: (item: number) => boolean, scale: (item: number) => number = () => 1): Scored[] {
    const { itemFactors, items, settings } = this.#parts
    const f = settings.factors
    const scored: { rank: number; score: number }[] = []
    for (let rank = 0; rank < items.length; rank++) {
      if (!allowed(rank)) continue
      let score = 0
      for (let i = 0; i < f; i++) score += vector[i]! * itemFactors[rank * f + i]!
      scored.push({ rank, score: score * scale(rank) })
    }
    scored.sort((a, b) => b.score - a.score || a.rank - b.rank)
    return scored.slice(0, k).map(({ rank, score }) => ({ item: items[rank]!, score }))
  }
}
