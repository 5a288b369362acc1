/** A trained model on the driver: who would like what, what is like what, and what to play next. */

import { inspect } from 'node:util'
import { UsageError } from '@gridify/core'
import type { FitReport } from './als.ts'
import { transform } from './confidence.ts'
import type { Id } from './ids.ts'
import { gramOf } from './kernels/dense.ts'
import { solveCholesky } from './kernels/solve-rows.ts'
import { loadModel, saveModel } from './persistence.ts'
import { checkNames, checkWhole } from './check-call.ts'
import { normalize, walk, type WalkOptions } from './radio.ts'
import { rowRegularization } from './sides.ts'
import { scoreRows, topK, type Ranked } from './top-k.ts'

/** An item with what speaks for it. */
export interface Scored {
  /** The item's id. */
  readonly item: Id
  /** The product of the vectors of user and item, or, where items are compared, their cosine. */
  readonly score: number
}

/** User u was trained on items ranks[offsets[u]] to ranks[offsets[u + 1]], ascending. */
export interface SeenItems {
  readonly offsets: Int32Array
  readonly ranks: Int32Array
}

export interface ModelParts {
  readonly users: readonly Id[]
  readonly items: readonly Id[]
  /** users x factors, row by row. */
  readonly userFactors: Float32Array
  /** items x factors, row by row. */
  readonly itemFactors: Float32Array
  readonly seen: SeenItems
  readonly report: FitReport
}

/** What a recommendation leaves out: what the user was trained on, nothing, or the items named. */
export type Exclude = 'seen' | 'none' | Iterable<Id>

/** A trained model, held by the driver: who would like what, what is like what, and what to play next. Needs no context. */
export class FactorModel {
  readonly #parts: ModelParts
  readonly #userRanks: Map<Id, number>
  readonly #itemRanks: Map<Id, number>
  readonly #counts: Int32Array
  #gram: Float64Array | undefined
  #unit: Float32Array | undefined

  /** @internal Made by `ImplicitALS.fit()` and `FactorModel.load()`. */
  constructor(parts: ModelParts) {
    this.#parts = parts
    this.#userRanks = new Map(parts.users.map((id, rank) => [id, rank]))
    this.#itemRanks = new Map(parts.items.map((id, rank) => [id, rank]))
    this.#counts = new Int32Array(parts.items.length)
    for (const rank of parts.seen.ranks) this.#counts[rank]!++
  }

  /**
   * Reads a model that `save()` wrote.
   * @throws UsageError where files are missing or were changed.
   * @example
   * await model.save(folder + '/models/loaded')
   * const loaded = await FactorModel.load(folder + '/models/loaded')
   * loaded.recommend('pop fan 0', { k: 1 })[0]!.item // 'abba'
   */
  static async load(folder: string): Promise<FactorModel> {
    return new FactorModel(await loadModel(folder))
  }

