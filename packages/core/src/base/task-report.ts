/** What a program may learn of each task: which part of which stage it was, where it ran and how long it took. */

export interface TaskReport {
  /** The number of its stage, as `TaskContext.stage`. */
  readonly stage: number
  /** Your line of the action, or of the operation that the stage's shuffle is for. */
  readonly site: string
  /** The partition that it computed. */
  readonly partition: number
  /** Which part of the partition it made, where that was far larger than others and was split. */
  readonly piece?: TaskPiece
  /** How often it had been started before: above 0 after a failure or a loss. */
  readonly attempt: number
  /** The id of the executor that ran it. */
  readonly executor: string
  /** In its slot: neither waiting nor fetching count. */
  readonly milliseconds: number
}

/** A stretch of a partition's rows that one of several tasks makes. */
export interface TaskPiece {
  /** Counted from 0, in the order of rows. */
  readonly index: number
  /** How many tasks make the partition. */
  readonly of: number
}
