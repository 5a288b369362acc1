/** From a task to its engine: one WebAssembly instance per slot, on the arena of its executor. */

import type { TaskContext } from '@gridify/core'
import type { Engine } from './engine.ts'
import { f64Engine } from './f64-engine.ts'
import { simdEngine } from './simd-engine.ts'
import { instantiateKernels } from './simd-exports.ts'
import type { KernelVariant } from './vectors.ts'

/**
 * The engine of `variant` in this task; `bytes` are those of `kernelBytes()`, best from a broadcast. There is one
 * WebAssembly instance per slot, on the arena of its executor.
 * @example
 * const kernel = chooseKernel(context.executors())
 * const bytes = context.broadcast(kernelBytes())
 * const grams = context.parallelize([1, 2], 1).mapPartitions((rows, task) => {
 *   const vectors = createVectors(kernel, 2)
 *   vectors.set([...rows])
 *   return openEngine(kernel, () => bytes.value, task).sumBlocks(vectors, 2).map((gram) => [...gram])
 * })
 * await grams.collect() // [[1, 2, 2, 4, 0, 0]]
 */
export function openEngine(
  variant: KernelVariant,
  bytes: () => Uint8Array,
  task: Pick<TaskContext, 'slot' | 'arena'>,
): Engine {
  if (variant === 'f64') return f64Engine()
  const { arena, slot } = task
  return simdEngine(
    variant,
    slot.get('@gridify/mf kernels', () => instantiateKernels(bytes(), arena.memory)),
    arena,
  )
}
