/** What a user's per-partition function is told about where it runs, and the resources that it may keep there. */

import type { Logger } from '../base/logger.ts'
import type { Region } from '../base/region.ts'
import type { WasmMemory } from '../base/wasm-memory.ts'

export type { Region } from '../base/region.ts'

/**
 * Where a function runs, and what it may keep there: the last argument of every per-partition function.
 * @example
 * const places = context.range(0, 4, { partitions: 2 }).mapPartitions((rows, task) => [[task.partition, [...rows].length]])
 * await places.collect() // [[0, 2], [1, 2]]
 */
export interface TaskContext {
  /** The number of the stage within its job. */
  readonly stage: number
  /** The number of the partition that the task computes. */
  readonly partition: number
  /** 0 for the first try, one more for each retry. */
  readonly attempt: number
  /** The id of the executor that runs it, as in `context.executors()`. */
  readonly executor: string
  /** Fires when the task is cancelled; a long loop over one row should look at `signal.aborted`. */
  readonly signal: AbortSignal
  /** Reports to the driver's `onLog`. */
  readonly log: Logger
  /** Objects that outlive the task, one of each for a slot. */
  readonly slot: SlotResources
  /** Memory that all slots of the executor read. */
  readonly shared: SharedRegions
  /** Memory for WebAssembly. */
  readonly arena: Arena
}

/** Objects that live as long as this slot's session: a WASM instance, a database client. */
export interface SlotResources {
  /**
   * Returns the object under `key`, made by `create` at the first call in this slot.
   * `dispose` is called with it when the session ends.
   * @example
   * const prices = context.parallelize([1234.5]).mapPartitions((rows, task) => {
   *   const format = task.slot.get('format', () => new Intl.NumberFormat('en'))
   *   return [...rows].map((price) => format.format(price))
   * })
   * await prices.collect() // ['1,234.5']
   */
  get<T>(key: string, create: () => T, dispose?: (resource: T) => void): T
}

/**
 * One shared `WebAssembly.Memory` per executor: what lies here is read in place by the kernels of every slot.
 * @example
 * const sums = context.range(0, 4, { partitions: 1 }).mapPartitions((rows, { arena }) => {
 *   const region = arena.allocate(4 * 8)
 *   const numbers = new Float64Array(arena.memory.buffer, region.offset, 4)
 *   numbers.set([...rows])
 *   const sum = numbers.reduce((a, b) => a + b)
 *   arena.release(region)
 *   return [sum]
 * })
 * await sums.collect() // [6]
 */
export interface Arena {
  /** What regions are places of; give it to a module as its memory, or make typed arrays on its buffer. */
  readonly memory: WasmMemory
  /**
   * Takes `bytes` of the arena for this task; they are zeroed, unless `zeroed` is false, for what is written whole.
   * @throws OutOfMemoryError where the arena has no such run left, after idle shared regions were dropped.
   */
  allocate(bytes: number, options?: { readonly zeroed?: boolean }): Region
  /** Gives a region back; regions that a task did not release are taken back at its end. */
  release(region: Region): void
}

/** Regions of the arena that all slots of an executor share. */
export interface SharedRegions {
  /**
   * Returns the region under `key`, filled once per executor and session by `fill`; tasks that ask meanwhile wait.
   * It is pinned until the task ends; an idle region may be dropped under memory pressure and is then filled again.
   * @throws OutOfMemoryError where the arena has no such run left.
   * @example
   * const found = context.parallelize([1, 2], 2).mapPartitions((rows, { shared, arena }) => {
   *   const table = shared.get('squares', 4, ({ offset, bytes }, { memory }) => {
   *     new Uint8Array(memory.buffer, offset, bytes).set([0, 1, 4, 9])
   *   })
   *   const squares = new Uint8Array(arena.memory.buffer, table.offset, table.bytes)
   *   return [...rows].map((n) => squares[n]!)
   * })
   * await found.collect() // [1, 4]
   */
  get(key: string, bytes: number, fill: (region: Region, arena: Arena) => void): Region
}
