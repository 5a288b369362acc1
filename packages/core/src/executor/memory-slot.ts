/** A slot on the caller's own thread, for the `memory` cluster: one task after the other, in the order of messages. */

import type { MemoryBudget } from '../base/memory-budget.ts'
import type { WorkFolder } from '../storage/work-folder.ts'
import { firstSlotOwner, type PagePool } from '../storage/page-pool.ts'
import { sharedTableBytes } from './shared-region-table.ts'
import { Slot } from './slot.ts'
import { bundlesFolder } from './write-bundle.ts'
import type { StartSlot } from './slot-host.ts'

export function memorySlots(
  executor: string,
  pool: PagePool,
  budget: MemoryBudget,
  files: WorkFolder,
  importRoots: readonly string[],
): StartSlot {
  const sharedTable = new SharedArrayBuffer(sharedTableBytes)
  return (number, events) => {
    let cancelled = 0
    let alive = true
    const slot = new Slot({
      executor,
      pool,
      owner: firstSlotOwner + number,
      sharedTable,
      importRoots,
      bundlesFolder: bundlesFolder(files.path),
      spillPath: () => files.nextFile(),
      executionBytes: budget.executionBytesPerSlot,
      makeRoom: (bytes, writing) =>
        events.onReply({ type: 'makeRoom', bytes, ...(writing === undefined ? {} : { writing }) }),
      isCancelled: (task) => cancelled === task,
      log: (record) => events.onReply({ type: 'log', record }),
      tell(message) {
        if (alive) events.onReply(message)
      },
    })
    return {
      send(request) {
        slot.obey(request, (reply) => {
          if (alive) events.onReply(reply)
        })
      },
      cancel(task) {
        cancelled = task
        slot.obey({ type: 'cancel', taskId: task }, () => {})
      },
      async stop() {
        alive = false
        slot.dispose()
      },
    }
  }
}