  /**
   * Writes the model to a folder, whole or not at all; a model that is there already is replaced.
   * @throws UsageError where the folder holds something else.
   * @example
   * await model.save(folder + '/models/artists')
   * const loaded = await FactorModel.load(folder + '/models/artists')
   * loaded.items.length === model.items.length // true
   */
  save(folder: string): Promise<void> {
    return saveModel(folder, this.#parts)
  }

  /** How it was trained. */
  get report(): FitReport {
    return this.#parts.report
  }
  /** The ids of all users, in rank order. */
  get users(): readonly Id[] {
    return this.#parts.users
  }
  /** The ids of all items, in rank order. */
  get items(): readonly Id[] {
    return this.#parts.items
  }
  /** users x factors, row by row, in rank order. */
  get userFactors(): Float32Array {
    return this.#parts.userFactors
  }
  /** items x factors, row by row, in rank order. */
  get itemFactors(): Float32Array {
    return this.#parts.itemFactors
  }

  /**
   * The `k` items with the best scores for a user, best first, 10 by default; ties by rank. What the user was trained on
   * is left out, unless `exclude` is 'none' or names other items.
   * @throws UsageError for a user or an item that the model does not have, and a bad `k`.
   * @example
   * model.recommend('pop fan 0', { k: 1 }).map(({ item }) => item) // ['abba']
   * model.recommend('pop fan 0', { k: 4, exclude: 'none' }).map(({ item }) => item).sort() // ['abba', 'cher', 'queen', 'toto']
   */
  recommend(user: Id, options: { readonly k?: number; readonly exclude?: Exclude } = {}): Scored[] {
    checkNames('recommend()', options, ['k', 'exclude'])
    const { k = 10, exclude = 'seen' } = options
    checkWhole('recommend()', 'k', k, 1)
    const rank = this.#rank(this.#userRanks, user, 'user')
    const { factors } = this.#parts.report.settings
    const left = new Set<number>()
    if (exclude === 'seen') for (const item of this.#seenBy(rank)) left.add(item)
    else if (exclude !== 'none') for (const id of exclude) left.add(this.#rank(this.#itemRanks, id, 'item'))
    return this.#best(this.#parts.userFactors.subarray(rank * factors, (rank + 1) * factors), k, left)
  }

  /**
   * The `k` items that are most like one, by cosine, never the item itself; those with fewer than `minCount` listeners, 5
   * by default, whose vectors are mostly noise, are left out.
   * @throws UsageError for an item that the model does not have, and bad options.
   * @example
   * model.similarItems('abba', { k: 3 }).map(({ item }) => item).sort() // ['cher', 'queen', 'toto']
   */
  similarItems(item: Id, options: { readonly k?: number; readonly minCount?: number } = {}): Scored[] {
    checkNames('similarItems()', options, ['k', 'minCount'])
    const { k = 10, minCount = 5 } = options
    checkWhole('similarItems()', 'k', k, 1)
    const rank = this.#rank(this.#itemRanks, item, 'item')
    const unit = this.#unitVectors()
    const scores = scoreRows(this.#vectorOf(unit, rank), unit)
    return this.#named(topK(scores, k, (other) => other !== rank && this.#counts[other]! >= minCount))
  }

  /**
   * The vector of somebody who is not in the model, from a few plays: an exact solve against the item vectors.
   * @throws UsageError for an item that the model does not have, and plays that are no number above 0.
   * @example
   * model.foldIn([['abba', 12], ['cher', 3]]).length // model.report.settings.factors
   */
  foldIn(plays: Iterable<readonly [item: Id, value: number]>): Float32Array {
    return Float32Array.from(this.#solve(this.#checkPlays(plays, 'foldIn()')))
  }

  /**
   * Recommendations for a session of plays, by `foldIn`; what was played is left out.
   * @throws UsageError as `foldIn`.
   * @example
   * model.nowPlaying([['abba', 1], ['cher', 1]], { k: 2 }).map(({ item }) => item).sort() // ['queen', 'toto']
   */
  nowPlaying(plays: Iterable<readonly [item: Id, value: number]>, options: { readonly k?: number } = {}): Scored[] {
    checkNames('nowPlaying()', options, ['k'])
    const { k = 10 } = options
    checkWhole('nowPlaying()', 'k', k, 1)
    const entries = this.#checkPlays(plays, 'nowPlaying()')
    return this.#best(this.#solve(entries), k, new Set(entries.map(({ rank }) => rank)))
  }

  /**
   * A station: a seeded walk from an item or a user, without repeats; the same seed plays the same tracks. Items with
   * fewer than `minCount` listeners, 5 by default, are not played.
   * @throws UsageError for an item or a user that the model does not have, and bad options.
   * @example
   * const station = model.radio({ item: 'abba' }, { length: 3, temperature: 0, seed: 1 })
   * station.map(({ item }) => item).sort() // ['cher', 'queen', 'toto']
   */
  radio(
    from: { readonly item: Id } | { readonly user: Id },
    options: Partial<WalkOptions> & { readonly minCount?: number } = {},
  ): Scored[] {
    if (typeof from !== 'object' || from === null || !('item' in from || 'user' in from))
      throw new UsageError(`radio() starts from { item } or { user }, got ${inspect(from)}`)
    checkNames('radio()', options, ['length', 'temperature', 'seed', 'minCount'])
    const { length = 20, temperature = 0.1, seed = 1, minCount = 5 } = options
    const unit = this.#unitVectors()
    const itemRank = 'item' in from ? this.#rank(this.#itemRanks, from.item, 'item') : -1
    const direction =
      'item' in from
        ? this.#vectorOf(unit, itemRank)
        : normalize(this.#vectorOf(this.#parts.userFactors, this.#rank(this.#userRanks, from.user, 'user')))
    const playable = (rank: number) => rank !== itemRank && this.#counts[rank]! >= minCount
    return this.#named(walk(direction, unit, playable, { length, temperature, seed }))
  }

  #checkPlays(plays: Iterable<readonly [Id, number]>, what: string): { rank: number; value: number }[] {
    const sums = new Map<number, number>()
    for (const [id, value] of plays) {
      if (!(typeof value === 'number' && value > 0 && value < Infinity))
        throw new UsageError(
          `${what}: the plays of ${typeof id === 'string' ? JSON.stringify(id) : inspect(id)} must be a finite number above 0, got ${String(value)}`,
        )
      const rank = this.#rank(this.#itemRanks, id, 'item')
      sums.set(rank, (sums.get(rank) ?? 0) + value)
    }
    if (sums.size === 0) throw new UsageError(`${what} needs at least one [item, plays]`)
    return [...sums].map(([rank, value]) => ({ rank, value })).sort((a, b) => a.rank - b.rank)
  }

  #solve(entries: readonly { rank: number; value: number }[]): Float64Array {
    const { itemFactors, items, report } = this.#parts
    const { settings, alpha } = report
    const { factors, unobservedWeight } = settings
    this.#gram ??= gramOf(itemFactors, 0, items.length, factors).map((value) => value * unobservedWeight)
    return solveCholesky(
      {
        factors,
        offsets: Int32Array.of(0, entries.length),
        slots: Int32Array.from(entries, ({ rank }) => rank),
        weights: Float64Array.from(entries, ({ value }) => alpha * transform(value, settings)),
        gram: this.#gram,
        regularization: rowRegularization(Int32Array.of(entries.length), items.length, settings),
        bonus: settings.objective === 'hu2008' ? unobservedWeight : 0,
      },
      itemFactors,
    )
  }

  #seenBy(user: number): Int32Array {
    const { offsets, ranks } = this.#parts.seen
    return ranks.subarray(offsets[user], offsets[user + 1])
  }

  #vectorOf(matrix: Float32Array, rank: number): Float32Array {
    const { factors } = this.#parts.report.settings
    return matrix.slice(rank * factors, (rank + 1) * factors)
  }

  #unitVectors(): Float32Array {
    if (!this.#unit) {
      const { itemFactors, report } = this.#parts
      const { factors } = report.settings
      this.#unit = itemFactors.slice()
      for (let at = 0; at < this.#unit.length; at += factors)
        this.#unit.set(normalize(this.#unit.subarray(at, at + factors)), at)
    }
    return this.#unit
  }

  #rank(ranks: Map<Id, number>, id: Id, what: string): number {
    const rank = ranks.get(id)
    if (rank === undefined) {
      const twin = [String(id), Number(id)].find((other) => ranks.has(other))
      const cure =
        twin !== undefined
          ? `it has ${JSON.stringify(twin)}: ids are compared with their type`
          : `it knows what was in its ratings or in \`${what}s\``
      throw new UsageError(
        `the model has no ${what} ${typeof id === 'string' ? JSON.stringify(id) : inspect(id)}; ${cure}`,
      )
    }
    return rank
  }

  #best(vector: Float32Array | Float64Array, k: number, left: ReadonlySet<number>): Scored[] {
    return this.#named(topK(scoreRows(vector, this.#parts.itemFactors), k, (rank) => !left.has(rank)))
  }

  #named(ranked: readonly Ranked[]): Scored[] {
    return ranked.map(({ rank, score }) => ({ item: this.items[rank]!, score }))
  }
}
