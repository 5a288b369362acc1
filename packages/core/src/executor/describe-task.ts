import type { TaskDescription } from '../protocol/messages.ts'

/** Where a task ran, for the end of an error's message. */
export function describeTask({ stageId, partition, attempt }: TaskDescription, executor: string): string {
  return `(stage ${stageId}, partition ${partition}, attempt ${attempt}, executor ${executor})`
}
