/**
 * What a program of its own needs to solve rows with the kernels of ImplicitALS: layouts, engines, sums in a fixed tree.
 * @module
 */

export { blockCount, partitionOfBlock, ranksOf, type RankRange } from '../blocks.ts'
export { joinSubtrees, sumSubtrees, type Subtree } from '../sum-tree.ts'
export { choleskySolve, gramOf } from './dense.ts'
export {
  blockRanks,
  packedLength,
  type Cell,
  type CholeskySolver,
  type ConjugateGradientSolver,
  type Engine,
  type Entries,
  type MeasuredVectors,
  type OwnedProblem,
  type OwnedState,
  type Products,
  type RowProblem,
  type SolvedRows,
  type Solver,
} from './engine.ts'
export { resolveOptions } from '../options.ts'
export { f64Engine } from './f64-engine.ts'
export { openEngine } from './open-engine.ts'
export { observedLoss, solveCholesky, solveConjugateGradient } from './solve-rows.ts'
export { chooseKernel, kernelBytes } from './variants.ts'
export { bytesPerNumber, createVectors, kernelVariants, type FloatArray, type KernelVariant } from './vectors.ts'
