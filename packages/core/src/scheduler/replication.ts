/** Copies of persisted partitions on other executors: asked for when one is kept, and again when a copy is lost. */

import type { DatasetId, ExecutorId } from '../base/ids.ts'
import { cacheKey, type SchedulerCommand, type SchedulerState } from './state.ts'

/** Notes a partition's size and asks for what it lacks in copies, as far as there are executors for them. */
export function replicate(
  state: SchedulerState,
  dataset: DatasetId,
  partition: number,
  bytes: number,
  commands: SchedulerCommand[],
): void {
  const replicated = state.replicated.get(dataset)
  if (!replicated) return
  replicated.bytes.set(partition, bytes)
  askFor(state, dataset, partition, commands)
}

/** After an executor is lost: what it held has fewer copies now. */
export function replicateAgain(state: SchedulerState, lost: ExecutorId, commands: SchedulerCommand[]): void {
  for (const [copy, { to }] of state.copying) if (to === lost) state.copying.delete(copy)
  for (const [dataset, { bytes }] of state.replicated)
    for (const partition of bytes.keys()) askFor(state, dataset, partition, commands)
}

function askFor(state: SchedulerState, dataset: DatasetId, partition: number, commands: SchedulerCommand[]): void {
  const { copies, level, bytes } = state.replicated.get(dataset)!
  const key = cacheKey(dataset, partition)
  const holders = state.cached.get(key)
  const from = holders && [...holders][0]
  if (from === undefined) return
  let missing = copies - holders!.size
  const others: ExecutorId[] = []
  for (const { id, draining } of state.executors.values()) {
    if (holders!.has(id)) continue
    if (state.copying.has(`${key}-${id}`)) missing--
    else if (!draining) others.push(id)
  }
  for (; missing > 0 && others.length > 0; missing--) {
    // Neighbouring partitions go to different executors.
    const to = others.splice(partition % others.length, 1)[0]!
    state.copying.set(`${key}-${to}`, { key, to })
    commands.push({ type: 'copyPartition', dataset, partition, from, to, bytes: bytes.get(partition)!, level })
  }
}
