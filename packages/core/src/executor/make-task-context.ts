/** What functions find in their task: arena, shared regions, resources of the slot, log and signal. */

import type { StageId } from '../base/ids.ts'
import { createLogger } from '../base/logger.ts'
import type { Region } from '../base/region.ts'
import { type TaskDescription } from '../protocol/messages.ts'
import type { TaskContext } from '../task/task-context.ts'
import { SharedRegionTable } from './shared-region-table.ts'
import type { SlotServices } from './slot-services.ts'

export type Resources = Map<string, { resource: unknown; dispose?: (resource: never) => void }>

export interface TaskContextOptions {
  readonly stage: StageId
  readonly description: TaskDescription
  readonly services: SlotServices
  readonly shared: SharedRegionTable
  readonly resources: Resources
  /** Made when first asked for: most tasks never look. */
  readonly signal: () => AbortSignal
}

export function taskContext({
  stage,
  description,
  services,
  shared,
  resources,
  signal,
}: TaskContextOptions): TaskContext {
  const allocate = (bytes: number): Region => {
    const { pool, owner } = services
    let region = pool.tryAllocate(bytes, owner)
    if (!region && shared.dropIdle()) region = pool.tryAllocate(bytes, owner)
    if (!region) {
      services.makeRoom(bytes)
      region = pool.allocate(bytes, owner)
    }
    return region
  }
  const arena = {
    memory: services.pool.memory,
    allocate: (bytes: number, { zeroed = true }: { readonly zeroed?: boolean } = {}) => {
      const region = allocate(bytes)
      if (zeroed) services.pool.view(region).fill(0)
      return region
    },
    release: (region: Region) => services.pool.free(region),
  }
  return {
    stage,
    partition: description.partition,
    attempt: description.attempt,
    executor: services.executor,
    get signal() {
      return signal()
    },
    log: createLogger(services.executor, services.log),
    arena,
    shared: { get: (key, bytes, fill) => shared.get(key, bytes, (region) => fill(region, arena), allocate) },
    slot: {
      get<T>(key: string, create: () => T, dispose?: (resource: T) => void): T {
        let held = resources.get(key)
        if (!held) {
          held = { resource: create(), ...(dispose ? { dispose: dispose as (resource: never) => void } : {}) }
          resources.set(key, held)
        }
        return held.resource as T
      },
    },
  }
}
