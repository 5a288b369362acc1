/** Which slot each task queues in, and which are taken back for slots that have run dry. */

import type { TaskId } from '../base/ids.ts'
import type { InputBlock, ResolvedInput } from './task-blocks.ts'
import type { ExecutorCommand, ExecutorState, TaskInputs, TaskState } from './state.ts'

/** Of short tasks, an executor is sent so many for each of its slots. */
const tasksAhead = 16

/** Tasks queue up in slots, so that none waits for a message's way and back; a slot that runs dry is given another's last. */
export function startTasks(state: ExecutorState, commands: ExecutorCommand[]): void {
  const { slots, ready } = state
  while (ready.length > 0) {
    const slot = leastBusy(slots)
    if (slots[slot]!.length >= tasksAhead) return
    const entry = state.tasks.get(ready.shift()!)!
    slots[slot]!.push(entry.task.id)
    entry.slot = slot
    commands.push({ type: 'startTask', slot, task: entry.task, inputs: entry.inputs.map(resolved) })
  }
  if (!slots.some((queue) => queue.length === 0)) return
  const busiest = slots.reduce((most, queue, slot) => (queue.length > slots[most]!.length ? slot : most), 0)
  if (slots[busiest]!.length > 1) commands.push({ type: 'takeBack', slot: busiest, task: slots[busiest]!.at(-1)! })
}

function leastBusy(slots: readonly (readonly TaskId[])[]): number {
  let least = 0
  for (let slot = 1; slot < slots.length; slot++) if (slots[slot]!.length < slots[least]!.length) least = slot
  return least
}

/** Takes a task out of its slot's queue; undefined where it is in none. */
export function leaveSlot(state: ExecutorState, id: TaskId): TaskState | undefined {
  const entry = state.tasks.get(id)
  if (entry?.slot === undefined) return undefined
  const queue = state.slots[entry.slot]!
  queue.splice(queue.indexOf(id), 1)
  entry.slot = undefined
  return entry
}

function resolved({ input, blocks }: TaskInputs): ResolvedInput {
  switch (input.kind) {
    case 'rows':
      return input
    case 'cache':
      return { kind: 'cache', datasetId: input.datasetId, partition: input.partition, block: blocks[0]! }
    case 'shuffle':
      return {
        kind: 'shuffle',
        shuffleId: input.shuffleId,
        reduce: input.reduce,
        blocks: blocks as InputBlock[],
      }
  }
}
