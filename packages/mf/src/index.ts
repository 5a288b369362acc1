/** The public names of @gridify/mf, listed by hand. */

export { ImplicitALS, type FitOptions, type FitReport, type IterationReport, type Rating } from './als.ts'
export { FactorModel, type Scored } from './factor-model.ts'
export type { Id } from './ids.ts'
export { evaluateModel, evaluateRanking, holdOut, type RankingQuality } from './metrics.ts'
export type { ALSOptions, ALSSettings } from './options.ts'
