/** Collects what is made while it is open, and drops it at the end: iterative jobs stay constant in size. */

import type { DatasetId } from '../base/ids.ts'
import type { LineageNode } from '../lineage/node.ts'

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

  [Symbol.dispose](): void {
    if (this.#ended) return
    this.#ended = true
    this.#drop([...this.#nodes.values()])
    for (const action of this.#actions) action()
  }

  [Symbol.asyncDispose](): Promise<void> {
    this[Symbol.dispose]()
    return Promise.resolve()
  }
}
