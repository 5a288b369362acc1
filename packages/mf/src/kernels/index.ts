/** What a program of its own needs to solve rows with the kernels of ImplicitALS. */

export { choleskySolve, gramOf } from './dense.ts'
export { observedLoss, solveCholesky, solveConjugateGradient, type RowProblem } from './solve-rows.ts'
