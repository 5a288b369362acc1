/** Vectors row by row: f32 where the SIMD kernels run, f64 where their plain twins do. */

/** Vectors one behind the other. */
export type FloatArray = Float32Array | Float64Array

/** All variants. */
export const kernelVariants = ['simd4', 'simd8', 'f64'] as const
/** SIMD in blocks of 4 or 8 ratings, or plain TypeScript in f64. Each gives the same bits on every machine, but not the bits of another. */
export type KernelVariant = (typeof kernelVariants)[number]

/**
 * Zeroed vectors as the variant keeps them.
 * @example
 * createVectors('simd4', 2) // Float32Array.of(0, 0)
 */
export function createVectors(variant: KernelVariant, length: number): FloatArray {
  return variant === 'f64' ? new Float64Array(length) : new Float32Array(length)
}

/**
 * How many bytes a number of a vector takes.
 * @example
 * bytesPerNumber('f64') // 8
 */
export function bytesPerNumber(variant: KernelVariant): number {
  return variant === 'f64' ? 8 : 4
}
