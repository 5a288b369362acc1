/** Which executors a task would rather run on: those that hold its cached partitions, then its larger inputs. */

import type { ExecutorId } from '../base/ids.ts'
import type { NeededInputs } from '../plan/inputs.ts'
import { cacheKey, type SchedulerState } from './state.ts'

/** Live executors with a cached input of the task; none where nothing is cached, so that it may run anywhere. */
export function preferredExecutors(state: SchedulerState, needed: NeededInputs): ExecutorId[] {
  const votes = new Map<ExecutorId, number>()
  for (const { datasetId, partition } of needed.cached)
    for (const executor of state.cached.get(cacheKey(datasetId, partition)) ?? [])
      if (state.executors.get(executor)?.draining === false) votes.set(executor, (votes.get(executor) ?? 0) + 1)
  return [...votes].sort((a, b) => b[1] - a[1]).map(([executor]) => executor)
}
