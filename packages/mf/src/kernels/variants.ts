/** For the driver: which kernels the executors can run, and the bytes to broadcast to them. Must not be captured by tasks. */

import { UsageError } from '@gridify/core'
import type { KernelVariant } from './vectors.ts'
import { kernelModule } from './wasm.ts'

/**
 * The compiled kernels; broadcast them and open an engine on them in tasks.
 * @example
 * [...kernelBytes().subarray(1, 4)].map((byte) => String.fromCharCode(byte)).join('') // 'asm'
 */
export function kernelBytes(): Uint8Array {
  return new Uint8Array(Buffer.from(kernelModule, 'base64'))
}

/**
 * The fastest variant that all executors run well: blocks of 8 need more registers than the compiler of Node 20 finds.
 * @throws UsageError for an executor that runs an older Node.
 * @example
 * chooseKernel([{ id: 'a', nodeVersion: 'v20.19.0' }, { id: 'b', nodeVersion: 'v24.1.0' }]) // 'simd4'
 */
export function chooseKernel(
  executors: readonly { readonly id: string; readonly nodeVersion: string }[],
): KernelVariant {
  let least = Infinity
  for (const { id, nodeVersion } of executors) {
    const major = Number(/^v?(\d+)\./.exec(nodeVersion)?.[1])
    if (!(major >= 20))
      throw new UsageError(`executor ${id} runs Node ${nodeVersion}; the kernels need Node 20 or later`)
    least = Math.min(least, major)
  }
  return least >= 22 ? 'simd8' : 'simd4'
}
