/** What a captured function is once it has left its process: bytes, a name for them, and what the driver should know. */

/** A handle to something that executors hold already, such as a broadcast or an accumulator. */
export interface ShipReference {
  readonly kind: string
  readonly id: number
}

/**
 * Objects with a method of this name are shipped as the reference that it returns. If the method throws, its message
 * is printed after the path as the reason why the function cannot be sent: "is a dataset; ...".
 */
export const shipSymbol: unique symbol = Symbol.for('gridify.ship')

/** A stretch of a closure's bytes. */
export interface ClosureChunk {
  /** Of its bytes: an executor that has been sent them, with whatever closure, has this chunk. */
  readonly hash: string
  /** How many. */
  readonly bytes: number
}

export interface ClosureCode {
  /** 32 hexadecimal digits of a SHA-256: equal functions with equal values have equal hashes. */
  readonly hash: string
  readonly bytes: Uint8Array
  /** What the first part of the bytes is cut into, if the closure is large. */
  readonly chunks: readonly ClosureChunk[]
}

/** A class by itself, or a function that returns a registered one with its two functions. */
export interface ShippedClass extends ClosureCode {
  /** What bytes call the class. */
  readonly key: string
  readonly registered: boolean
}

export interface Closure extends ClosureCode {
  /** The function's own name, or ''. */
  readonly name: string
  /** `file:line:column` of the function's source. */
  readonly location: string
  /** Broadcasts and accumulators among the captured values, each once. */
  readonly references: readonly ShipReference[]
  /** True if the function assigns to a captured variable: it must be rebuilt for each task. */
  readonly perTask: boolean
  readonly warnings: readonly string[]
}
