/** Chooses the kind of cluster that the configuration names. */

import { tmpdir } from 'node:os'
import type { Config } from '../base/config.ts'
import { parseMaster } from '../base/master.ts'
import { removeAbandoned } from '../storage/owned-folder.ts'
import { checkWorkParent } from '../storage/work-folder.ts'
import type { Cluster } from './cluster.ts'
import { startLocalThreads } from './local-threads.ts'

export async function startCluster(config: Config): Promise<Cluster> {
  // What dials daemons is not loaded where there are none.
  if (config.executors) return (await import('./daemons.ts')).connectDaemons(config.executors, config)
  const master = parseMaster(config.master)
  if (config.workDir !== undefined) checkWorkParent(config.workDir, 'workDir')
  const workParent = config.workDir ?? tmpdir()
  const [cluster] = await Promise.all([startOwn(master, config, workParent), removeAbandoned(workParent)])
  return cluster
}

async function startOwn(master: ReturnType<typeof parseMaster>, config: Config, workParent: string): Promise<Cluster> {
  switch (master.kind) {
    case 'memory':
      return (await import('./memory-cluster.ts')).startMemoryCluster(master.executors, config, workParent)
    case 'local':
      return startLocalThreads(master.slots, config, workParent)
    case 'local-cluster':
      return (await import('./local-cluster.ts')).startLocalCluster(master.executors, master.cores, config, workParent)
  }
}
