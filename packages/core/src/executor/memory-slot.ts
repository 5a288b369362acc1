/** A slot on the caller's own thread, for the `memory` cluster: one task after the other, in the order of messages. */

import type { MemoryBudget } from '../base/memory-budget.ts'
import type { WorkFolder } from '../storage/work-folder.ts'
import { firstSlotOwner, type PagePool } from '../storage/page-pool.ts'
import { sharedTableBytes } from './shared-region-table.ts'
import { Slot } from './slot.ts'
import { bundlesFolder } from './write-bundle.ts'
import type { SlotRequest, StartSlot } from './slot-host.ts'
import { claimBytes, SentTasks, TaskClaims } from './task-claims.ts'

export function memorySlots(
  executor: string,
  pool: PagePool,
  budget: MemoryBudget,
  files: WorkFolder,
  importRoots: readonly string[],
): StartSlot {
  const sharedTable = new SharedArrayBuffer(sharedTableBytes)
  return (number, events) => {
    const shared = new SharedArrayBuffer(claimBytes)
    const sent = new SentTasks(shared)
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
      claims: new TaskClaims(shared),
      log: (record) => events.onReply({ type: 'log', record }),
      tell(message) {
        if (alive) events.onReply(message)
      },
    })
    const obey = (request: SlotRequest) =>
      slot.obey(request, (reply) => {
        if (reply.type === 'finished' || reply.type === 'failed') sent.end(reply.taskId)
        if (alive) events.onReply(reply)
      })
    return {
      send: obey,
      run: (task, inputs) => obey({ type: 'run', task, inputs, turn: sent.add(task.id) }),
      flush() {},
      takeBack: (task) => sent.takeBack(task),
      cancel(task) {
        sent.cancel(task)
        obey({ type: 'cancel', taskId: task })
      },
      get running() {
        return sent.running
      },
      async stop() {
        alive = false
        slot.dispose()
      },
    }
  }
}
