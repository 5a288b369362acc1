/**
 * Finds out that nobody holds a dataset or broadcast any more. Lineage nodes are what is watched: datasets hold theirs,
 * children hold their parents, and running jobs hold the node that they began with, so a node that was collected is
 * needed by nothing.
 */

import type { AccumulatorId, BroadcastId, DatasetId, ShuffleId } from '../base/ids.ts'
import type { LineageNode } from '../lineage/node.ts'

interface Held {
  readonly id: DatasetId
  readonly shuffle: ShuffleId | undefined
  readonly malformed: number | undefined
}

export interface Unreachable {
  readonly datasets: readonly DatasetId[]
  readonly shuffles: readonly ShuffleId[]
  /** Accumulators of malformed rows. */
  readonly malformed: readonly number[]
}

/**
 * What the driver keeps for a broadcast or accumulator. An id, no function: one would hold all that its neighbours in the
 * code hold, the handle itself among it, which then never goes.
 */
export type Handle =
  | { readonly kind: 'broadcast'; readonly id: BroadcastId }
  | { readonly kind: 'accumulator'; readonly id: AccumulatorId }

export class Reachability {
  readonly #counts = new Map<DatasetId, number>()
  readonly #running = new Map<object, object>()
  readonly #nodes: FinalizationRegistry<Held>
  readonly #handles: FinalizationRegistry<Handle>

  constructor(drop: (what: Unreachable) => void, dropHandle: (handle: Handle) => void) {
    this.#handles = new FinalizationRegistry(dropHandle)
    let gone = { datasets: [] as DatasetId[], shuffles: [] as ShuffleId[], malformed: [] as number[] }
    let waits = false
    this.#nodes = new FinalizationRegistry(({ id, shuffle, malformed }) => {
      if (this.#release(id)) gone.datasets.push(id)
      if (shuffle !== undefined) gone.shuffles.push(shuffle)
      if (malformed !== undefined) gone.malformed.push(malformed)
      // A collection finds many at once.
      if (waits) return
      waits = true
      setImmediate(() => {
        const what = gone
        gone = { datasets: [], shuffles: [], malformed: [] }
        waits = false
        drop(what)
      }).unref()
    })
  }

  /** A checkpoint has the id of the node that it replaces, so nodes are counted by id. */
  watch(node: LineageNode): void {
    this.#counts.set(node.id, (this.#counts.get(node.id) ?? 0) + 1)
    const shuffle = node.kind === 'shuffle' ? node.shuffleId : undefined
    const malformed = node.kind === 'files' ? node.malformed : undefined
    this.#nodes.register(node, { id: node.id, shuffle, malformed }, node)
  }

  /** It has been dropped by other means. */
  forget(node: LineageNode): void {
    if (this.#nodes.unregister(node)) this.#release(node.id)
  }

  watchHandle(handle: object, held: Handle): void {
    this.#handles.register(handle, held)
  }

  /** Keeps all that a job needs until it has ended. */
  async during<T>(needed: object, job: () => Promise<T>): Promise<T> {
    const token = {}
    this.#running.set(token, needed)
    try {
      return await job()
    } finally {
      this.#running.delete(token)
    }
  }

  /** Whether that was the last node of the id. */
  #release(id: DatasetId): boolean {
    const left = this.#counts.get(id)! - 1
    if (left > 0) this.#counts.set(id, left)
    else this.#counts.delete(id)
    return left <= 0
  }
}
