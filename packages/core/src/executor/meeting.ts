/** How a task of a barrier stage waits for the others: its calls go to the driver, which lets all go on together. */

import { AbortedError, UsageError } from '../base/errors.ts'
import type { TaskId } from '../base/ids.ts'
import { decodeValue, encodeValue } from '../codec/value.ts'
import type { MeetingCall, MeetingMessage, TaskDescription } from '../protocol/messages.ts'
import type { BarrierTaskContext, MeetingOptions } from '../task/barrier-task-context.ts'

interface Waiting {
  resolve(values: readonly Uint8Array[]): void
  reject(error: unknown): void
}

export interface MeetingPorts {
  readonly task: TaskId
  readonly together: NonNullable<TaskDescription['together']>
  /** The user's line of the barrier. */
  readonly site: string
  /** Fires when the task is cancelled. */
  readonly signal: AbortSignal
  readonly tell: (message: MeetingMessage) => void
  /** Runs what reads and writes values with the classes that they may be of. */
  readonly withClasses: <T>(run: () => T) => T
}

export class Meeting {
  readonly #ports: MeetingPorts
  #round = 0
  #waiting: Waiting | undefined

  constructor(ports: MeetingPorts) {
    this.#ports = ports
  }

  /** What a function of the stage may call. */
  readonly methods: Pick<BarrierTaskContext, 'barrier' | 'allGather' | 'getTaskInfos'> = {
    barrier: (options) => handled(this.#wait('barrier', new Uint8Array(), options).then(() => {})),
    allGather: <M>(message: M, options?: MeetingOptions) => handled(this.#gather(message, options)),
    getTaskInfos: () => this.#ports.together,
  }

  /** All have arrived. */
  met(values: readonly Uint8Array[]): void {
    if (!this.#waiting) return
    this.#round++
    this.#waiting.resolve(values)
  }

  async #gather<M>(message: M, options: MeetingOptions | undefined): Promise<M[]> {
    const { withClasses } = this.#ports
    const given = withClasses(() => encodeValue(message))
    const values = await this.#wait('allGather', given, options)
    return values.map((bytes) => withClasses(() => decodeValue(bytes) as M))
  }

  async #wait(
    call: MeetingCall,
    value: Uint8Array,
    { signal, timeoutMs }: MeetingOptions = {},
  ): Promise<readonly Uint8Array[]> {
    const { site, task: taskId, signal: cancelled, tell } = this.#ports
    if (this.#waiting)
      throw new UsageError(`${site}: a task waits in one call at a time; await ${call}() before the next call`)
    if (signal !== undefined && !(signal instanceof AbortSignal))
      throw new UsageError(`${site}: \`signal\` of ${call}() must be an AbortSignal, got ${typeof signal}`)
    if (timeoutMs !== undefined && !(timeoutMs > 0 && timeoutMs < 2 ** 31))
      throw new UsageError(
        `${site}: \`timeoutMs\` of ${call}() must be a number above 0 and below 2 ** 31, got ${String(timeoutMs)}`,
      )
    cancelled.throwIfAborted()
    if (signal?.aborted) throw gaveUp(site, call, signal)
    let stop = () => {}
    try {
      return await new Promise<readonly Uint8Array[]>((resolve, reject) => {
        this.#waiting = { resolve, reject }
        const onCancel = () => reject(cancelled.reason as Error)
        const onAbort = () => {
          tell({ type: 'gaveUp', taskId })
          reject(gaveUp(site, call, signal!))
        }
        // The driver knows who is missing, and ends the attempt.
        const timer =
          timeoutMs === undefined
            ? undefined
            : setTimeout(() => tell({ type: 'waitedTooLong', taskId, afterMs: timeoutMs }), timeoutMs)
        cancelled.addEventListener('abort', onCancel)
        signal?.addEventListener('abort', onAbort)
        stop = () => {
          clearTimeout(timer)
          cancelled.removeEventListener('abort', onCancel)
          signal?.removeEventListener('abort', onAbort)
        }
        tell({ type: 'arrived', taskId, round: this.#round, call, value })
      })
    } finally {
      this.#waiting = undefined
      stop()
    }
  }
}

function gaveUp(site: string, call: MeetingCall, signal: AbortSignal): AbortedError {
  return new AbortedError(`${site}: ${call}() was given up by its signal`, { cause: signal.reason })
}

/** A call that nobody awaits must not end the slot's thread when it fails. */
function handled<T>(call: Promise<T>): Promise<T> {
  call.catch(() => {})
  return call
}
