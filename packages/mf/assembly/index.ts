// The exports of the kernel module.

export { addNormalEquations, choleskyRows, factorAndSolve, narrow } from './cholesky'
export { addRowProducts, conjugateGradientRows, startOwned, stepOwned } from './conjugate-gradient'
export { gram } from './gram'
export { loss } from './loss'
