/** `memory[n]`: n executors on the caller's own thread and on virtual time, joined by channels in memory; for tests and simulation. */

import { tmpdir } from 'node:os'
import type { Config } from '../base/config.ts'
import { defaultMemoryBytes, memoryBudget } from '../base/memory-budget.ts'
import { virtualClock } from '../base/virtual-clock.ts'
import { FetchError } from '../base/errors.ts'
import type { ExecutorId } from '../base/ids.ts'
import { memorySlots } from '../executor/memory-slot.ts'
import { ExecutorSession } from '../executor/session.ts'
import { ownedPath } from '../storage/owned-folder.ts'
import { WorkFolder } from '../storage/work-folder.ts'
import { PagePool } from '../storage/page-pool.ts'
import { fairDelivery } from '../transport/fair-delivery.ts'
import { memoryChannelPair } from '../transport/memory-channel.ts'
import type { Cluster, ClusterExecutor } from './cluster.ts'

export interface MemoryCluster extends Cluster {
  /** Ends an executor as a crash would: at once, with all that it held. */
  crash(id: string): void
}

export function startMemoryCluster(count: number, config: Config, workParent = tmpdir()): MemoryCluster {
  const { deliver, isWaiting } = fairDelivery()
  const clock = virtualClock(isWaiting)
  const sessions = new Map<ExecutorId, ExecutorSession>()
  const peerChannels = new Map<ExecutorId, Set<{ close(reason?: string): void }>>()
  const executors: ClusterExecutor[] = []
  for (let number = 1; number <= count; number++) {
    const id = `memory-${number}` as ExecutorId
    const [driverEnd, executorEnd] = memoryChannelPair(deliver)
    // Slots have no heap of their own here.
    const budget = memoryBudget(config.memoryBytes ?? defaultMemoryBytes(count), 1, 0)
    // Its pages do not depend on what the process takes, so that runs are repeatable.
    const pool = PagePool.create(budget.poolLimitBytes)
    const workFolder = new WorkFolder(ownedPath(workParent, 'work'), 'store')
    peerChannels.set(id, new Set())
    const session = new ExecutorSession(executorEnd, {
      cores: 1,
      pool,
      budget,
      clock,
      workFolder,
      isOnDriversThread: true,
      startSlot: memorySlots(id, pool, budget, workFolder, [process.cwd()]),
      async connectPeer(peer) {
        const serving = sessions.get(peer)
        if (!serving) throw new FetchError(`executor ${peer} is gone`)
        const [mine, theirs] = memoryChannelPair(deliver)
        peerChannels.get(peer)!.add(theirs)
        serving.servePeer(theirs)
        return mine
      },
      onStop: () => {},
    })
    sessions.set(id, session)
    executors.push({ id, url: id, channel: driverEnd })
  }
  return {
    clock,
    executors,
    sessionKey: '',
    crash(id) {
      const session = sessions.get(id as ExecutorId)
      sessions.delete(id as ExecutorId)
      for (const channel of peerChannels.get(id as ExecutorId) ?? []) channel.close('the executor crashed')
      void session?.stop()
    },
    async stop() {
      await Promise.all([...sessions.values()].map((session) => session.stop()))
    },
  }
}
