/** Collects what is made while it is open, and drops it at the end: iterative jobs stay constant in size. */

import type { LineageNode } from '../lineage/node.ts'

export class Scope implements Disposable, AsyncDisposable {
  readonly #nodes: LineageNode[] = []
  readonly #actions: (() => void)[] = []
  readonly #drop: (nodes: readonly LineageNode[]) => void
  #ended = false

  /** @internal Use `context.scope()`. */
  constructor(drop: (nodes: readonly LineageNode[]) => void) {
    this.#drop = drop
  }

  /** @internal */
  add(node: LineageNode): void {
    this.#nodes.push(node)
  }

  /** @internal */
  onEnd(action: () => void): void {
    this.#actions.push(action)
  }

  [Symbol.dispose](): void {
    if (this.#ended) return
    this.#ended = true
    this.#drop(this.#nodes)
    for (const action of this.#actions) action()
  }

  [Symbol.asyncDispose](): Promise<void> {
    this[Symbol.dispose]()
    return Promise.resolve()
  }
}
