/** What a user's per-partition function is told about where it runs, and the resources that it may keep there. */

import type { Logger } from '../base/logger.ts'
import type { Region } from '../base/region.ts'
import type { WasmMemory } from '../base/wasm-memory.ts'

export type { Region } from '../base/region.ts'

/** The last argument of every per-partition function. */
export interface TaskContext {
  readonly stage: number
  readonly partition: number
  /** 0 for the first try, one more for each retry. */
  readonly attempt: number
  readonly executor: string
  /** Fires when the task is cancelled; a long loop over one row should look at `signal.aborted`. */
  readonly signal: AbortSignal
  readonly log: Logger
  readonly slot: SlotResources
  readonly shared: SharedRegions
  readonly arena: Arena
}

/** Objects that live as long as this slot's session: a WASM instance, a database client. */
export interface SlotResources {
  /**
   * Returns the object under `key`, made by `create` at the first call in this slot.
   * `dispose` is called with it when the session ends.
   */
  get<T>(key: string, create: () => T, dispose?: (resource: T) => void): T
}

/** One shared `WebAssembly.Memory` per executor: what lies here is read in place by the kernels of every slot. */
export interface Arena {
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
   */
  get(key: string, bytes: number, fill: (region: Region, arena: Arena) => void): Region
}
