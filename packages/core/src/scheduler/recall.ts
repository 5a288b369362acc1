/** Takes tasks that queue behind others back from their executors, where another has a slot for them and nothing else to do. */

import type { SchedulerCommand, SchedulerState } from './state.ts'

/** Asks for as many as there are idle slots, the last sent first: those before them are the likeliest to have started. */
export function recallQueued(state: SchedulerState, commands: SchedulerCommand[]): void {
  const executors = [...state.executors.values()]
  let wanted = 0
  for (const { cores, running, draining } of executors) if (!draining) wanted += Math.max(0, cores - running.size)
  if (wanted === 0 || executors.every(({ cores, running }) => running.size <= cores)) return
  for (const { isRecalled } of state.running.values()) if (isRecalled) wanted--
  for (const { id: executor, cores, running } of executors)
    for (const id of [...running].slice(cores).reverse()) {
      const task = state.running.get(id)!
      const stage = state.stages.get(task.stage)
      if (wanted <= 0 || task.isRecalled || task.cancelled || !stage || stage.hasPlaces || stage.gang) continue
      task.isRecalled = true
      wanted--
      commands.push({ type: 'recallTask', task: id, executor })
    }
}
