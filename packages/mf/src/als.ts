/** Implicit-feedback ALS on the dataflow engine: half-iterations of either scheme until done, then one model. */

import { UsageError, type Context, type Dataset, type Scope } from '@gridify/core'
import { FactorModel } from './factor-model.ts'
import { solveFull } from './full-gridify.ts'
import { solveHalf } from './half-gridify.ts'
import type { Id } from './ids.ts'
import { chooseKernel, kernelBytes } from './kernels/variants.ts'
import { bytesPerNumber, type KernelVariant } from './kernels/vectors.ts'
import { resolveOptions, type ALSOptions, type ALSSettings } from './options.ts'
import { planFit, type FitPlan } from './plan-fit.ts'
import { collectIds, parallelizeRatings, rankRatings, type IdUniverse, type Rating } from './ratings.ts'
import { collectFactors, collectSeen } from './collect-model.ts'
import {
  startDataset,
  sumSide,
  type FitConstants,
  type HalfStep,
  type Side,
  type SideSums,
  type Solved,
  type Vectors,
} from './sides.ts'

/** What an iteration came to: both half-iterations, users and then items. */
export interface IterationReport {
  /** Counted from 1. */
  readonly iteration: number
  /** The objective after it: Rendle et al. 2021, eq. 2, or Hu et al. 2008, eq. 3. */
  readonly loss: number
  /** How long it took. */
  readonly seconds: number
  /** What the context's metrics of this name grew by. */
  readonly movedBytes: number
  /** What the context's metrics of this name grew by. */
  readonly networkBytes: number
  /** What the context's metrics of this name grew by. */
  readonly diskBytes: number
}

/** Where a model is trained, and who hears of it. */
export interface FitOptions {
  /** The context to run on. */
  readonly context: Context
  /** Users that exist beside those with ratings; they count in the regulariser. */
  readonly users?: Iterable<Id> | undefined
  /** Items that exist beside those with ratings; they count in the regulariser. */
  readonly items?: Iterable<Id> | undefined
  /** Called after each iteration. */
  readonly onIteration?: ((report: IterationReport) => void) | undefined
  /** Called where the settings look unwise for these ratings. */
  readonly onWarning?: ((message: string) => void) | undefined
  /** Ends the training with an AbortedError. */
  readonly signal?: AbortSignal | undefined
}

/** How a model was trained. */
export interface FitReport {
  /** The options with defaults filled in. */
  readonly settings: ALSSettings
  /** The number that `alpha` came to. */
  readonly alpha: number
  /** What the executors ran. */
  readonly kernel: KernelVariant
  /** K and L; in `half` partitions and 1. */
  readonly grid: readonly [number, number]
  /** How many the factors had. */
  readonly partitions: number
  /** Distinct pairs with a value above zero. */
  readonly ratings: number
  /** Ratings that were added to another one of their pair. */
  readonly duplicates: number
  /** Ratings of value 0, which were dropped. */
  readonly zeros: number
  /** One report each. */
  readonly iterations: readonly IterationReport[]
  /** Payload per iteration as the routing tables give it: what `movedBytes` is but for message headers. */
  readonly predictedBytesPerIteration: number
  /** What `onWarning` was told. */
  readonly warnings: readonly string[]
}

/**
 * Factorises implicit feedback (plays, clicks) into user and item vectors.
 * Hu, Koren, Volinsky 2008, eq. 3, and Rendle et al. 2021 ("Revisiting the Performance of iALS"), eq. 2.
 * @example
 * const likes: Rating[] = [['ann', 'abba', 12], ['ann', 'blur', 3], ['bob', 'abba', 5], ['bob', 'cher', 4]]
 * const model = await new ImplicitALS({ factors: 4, confidence: 'linear' }).fit(likes, { context })
 * model.recommend('ann', { k: 1 }).map(({ item }) => item) // ['cher']
 */
export class ImplicitALS {
  readonly #settings: ALSSettings

