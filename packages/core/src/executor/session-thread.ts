/** Entry file of the I/O thread of `local[n]`: a session whose driver is on another thread of the same process. */

import { parentPort, workerData } from 'node:worker_threads'
import { systemClock } from '../base/clock.ts'
import { executionBytes } from '../base/execution-bytes.ts'
import { UsageError } from '../base/errors.ts'
import { WorkFolder } from '../storage/work-folder.ts'
import { PagePool } from '../storage/page-pool.ts'
import { portChannel } from '../transport/port-channel.ts'
import { ExecutorSession } from './session.ts'
import { threadSlots } from './thread-slot.ts'

export interface SessionThreadData {
  readonly executor: string
  readonly cores: number
  readonly memoryBytes: number
  readonly heapBytes: number
  readonly workFolder: string
  readonly importRoots: readonly string[]
}

const data = workerData as SessionThreadData
const pool = PagePool.create(data.memoryBytes)
new ExecutorSession(portChannel(parentPort!), {
  cores: data.cores,
  pool,
  clock: systemClock,
  workFolder: new WorkFolder(data.workFolder, 'store'),
  startSlot: threadSlots({
    executor: data.executor,
    pool,
    workFolder: data.workFolder,
    importRoots: data.importRoots,
    heapBytes: data.heapBytes,
    executionBytes: executionBytes(data.memoryBytes, data.cores),
  }),
  connectPeer: () => Promise.reject(new UsageError('local[n] has one executor and no peers')),
  onStop: () => parentPort!.close(),
})
