/** Entry file of a slot's worker thread. */

import { pathToFileURL } from 'node:url'
import { parentPort, workerData } from 'node:worker_threads'
import { UsageError } from '../base/errors.ts'
import { useClasses } from '../codec/classes.ts'
import { limitValues } from '../codec/value-limits.ts'
import { slotPrefix, WorkFolder } from '../storage/work-folder.ts'
import { PagePool, type PagePoolHandle } from '../storage/page-pool.ts'
import { messagesOf, Outbox } from '../transport/outbox.ts'
import { captureConsole } from './capture-console.ts'
import { heapWatch } from './heap-watch.ts'
import { bundlesFolder } from './write-bundle.ts'
import { Slot } from './slot.ts'
import { TaskClaims } from './task-claims.ts'
import type { SlotReply, SlotRequest } from './slot-host.ts'

export interface SlotThreadData {
  readonly number: number
  /** Which of the threads it is that have been this slot, one after the other. */
  readonly start: number
  readonly executor: string
  readonly pool: PagePoolHandle
  readonly owner: number
  readonly sharedTable: SharedArrayBuffer
  /** One word, which counts the answers to `makeRoom`. */
  readonly roomAnswers: SharedArrayBuffer
  /** Which tasks are this slot's to run, and which of them are to end. */
  readonly claims: SharedArrayBuffer
  readonly workFolder: string
  readonly executionBytes: number
  /** Of V8's old generation. */
  readonly heapBytes: number
  /** The most that one value may take. */
  readonly valueBytes: number
  readonly importRoots: readonly string[]
  readonly root: string | undefined
  /** Modules to import before the first task. */
  readonly imports: readonly string[]
}

const port = parentPort!
const data = workerData as SlotThreadData
const roomAnswers = new Int32Array(data.roomAnswers)
const outbox = new Outbox((message) => port.postMessage(message))
const reply = (message: SlotReply, mayWait = false) => {
  outbox.sendSoon(message)
  if (!mayWait) outbox.flush()
}
const files = new WorkFolder(data.workFolder, `${slotPrefix(data.number)}${data.start}`)
const slot = new Slot({
  executor: data.executor,
  pool: PagePool.attach(data.pool, data.owner),
  owner: data.owner,
  sharedTable: data.sharedTable,
  importRoots: data.importRoots,
  bundlesFolder: bundlesFolder(data.workFolder),
  root: data.root,
  spillPath: () => files.nextFile(),
  executionBytes: data.executionBytes,
  makeRoom(bytes, writing) {
    const before = Atomics.load(roomAnswers, 0)
    reply({ type: 'makeRoom', bytes, ...(writing === undefined ? {} : { writing }) })
    Atomics.wait(roomAnswers, 0, before, 10_000)
  },
  checkHeap: heapWatch(data.heapBytes, `slot ${data.number} of executor ${data.executor}`),
  claims: new TaskClaims(data.claims),
  log: (record) => reply({ type: 'log', record }),
  tell: (message) => reply(message),
})
useClasses(slot.valueClasses)
limitValues({ bytes: data.valueBytes, textLength: Math.floor(data.heapBytes / 2) })
const imported = Promise.all(
  data.imports.map(async (path) => {
    try {
      await import(pathToFileURL(path).href)
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new UsageError(
        `executor ${data.executor} cannot load ${path}, which it was given with --import: ${reason}`,
        {
          cause,
        },
      )
    }
  }),
)
// It fails the tasks, not the thread.
imported.catch(() => {})
captureConsole(data.executor, (record) => reply({ type: 'log', record }))

port.on('message', (arrived: unknown) => {
  for (const request of messagesOf(arrived) as readonly SlotRequest[]) {
    slot.obey(request, reply, imported)
    if (request.type === 'stop') port.close()
  }
})
