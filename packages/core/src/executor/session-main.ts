/** Entry file of a session process: one driver's life on this daemon, from its control channel to the end of it. */

import { cpus } from 'node:os'
import { setTimeout } from 'node:timers/promises'
import { systemClock } from '../base/clock.ts'
import { memoryBudget } from '../base/memory-budget.ts'
import { dialedTwice } from '../protocol/messages.ts'
import { WorkFolder } from '../storage/work-folder.ts'
import { PagePool } from '../storage/page-pool.ts'
import { connect } from '../transport/connect.ts'
import { ExecutorSession } from './session.ts'
import { acceptChannels, sessionStart } from './supervisor/session-process.ts'
import { startAhead } from './start-ahead.ts'
import { threadSlots } from './thread-slot.ts'

const start = await sessionStart()
const name = `${start.name}#${process.pid}`
const cores = start.cores || cpus().length
const budget = memoryBudget(start.memoryBytes, cores, start.heapBytes)
const pool = PagePool.create(budget.poolLimitBytes, budget.poolBytes)
const importRoots = [start.root ?? process.cwd()]
const idleBytes = process.memoryUsage.rss()
// While the driver still introduces itself.
const startSlot = startAhead(
  cores,
  threadSlots({
    executor: name,
    pool,
    workFolder: start.workDir,
    importRoots,
    root: start.root,
    imports: start.imports,
    budget,
  }),
)
let session: ExecutorSession | undefined
/** Where the driver found this executor. */
let foundAt = ''
const early: Parameters<ExecutorSession['servePeer']>[0][] = []
const link = acceptChannels({
  onChannel(purpose, channel, _peer, host) {
    if (purpose === 'peer') {
      if (session) session.servePeer(channel)
      else early.push(channel)
      return
    }
    if (purpose !== 'control') return channel.close('data channels are not used')
    if (session) return channel.close(`${dialedTwice}${foundAt}`)
    foundAt = host
    session = new ExecutorSession(channel, {
      cores,
      pool,
      budget,
      idleBytes,
      residentBytes: () => process.memoryUsage.rss(),
      clock: systemClock,
      workFolder: new WorkFolder(start.workDir, 'store'),
      startSlot,
      connectPeer: (_id, url, key, ca) => dialPeer(url, key, ca),
      advertise: start.advertise,
      onLog: ({ level, message }) => console.log(`${level} ${message}`),
      onSessionKey: (key) => link.setSessionKey(key),
      onStop: () => link.exit(),
    })
    for (const peer of early.splice(0)) session.servePeer(peer)
    // A driver that is gone, by stop() or by its death, takes its session along.
    void channel.closed.then(() => session?.stop())
  },
  onDrain() {
    if (session) session.drain()
    else link.exit()
  },
  onShare: (memoryBytes) => session?.setMemory(memoryBytes),
  onShutdown() {},
})

/** A peer's daemon may not have heard of the session's key yet: a refusal is asked again for half a second. */
async function dialPeer(url: string, key: string, ca: string | undefined) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await connect(url, { secret: key, session: start.session, purpose: 'peer', ca })
    } catch (error) {
      if (attempt === 5) throw error
      await setTimeout(100)
    }
  }
}
