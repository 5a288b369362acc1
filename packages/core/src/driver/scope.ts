/** Collects what is made while it is open, and drops it at the end: iterative jobs stay constant in size. */

import type { DatasetId } from '../base/ids.ts'
import type { LineageNode } from '../lineage/node.ts'

/**
 * What `context.scope()` opens: what is made until its end goes with it, so that iterative jobs stay constant in size.
 * @example
 * for (let round = 0; round < 3; round++) {
 *   using scope = context.scope()
 *   const kept = context.range(0, 3).map((n) => n * round).cache()
 *   await kept.sum() // 3 * round
 * }
 */
export class Scope implements Disposable, AsyncDisposable {
  readonly #nodes = new Map<DatasetId, LineageNode>()
  readonly #actions: (() => void)[] = []
  readonly #drop: (nodes: readonly LineageNode[]) => void
  #ended = false

  /** @internal Use `context.scope()`. */
  constructor(drop: (nodes: readonly LineageNode[]) => void) {
    this.#drop = drop
  }

  /** @internal */
  add(node: LineageNode): void {
    this.#nodes.set(node.id, node)
  }

  /** @internal */
  remove(id: DatasetId): void {
    this.#nodes.delete(id)
  }

  /** @internal */
  onEnd(action: () => void): void {
    this.#actions.push(action)
  }

  /**
   * Drops what the scope holds; `using` calls it at the end of a block. Calling it again does nothing.
   * @example
   * const scope = context.scope()
   * const kept = context.range(0, 3).cache()
   * await kept.count() // 3
   * kept.explain().includes('held') // true
   * scope[Symbol.dispose]()
   * kept.explain().includes('held') // false
   */
  [Symbol.dispose](): void {
    if (this.#ended) return
    this.#ended = true
    this.#drop([...this.#nodes.values()])
    for (const action of this.#actions) action()
  }

  /**
   * The same, for `await using`.
   * @example
   * await using scope = context.scope()
   * await context.range(0, 3).cache().count() // 3
   */
  [Symbol.asyncDispose](): Promise<void> {
    this[Symbol.dispose]()
    return Promise.resolve()
  }
}
