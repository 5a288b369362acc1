/** Implicit-feedback ALS on the dataflow engine: ids to ranks, ratings to blocks, then half-iterations until done. */

import { UsageError, type Context, type Dataset } from '@gridify/core'
import { ranksOf } from './blocks.ts'
import { FactorModel } from './factor-model.ts'
import { solveHalf, startDataset, sumSide, transform, type HalfStep, type Side, type Vectors } from './half-gridify.ts'
import { checkId, rankIds, type Id } from './ids.ts'
import { resolveOptions, type ALSOptions, type ALSSettings } from './options.ts'
import { buildRatingBlocks, buildRoutes, type RatingChunk } from './rating-blocks.ts'

export type Rating = readonly [user: Id, item: Id, value: number]

export interface IterationReport {
  readonly iteration: number
  readonly loss: number
  readonly seconds: number
  readonly movedBytes: number
}

export interface FitOptions {
  /** The context to run on; not needed where `ratings` is a dataset of one. */
  readonly context: Context
  /** Ids that exist beside those with ratings; they count in the regulariser. */
  readonly users?: Iterable<Id>
  readonly items?: Iterable<Id>
  readonly onIteration?: (report: IterationReport) => void
  readonly signal?: AbortSignal
}

export interface FitReport {
  readonly settings: ALSSettings
  readonly alpha: number
  readonly kernel: 'f64'
  readonly ratings: number
  readonly duplicates: number
  readonly iterations: readonly IterationReport[]
  readonly warnings: readonly string[]
}

/**
 * Factorises implicit feedback (plays, clicks) into user and item vectors.
 * Hu, Koren, Volinsky 2008 and Rendle et al. 2021 ("Revisiting the Performance of iALS"), eq. 3.
 * @example
 * const model = await new ImplicitALS({ factors: 64 }).fit([['ann', 'abba', 12]], { context })
 * model.recommend('ann', { k: 10 })
 */
export class ImplicitALS {
  readonly #settings: ALSSettings

  constructor(options: ALSOptions = {}) {
    this.#settings = resolveOptions(options)
  }

