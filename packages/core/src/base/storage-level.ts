/** Where a persisted dataset's partitions rest. */
export type StorageLevel = 'memory' | 'memory-and-disk' | 'disk'

export const storageLevels: readonly StorageLevel[] = ['memory', 'memory-and-disk', 'disk']
