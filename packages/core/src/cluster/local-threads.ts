/** `local[n]`: one executor in this process, its I/O on one worker thread and n slots on others. */

import { Worker } from 'node:worker_threads'
import { systemClock } from '../base/clock.ts'
import type { Config } from '../base/config.ts'
import { defaultMemoryBytes } from '../base/memory-budget.ts'
import type { ExecutorId } from '../base/ids.ts'
import { entryFile } from '../base/package-files.ts'
import type { SessionThreadData } from '../executor/session-thread.ts'
import { ownedPath } from '../storage/owned-folder.ts'
import { portChannel } from '../transport/port-channel.ts'
import type { Cluster } from './cluster.ts'

export async function startLocalThreads(slots: number, config: Config, workParent: string): Promise<Cluster> {
  const data: SessionThreadData = {
    executor: 'local',
    cores: slots,
    memoryBytes: config.memoryBytes ?? defaultMemoryBytes(),
    heapBytes: config.heapBytes,
    workFolder: ownedPath(workParent, 'work'),
    importRoots: [process.cwd()],
  }
  const worker = new Worker(entryFile('session-thread'), {
    workerData: data,
    execArgv: [],
  })
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
  const channel = portChannel(worker)
  return {
    clock: systemClock,
    executors: [{ id: 'local' as ExecutorId, url: '', channel }],
    sessionKey: '',
    async stop() {
      channel.send({ type: 'stop' })
      await Promise.race([exited, new Promise((resolve) => setTimeout(resolve, 3000).unref())])
      await worker.terminate()
    },
  }
}