  /**
   * Trains on `[user, item, value]` triples; duplicates are summed, zeros dropped.
   * Moves each vector once per half-iteration to each partition that needs it.
   * @throws UsageError for a negative value, NaN, a bad id or no ratings at all, before training starts.
   */
  async fit(ratings: Dataset<[Id, Id, number]> | Iterable<Rating>, options: FitOptions): Promise<FactorModel> {
    const { context, signal } = options
    const settings = this.#settings
    await using _everything = context.scope()
    const source = Symbol.iterator in ratings ? context.parallelize(checked(ratings) as [Id, Id, number][]) : ratings
    const ids = await collectIds(source, options)
    const partitions = settings.partitions ?? context.executors().reduce((sum, { cores }) => sum + cores, 0)
    const rankOf = context.broadcast({
      users: new Map(ids.users.map((id, rank) => [id, rank])),
      items: new Map(ids.items.map((id, rank) => [id, rank])),
    })
    const ranked = source.mapPartitions((rows) => {
      const all = [...rows]
      const chunk: RatingChunk = {
        rows: Int32Array.from(all, ([user]) => rankOf.value.users.get(user)!),
        columns: Int32Array.from(all, ([, item]) => rankOf.value.items.get(item)!),
        values: Float64Array.from(all, ([, , value]) => value),
      }
      return [[0, chunk] as [number, RatingChunk]]
    })
    const userBlocks = buildRatingBlocks(ranked, 'user', ids.users.length, partitions).cache()
    const itemBlocks = buildRatingBlocks(ranked, 'item', ids.items.length, partitions).cache()
    const users: Side = {
      name: 'user',
      count: ids.users.length,
      blocks: userBlocks,
      routes: buildRoutes(itemBlocks, ids.users.length, partitions).cache(),
    }
    const items: Side = {
      name: 'item',
      count: ids.items.length,
      blocks: itemBlocks,
      routes: buildRoutes(userBlocks, ids.items.length, partitions).cache(),
    }
    const { confidence, epsilon } = settings
    const stats = await userBlocks
      .map(([, { values, duplicates, start, end, offsets }]) => {
        // Summed per row, then per row on the driver, so that the mean does not depend on partitions.
        const sums: number[] = []
        for (let row = 0; row < end - start; row++) {
          let sum = 0
          for (let e = offsets[row]!; e < offsets[row + 1]!; e++) sum += transform(values[e]!, { confidence, epsilon })
          sums.push(sum)
        }
        return { count: values.length, duplicates, sums: Float64Array.from(sums), largest: values.reduce((a, b) => Math.max(a, b), 0) }
      })
      .collect({ signal })
    const count = stats.reduce((sum, part) => sum + part.count, 0)
    if (count === 0) throw new UsageError('ImplicitALS.fit(): there are no ratings above zero; give at least one [user, item, value]')
    const total = stats.reduce((sum, part) => part.sums.reduce((a, b) => a + b, sum), 0)
    const alpha = settings.alpha === 'auto' ? count / total : settings.alpha
    const largest = alpha * transform(stats.reduce((max, part) => Math.max(max, part.largest), 0), settings)
    const warnings: string[] = []
    if (largest / settings.unobservedWeight > 1e5)
      warnings.push(
        `the largest weight is ${(largest / settings.unobservedWeight).toPrecision(3)} times the unobserved weight; ` +
          'such a model ranks worse than popularity: use a smaller alpha or confidence `log`',
      )

    const iterations: IterationReport[] = []
    let userVectors = startDataset(users, settings).cache()
    let itemVectors = startDataset(items, settings).cache()
    let itemSums = await sumSide(itemVectors, settings.factors, signal)
    const half = async (side: Side, own: Dataset<[number, Vectors]>, fixed: Side, other: Dataset<[number, Vectors]>, gram: Float64Array) => {
      // Map outputs and broadcasts of earlier steps stay until the end: a lost executor then costs little to make up for.
      const step = context.broadcast<HalfStep>({ gram, settings, alpha, others: fixed.count })
      const solved = solveHalf(side, own, fixed, other, step, partitions, (p) => ranksOf(p, partitions, fixed.count).start).cache()
      return { solved, sums: await sumSide(solved, settings.factors, signal) }
    }
    for (let iteration = 1; iteration <= settings.iterations; iteration++) {
      const started = performance.now()
      const movedBefore = context.metrics().movedBytes
      const userStep = await half(users, userVectors, items, itemVectors, itemSums.gram)
      userVectors.unpersist()
      userVectors = userStep.solved
      const itemStep = await half(items, itemVectors, users, userVectors, userStep.sums.gram)
      itemVectors.unpersist()
      itemVectors = itemStep.solved
      itemSums = itemStep.sums
      const cross = userStep.sums.gram.reduce((sum, value, i) => sum + value * itemSums.gram[i]!, 0)
      const report: IterationReport = {
        iteration,
        loss: itemSums.observed + settings.unobservedWeight * cross + userStep.sums.regularization + itemSums.regularization,
        seconds: (performance.now() - started) / 1000,
        movedBytes: context.metrics().movedBytes - movedBefore,
      }
      if (!Number.isFinite(report.loss))
        throw new UsageError(`ImplicitALS.fit(): the loss is ${report.loss} after iteration ${iteration}; raise \`regularization\` or lower \`alpha\``)
      iterations.push(report)
      options.onIteration?.(report)
    }
    const matrix = async (vectors: Dataset<[number, Vectors]>, rows: number) => {
      const out = new Float64Array(rows * settings.factors)
      let at = 0
      for (const [, part] of await vectors.collect({ signal })) {
        out.set(part.vectors, at)
        at += part.vectors.length
      }
      return out
    }
    const seen = new Map<number, Int32Array>()
    for (const [, block] of await userBlocks.collect({ signal }))
      for (let row = 0; row < block.end - block.start; row++)
        seen.set(block.start + row, block.slots.slice(block.offsets[row], block.offsets[row + 1]).map((slot) => block.needs[slot]!))
    const model = new FactorModel({
      settings,
      alpha,
      users: ids.users,
      items: ids.items,
      userFactors: await matrix(userVectors, ids.users.length),
      itemFactors: await matrix(itemVectors, ids.items.length),
      seen,
      report: {
        settings,
        alpha,
        kernel: 'f64',
        ratings: count,
        duplicates: stats.reduce((sum, part) => sum + part.duplicates, 0),
        iterations,
        warnings,
      },
    })
    return model
  }
}

function checked(ratings: Iterable<Rating>): Rating[] {
  const rows = [...ratings]
  for (const [index, row] of rows.entries()) checkRating(row, index)
  if (rows.length === 0) throw new UsageError('ImplicitALS.fit(): there are no ratings; give at least one [user, item, value]')
  return rows
}

export function checkRating(row: Rating, index: number): void {
  const where = `ImplicitALS.fit(): rating ${index} (${JSON.stringify(row)})`
  if (!Array.isArray(row) || row.length !== 3) throw new UsageError(`${where} must be [user, item, value]`)
  checkId(row[0], `${where}: user`)
  checkId(row[1], `${where}: item`)
  const value: unknown = row[2]
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0)
    throw new UsageError(`${where}: the value must be a finite number >= 0, got ${String(value)}`)
}

async function collectIds(source: Dataset<[Id, Id, number]>, { users = [], items = [], signal }: FitOptions) {
  const found = await source
    .mapPartitions((rows) => {
      const seenUsers = new Set<Id>()
      const seenItems = new Set<Id>()
      let index = 0
      for (const row of rows) {
        checkRating(row, index++)
        seenUsers.add(row[0])
        seenItems.add(row[1])
      }
      return [{ users: [...seenUsers], items: [...seenItems] }]
    })
    .collect({ signal })
  const all = (given: Iterable<Id>, parts: readonly Id[][]): Id[] => {
    const ids = new Set<Id>(given)
    for (const id of ids) checkId(id, 'ImplicitALS.fit(): the id')
    for (const part of parts) for (const id of part) ids.add(id)
    return rankIds(ids)
  }
  return { users: all(users, found.map((part) => part.users)), items: all(items, found.map((part) => part.items)) }
}
