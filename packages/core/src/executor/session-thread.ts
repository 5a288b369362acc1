/** Entry file of the I/O thread of `local[n]`: a session whose driver is on another thread of the same process. */

import { parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '../base/clock.ts'
import { memoryBudget } from '../base/memory-budget.ts'
import { UsageError } from '../base/errors.ts'
import { WorkFolder } from '../storage/work-folder.ts'
import { PagePool } from '../storage/page-pool.ts'
import { portChannel } from '../transport/port-channel.ts'
import { startAhead } from './start-ahead.ts'
import { threadSlots } from './thread-slot.ts'

export interface SessionThreadData {
  readonly executor: string
  readonly cores: number
  readonly memoryBytes: number
  readonly heapBytes: number | undefined
  readonly workFolder: string
  readonly importRoots: readonly string[]
}

const channel = portChannel(parentPort!)
const data = workerData as SessionThreadData
const budget = memoryBudget(data.memoryBytes, data.cores, data.heapBytes)
const pool = PagePool.create(budget.poolLimitBytes, budget.poolBytes)
const idleBytes = process.memoryUsage.rss()
const startSlot = startAhead(
  data.cores,
  threadSlots({
    executor: data.executor,
    pool,
    workFolder: data.workFolder,
    importRoots: data.importRoots,
    budget,
  }),
)
const { ExecutorSession } = await import('./session.ts')
new ExecutorSession(channel, {
  cores: data.cores,
  pool,
  budget,
  idleBytes,
  residentBytes: () => process.memoryUsage.rss(),
  clock: systemClock,
  workFolder: new WorkFolder(data.workFolder, 'store'),
  startSlot,
  connectPeer: () => Promise.reject(new UsageError('local[n] has one executor and no peers')),
  onStop: () => parentPort!.close(),
})
