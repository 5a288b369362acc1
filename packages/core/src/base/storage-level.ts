/**
 * Where a persisted dataset's partitions rest: `memory`, in which those that find no room are computed again each time,
 * `memory-and-disk`, from which they go on in files, or `disk`, always files.
 */
export type StorageLevel = 'memory' | 'memory-and-disk' | 'disk'

export const storageLevels: readonly StorageLevel[] = ['memory', 'memory-and-disk', 'disk']

/** What `persist` asks for. */
export interface Persistence {
  readonly level: StorageLevel
  /** On how many executors. */
  readonly replicas: number
}
