/** Which executors a task would rather run on: those that hold its cached partitions, else those where its sources lie. */

import type { ExecutorId } from '../base/ids.ts'
import type { NeededInputs } from '../plan/inputs.ts'
import { cacheKey, type SchedulerState } from './state.ts'

/**
 * Live executors with a cached input of the task; where nothing is cached, those that its sources name, by their id before by
 * their host; none where there are neither, so that it may run anywhere.
 */
export function preferredExecutors(state: SchedulerState, needed: NeededInputs): ExecutorId[] {
  const held = new Votes()
  for (const { datasetId, partition } of needed.cached)
    for (const executor of state.cached.get(cacheKey(datasetId, partition)) ?? [])
      if (state.executors.get(executor)?.draining === false) held.add(executor, 1)
  if (held.any || needed.locations.length === 0) return held.inOrder()
  const named = new Votes()
  for (const locations of needed.locations)
    for (const { id, host, draining } of state.executors.values()) {
      if (draining) continue
      if (locations.includes(id)) named.add(id, 2)
      else if (locations.includes(host)) named.add(id, 1)
    }
  return named.inOrder()
}

class Votes {
  readonly #counts = new Map<ExecutorId, number>()

  get any(): boolean {
    return this.#counts.size > 0
  }

  add(executor: ExecutorId, votes: number): void {
    this.#counts.set(executor, (this.#counts.get(executor) ?? 0) + votes)
  }

  inOrder(): ExecutorId[] {
    return [...this.#counts].sort((a, b) => b[1] - a[1]).map(([executor]) => executor)
  }
}
