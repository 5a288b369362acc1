/** What a program may learn of each task: which part of which stage it was, where it ran and how long it took. */

export interface TaskReport {
  readonly stage: number
  /** The user's line of the action, or of the operation that the stage's shuffle is for. */
  readonly site: string
  readonly partition: number
  /** How often it had been started before: above 0 after a failure or a loss. */
  readonly attempt: number
  readonly executor: string
  /** In its slot: neither waiting nor fetching count. */
  readonly milliseconds: number
}
