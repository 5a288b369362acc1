/** The kernel module as functions: every argument is a number, every pointer a byte offset in the executor's arena. */

import type { Arena } from '@gridify/core'

type Kernel = (...numbers: readonly number[]) => number

/** See assembly/ for the parameters of each. */
export interface SimdExports {
  readonly gram: Kernel
  readonly loss: Kernel
  readonly choleskyRows: Kernel
  readonly conjugateGradientRows: Kernel
  readonly addNormalEquations: Kernel
  readonly factorAndSolve: Kernel
  readonly narrow: Kernel
  readonly addRowProducts: Kernel
  readonly startOwned: Kernel
  readonly stepOwned: Kernel
}

/** Compiles and links the kernels to a shared memory; a millisecond, once per slot. */
export function instantiateKernels(bytes: Uint8Array, memory: Arena['memory']): SimdExports {
  // Node's types leave WebAssembly out.
  const { WebAssembly } = globalThis as unknown as {
    WebAssembly: {
      Module: new (bytes: Uint8Array) => object
      Instance: new (module: object, imports: object) => { readonly exports: unknown }
    }
  }
  return new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } }).exports as SimdExports
}
