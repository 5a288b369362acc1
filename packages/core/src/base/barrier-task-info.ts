/** A task of a barrier stage, as the others of its stage know it. */
export interface BarrierTaskInfo {
  /** Its partition, and so its number among the tasks. */
  readonly partition: number
  /** The executor that runs it. */
  readonly executor: string
  /** The name or address of the executor's machine. */
  readonly host: string
}
