/** Starts slots as worker threads; used wherever a session has threads, in `local[n]` and in daemons. */

import { Worker } from 'node:worker_threads'
import type { MemoryBudget } from '../base/memory-budget.ts'
import { ClusterError, OutOfMemoryError } from '../base/errors.ts'
import type { TaskId } from '../base/ids.ts'
import { entryFile } from '../base/package-files.ts'
import { toWire } from '../protocol/failure.ts'
import type { PagePool } from '../storage/page-pool.ts'
import { firstSlotOwner } from '../storage/page-pool.ts'
import { sharedTableBytes } from './shared-region-table.ts'
import type { SlotReply, StartSlot } from './slot-host.ts'
import type { SlotThreadData } from './slot-thread.ts'

/** A task that does not end by itself within this time after a cancel loses its thread. */
const cancelGraceMs = 1000

export interface ThreadSlotOptions {
  readonly executor: string
  readonly pool: PagePool
  readonly workFolder: string
  readonly importRoots: readonly string[]
  readonly root?: string | undefined
  readonly imports?: readonly string[]
  readonly budget: MemoryBudget
}

export function threadSlots(options: ThreadSlotOptions): StartSlot {
  const sharedTable = new SharedArrayBuffer(sharedTableBytes)
  let starts = 0
  return (number, events) => {
    const signals = new Int32Array(new SharedArrayBuffer(8))
    const data: SlotThreadData = {
      number,
      start: ++starts,
      executor: options.executor,
      pool: options.pool.handle,
      owner: firstSlotOwner + number,
      sharedTable,
      signals: signals.buffer as SharedArrayBuffer,
      workFolder: options.workFolder,
      executionBytes: options.budget.executionBytesPerSlot,
      heapBytes: options.budget.heapBytesPerSlot,
      valueBytes: options.budget.valueBytes,
      importRoots: options.importRoots,
      root: options.root,
      imports: options.imports ?? [],
    }
    // Not the driver's loaders and not its --inspect: a slot runs plain JavaScript.
    const worker = new Worker(entryFile('slot-thread'), {
      workerData: data,
      execArgv: [],
      resourceLimits: heapLimits(options.budget.heapBytesPerSlot),
    })
    let stopping = false
    let failure: Error | undefined
    let cancelling = false
    let grace: NodeJS.Timeout | undefined
    worker.on('message', (reply: SlotReply) => {
      if (reply.type === 'finished' || reply.type === 'failed') {
        clearTimeout(grace)
        Atomics.store(signals, 0, 0)
      }
      events.onReply(reply)
      if (reply.type !== 'makeRoom') return
      Atomics.add(signals, 1, 1)
      Atomics.notify(signals, 1)
    })
    worker.on('error', (error) => {
      failure = error as Error
    })
    const exited = new Promise<number>((resolve) => worker.once('exit', resolve))
    void exited.then((exitCode) => {
      clearTimeout(grace)
      if (stopping) return
      options.pool.freeDead(data.owner)
      events.onDeath(
        toWire(deathOf(`slot ${number} of executor ${options.executor}`, failure, cancelling ? undefined : exitCode)),
      )
    })
    return {
      send: (request) => worker.postMessage(request),
      cancel(task: TaskId) {
        Atomics.store(signals, 0, task)
        worker.postMessage({ type: 'cancel', taskId: task })
        grace = setTimeout(() => {
          cancelling = true
          void worker.terminate()
        }, cancelGraceMs)
      },
      async stop() {
        stopping = true
        worker.postMessage({ type: 'stop' })
        const timer = setTimeout(() => void worker.terminate(), cancelGraceMs / 2)
        await exited
        clearTimeout(timer)
      },
    }
  }
}

/** V8 ends the process, not the thread, for one array that its limit has no room for; none of up to 16M elements is that. */
const largestArrayMb = 128

/**
 * V8 keeps up to 48 MiB for young objects: most of a small heap. It ends a thread already where those
 * would not all find room among the old, so its limit lies behind the one that the slot itself keeps.
 */
function heapLimits(heapBytes: number): { maxOldGenerationSizeMb: number; maxYoungGenerationSizeMb: number } {
  const heap = Math.floor(heapBytes / 2 ** 20)
  const young = Math.min(96, Math.floor(heap / 8))
  return { maxOldGenerationSizeMb: heap + 2 * young + largestArrayMb, maxYoungGenerationSizeMb: young }
}

/** `exitCode` is that of a thread which ended by itself. */
function deathOf(slot: string, failure: Error | undefined, exitCode: number | undefined): Error {
  if (!failure)
    return new ClusterError(
      exitCode === undefined
        ? `${slot} was ended, since its task did not end when it was cancelled`
        : `${slot} ended with code ${exitCode} in the middle of its task: functions must not call process.exit(); throw an error to end the job`,
    )
  if ((failure as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY')
    return new OutOfMemoryError(
      `${slot} ran out of its JavaScript heap: use more and smaller partitions, or give it more (heapBytes, or --heap of the executor)`,
      { cause: failure },
    )
  return new ClusterError(`${slot} ended: ${failure.message}`, { cause: failure })
}