  /** @throws UsageError for an option that does not exist, is out of range, or that the other options do not use. */
  constructor(options: ALSOptions = {}) {
    this.#settings = resolveOptions(options)
  }

  /**
   * Trains on `[user, item, value]` triples; duplicates are summed, zeros dropped. `half` moves each vector once per
   * half-iteration to each partition that needs it; see `report.predictedBytesPerIteration` for `full`.
   * @throws UsageError for a negative value, NaN, a bad id or no ratings at all, before training starts.
   * @example
   * const losses: number[] = []
   * const als = new ImplicitALS({ factors: 4, iterations: 3 })
   * await als.fit(ratings, { context, onIteration: ({ loss }) => losses.push(loss) })
   * losses.length // 3
   * losses[2]! < losses[0]! // true
   */
  async fit(ratings: Dataset<[Id, Id, number]> | Iterable<Rating>, options: FitOptions): Promise<FactorModel> {
    const { context, signal } = options
    const settings = this.#settings
    await using _everything = context.scope()
    const source = Symbol.iterator in ratings ? parallelizeRatings(context, ratings) : ratings
    const ids = await collectIds(source, options, { signal })
    const kernel = settings.kernel === 'auto' ? chooseKernel(context.executors()) : settings.kernel
    const plan = await planFit(context, rankRatings(context, source, ids), ids, settings, kernel, signal)
    const warnings = warn(plan, settings, options)
    using training = new Training(context, plan, settings, kernel, signal)
    const iterations: IterationReport[] = []
    for (let iteration = 1; iteration <= settings.iterations; iteration++) {
      const report = await training.iterate(iteration)
      iterations.push(report)
      options.onIteration?.(report)
    }
    return await makeModel(training, ids, {
      settings,
      alpha: plan.alpha,
      kernel,
      grid: plan.grid,
      partitions: plan.partitions,
      ratings: plan.ratings,
      duplicates: plan.duplicates,
      zeros: plan.zeros,
      iterations,
      predictedBytesPerIteration: plan.predictedBytes,
      warnings,
    })
  }
}

function warn({ largestWeight }: FitPlan, { unobservedWeight }: ALSSettings, { onWarning }: FitOptions): string[] {
  const ratio = largestWeight / unobservedWeight
  if (ratio <= 1e5) return []
  const message =
    `the largest weight is ${ratio.toPrecision(3)} times the unobserved weight; such a model ranks worse than popularity: ` +
    'use a smaller alpha, or confidence `log`'
  onWarning?.(message)
  return [message]
}

async function makeModel(
  { plan, signal, users, items }: Training,
  ids: IdUniverse,
  report: FitReport,
): Promise<FactorModel> {
  const { factors } = report.settings
  return new FactorModel({
    ...ids,
    userFactors: await collectFactors(users, ids.users.length * factors, signal),
    itemFactors: await collectFactors(items, ids.items.length * factors, signal),
    seen: await collectSeen(plan.users.blocks, ids.users.length, signal),
    report,
  })
}

/**
 * The driver takes the vectors when what was exchanged for them is so many times larger. So checkpoints cost at most a
 * quarter of the traffic, and map outputs take the memory of this many models and one iteration, however long a fit goes on.
 */
const exchangesPerCheckpoint = 4

/** The state of a fit between half-iterations: vectors on the executors, sums on the driver. */
class Training {
  readonly plan: FitPlan
  readonly signal: AbortSignal | undefined
  users: Dataset<[number, Vectors]>
  items: Dataset<[number, Vectors]>
  readonly #context: Context
  readonly #settings: ALSSettings
  readonly #constants: HalfStep['constants']
  readonly #iterationsPerCheckpoint: number
  /** What was made since the vectors were checkpointed, that included. */
  #sinceCheckpoint: Scope[] = []
  #itemSums: SideSums | undefined

