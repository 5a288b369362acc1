/**
 * Trains models of implicit feedback, recommends with them and evaluates them.
 * @module
 */

// The public names, listed by hand.

export { ImplicitALS, type FitOptions, type FitReport, type IterationReport } from './als.ts'
export { itemCosineBaseline, popularityBaseline, type Recommender } from './baselines.ts'
export { FactorModel, type Exclude, type Scored } from './factor-model.ts'
export { rankIds, type Id } from './ids.ts'
export type { KernelVariant } from './kernels/vectors.ts'
export { evaluateModel, evaluateRanking, holdOut, type HeldOut, type RankingQuality } from './metrics.ts'
export type { ALSOptions, ALSSettings } from './options.ts'
export type { WalkOptions } from './radio.ts'
export type { Rating } from './ratings.ts'
