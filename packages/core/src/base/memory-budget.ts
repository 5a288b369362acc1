/**
 * How the memory of one executor (`--memory`, `memoryBytes`) is divided. Every part is a bound, none is reserved: block
 * pages are written where they are needed, and the resident size of the process decides whether pages may grow past
 * their sure share.
 */

import { totalmem } from 'node:os'

const mebi = 2 ** 20
/** One WebAssembly.Memory, which all slots of a session share, ends here. */
const mostPoolBytes = 4 * 2 ** 30 - 65_536
export const leastMemoryBytes = 16 * mebi
/** With less, V8 and the modules of a slot leave no room for rows. */
export const leastHeapBytes = 64 * mebi
/** More heap than this makes V8's collections long; who needs it asks for it by `heapBytes`. */
const mostHeapBytes = 2048 * mebi

export interface MemoryBudget {
  /** All that the executor's process may have resident beside what an idle one has. */
  readonly memoryBytes: number
  /** Block pages (cached partitions, map outputs, arenas) that are granted without a look at the process. */
  readonly poolBytes: number
  /** How far block pages may grow while the process as a whole stays within the budget. */
  readonly poolLimitBytes: number
  /** Buffers outside of the V8 heap that one slot's sort, aggregation or map output may take before it spills. */
  readonly executionBytesPerSlot: number
  /** The old generation of one slot's V8 heap. */
  readonly heapBytesPerSlot: number
  /** One value of more than its slot's part of all that there is would not leave room for its own copy. */
  readonly valueBytes: number
  /** Blocks of other executors that are on their way at once. */
  readonly inFlightBytes: number
}

/**
 * `heapBytes` replaces the share of each slot's heap where the user has set it, `GRIDIFY_EXECUTION_BYTES` that of each
 * slot's execution.
 */
export function memoryBudget(
  memoryBytes: number,
  cores: number,
  heapBytes?: number,
  environment = process.env,
): MemoryBudget {
  const given = Number(environment['GRIDIFY_EXECUTION_BYTES'])
  const heapBytesPerSlot = heapBytes ?? between(leastHeapBytes, Math.floor((memoryBytes * 0.3) / cores), mostHeapBytes)
  const poolBytes = Math.min(mostPoolBytes, Math.floor(memoryBytes * 0.4))
  // Heaps grow after pages have, and pages that were written stay resident.
  const besideHeaps = Math.min(Math.floor(memoryBytes * 0.7), memoryBytes - cores * heapBytesPerSlot)
  return {
    memoryBytes,
    poolBytes,
    poolLimitBytes: between(poolBytes, besideHeaps, mostPoolBytes),
    executionBytesPerSlot: given > 0 ? given : Math.floor((memoryBytes * 0.25) / cores),
    heapBytesPerSlot,
    valueBytes: Math.floor(memoryBytes / cores),
    inFlightBytes: between(mebi, Math.floor(memoryBytes / 20), 64 * mebi),
  }
}

/** What each of so many executors on this machine takes where the user says nothing. */
export function defaultMemoryBytes(executors = 1): number {
  // A container's limit counts, where there is one.
  const limit = process.constrainedMemory() as number | undefined
  const machine = limit ? Math.min(limit, totalmem()) : totalmem()
  return Math.max(leastMemoryBytes, Math.floor((machine * 0.6) / executors))
}

function between(least: number, value: number, most: number): number {
  return Math.max(least, Math.min(value, most))
}
