/** Starts slots as worker threads; used wherever a session has threads, in `local[n]` and in daemons. */

import { Worker } from 'node:worker_threads'
import type { MemoryBudget } from '../base/memory-budget.ts'
import { ClusterError, OutOfMemoryError } from '../base/errors.ts'
import type { TaskId } from '../base/ids.ts'
import { entryFile } from '../base/package-files.ts'
import { toWire } from '../protocol/failure.ts'
import type { PagePool } from '../storage/page-pool.ts'
import { firstSlotOwner } from '../storage/page-pool.ts'
import { messagesOf, Outbox } from '../transport/outbox.ts'
import { sharedTableBytes } from './shared-region-table.ts'
import type { SlotReply, StartSlot } from './slot-host.ts'
import type { SlotThreadData } from './slot-thread.ts'
import { claimBytes, SentTasks } from './task-claims.ts'

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
    const roomAnswers = new Int32Array(new SharedArrayBuffer(4))
    const claims = new SharedArrayBuffer(claimBytes)
    const sent = new SentTasks(claims)
    const data: SlotThreadData = {
      number,
      start: ++starts,
      executor: options.executor,
      pool: options.pool.handle,
      owner: firstSlotOwner + number,
      sharedTable,
      roomAnswers: roomAnswers.buffer as SharedArrayBuffer,
      claims,
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
    const graces = new Map<TaskId, NodeJS.Timeout>()
    const endGrace = (task: TaskId) => {
      clearTimeout(graces.get(task))
      graces.delete(task)
    }
    const outbox = new Outbox((message) => worker.postMessage(message))
    worker.on('message', (arrived: unknown) => {
      for (const reply of messagesOf(arrived) as readonly SlotReply[]) hear(reply)
    })
    function hear(reply: SlotReply): void {
      if (reply.type === 'finished' || reply.type === 'failed') {
        sent.end(reply.taskId)
        endGrace(reply.taskId)
      }
      events.onReply(reply)
      if (reply.type !== 'makeRoom') return
      Atomics.add(roomAnswers, 0, 1)
      Atomics.notify(roomAnswers, 0)
    }
    worker.on('error', (error) => {
      failure = error as Error
    })
    const exited = new Promise<number>((resolve) => worker.once('exit', resolve))
    void exited.then((exitCode) => {
      for (const task of graces.keys()) endGrace(task)
      if (stopping) return
      options.pool.freeDead(data.owner)
      events.onDeath(
        toWire(deathOf(`slot ${number} of executor ${options.executor}`, failure, cancelling ? undefined : exitCode)),
      )
    })
    return {
      send: (request) => outbox.send(request),
      run: (task, inputs) => outbox.sendSoon({ type: 'run', task, inputs, turn: sent.add(task.id) }),
      flush: () => outbox.flush(),
      takeBack: (task) => sent.takeBack(task),
      cancel(task) {
        sent.cancel(task)
        outbox.send({ type: 'cancel', taskId: task })
        const timer = setTimeout(() => {
          cancelling = true
          void worker.terminate()
        }, cancelGraceMs)
        graces.set(task, timer)
      },
      get running() {
        return sent.running
      },
      async stop() {
        stopping = true
        outbox.send({ type: 'stop' })
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