  constructor(
    context: Context,
    plan: FitPlan,
    settings: ALSSettings,
    kernel: KernelVariant,
    signal: AbortSignal | undefined,
  ) {
    this.plan = plan
    this.signal = signal
    this.#context = context
    this.#settings = settings
    const bonus = settings.objective === 'hu2008' ? settings.unobservedWeight : 0
    this.#constants = context.broadcast<FitConstants>({
      settings,
      kernel,
      kernelBytes: kernel === 'f64' ? new Uint8Array(0) : kernelBytes(),
      bonus,
    })
    const modelBytes = (plan.users.count + plan.items.count) * settings.factors * bytesPerNumber(kernel)
    this.#iterationsPerCheckpoint = Math.ceil((exchangesPerCheckpoint * modelBytes) / plan.predictedBytes)
    this.users = startDataset(plan.users, this.#constants).cache()
    this.items = startDataset(plan.items, this.#constants).cache()
  }

  async iterate(iteration: number): Promise<IterationReport> {
    const { plan } = this
    const { factors, iterations, unobservedWeight } = this.#settings
    this.#itemSums ??= await sumSide(this.items, factors, this.signal)
    const started = performance.now()
    const before = this.#context.metrics()
    const userSums = await this.#half('users', plan.users, plan.items, this.#itemSums)
    const itemSums = await this.#half('items', plan.items, plan.users, userSums)
    this.#itemSums = itemSums
    if (iteration === 1) for (const blocks of plan.raw) blocks.unpersist()
    if (iteration % this.#iterationsPerCheckpoint === 0 && iteration < iterations) await this.#checkpoint()
    const after = this.#context.metrics()
    const cross = userSums.gram.reduce((sum, value, i) => sum + value * itemSums.gram[i]!, 0)
    const loss = itemSums.observed + unobservedWeight * cross + userSums.regularization + itemSums.regularization
    if (!Number.isFinite(loss))
      throw new UsageError(
        `ImplicitALS.fit(): the loss is ${loss} after iteration ${iteration}; raise \`regularization\` or lower \`alpha\``,
      )
    return {
      iteration,
      loss,
      seconds: (performance.now() - started) / 1000,
      movedBytes: after.movedBytes - before.movedBytes,
      networkBytes: after.networkBytes - before.networkBytes,
      diskBytes: after.diskBytes - before.diskBytes,
    }
  }

  /** Replaces one side's vectors. Map outputs and broadcasts stay until the checkpoint: a lost executor then costs little. */
  async #half(own: 'users' | 'items', side: Side, fixed: Side, fixedSums: SideSums): Promise<SideSums> {
    const settings = this.#settings
    this.#sinceCheckpoint.push(this.#context.scope())
    const gram = this.#context.broadcast(fixedSums.gram.map((value) => value * settings.unobservedWeight))
    const step: HalfStep = {
      constants: this.#constants,
      gram,
      partitions: this.plan.partitions,
      measuresLoss: own === 'items',
    }
    const previous = this[own]
    const fixedVectors = own === 'users' ? this.items : this.users
    const solved: Solved =
      settings.scheme === 'full'
        ? solveFull(side, previous, fixed, fixedVectors, step, settings)
        : solveHalf(side, previous, fixed, fixedVectors, step, settings.factors, settings.solver)
    const sums = await sumSide(solved.vectors, settings.factors, this.signal)
    for (const dataset of [previous, ...solved.temporary]) dataset.unpersist()
    this[own] = solved.vectors
    return sums
  }

  /** From here on what a lost executor held is computed from the vectors of now, so all that led to them may go. */
  async #checkpoint(): Promise<void> {
    const { signal } = this
    const passed = this.#sinceCheckpoint
    this.#sinceCheckpoint = [this.#context.scope()]
    this.users = await this.users.checkpoint({ signal })
    this.items = await this.items.checkpoint({ signal })
    for (const scope of passed.reverse()) scope[Symbol.dispose]()
  }

  [Symbol.dispose](): void {
    for (const scope of this.#sinceCheckpoint.reverse()) scope[Symbol.dispose]()
  }
}
