/** Chooses the kind of cluster that the configuration names. */

import { tmpdir } from 'node:os'
import { parseMaster, type Config } from '../base/config.ts'
import type { Cluster } from './cluster.ts'
import { connectDaemons } from './daemons.ts'
import { startLocalCluster } from './local-cluster.ts'
import { startLocalThreads } from './local-threads.ts'
import { startMemoryCluster } from './memory-cluster.ts'

export async function startCluster(config: Config): Promise<Cluster> {
  if (config.executors) return connectDaemons(config.executors, config)
  const master = parseMaster(config.master)
  switch (master.kind) {
    case 'memory':
      return startMemoryCluster(master.executors, config)
    case 'local':
      return startLocalThreads(master.slots, config, config.workDir ?? tmpdir())
    case 'local-cluster':
      return startLocalCluster(master.executors, master.cores, config)
  }
}
