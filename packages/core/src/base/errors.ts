/**
 * Every error that a user can meet, one class per condition, in three families: UsageError (the program is wrong, never
 * retried), ClusterError (a machine, a process or the network failed, retried) and InternalError (a rule of ours broke).
 */

/** Whose error it is: the program's, a machine's or the network's, or one of gridify itself. */
export type ErrorFamily = 'usage' | 'cluster' | 'internal'

/**
 * The root of all gridify errors: the message names the thing, the rule and the cure.
 * @example
 * const error = await context.range(0, 1).map(() => JSON.parse('{')).collect().catch((error) => error)
 * ;[error instanceof GridifyError, error.family, error.code] // [true, 'usage', 'TASK']
 */
export class GridifyError extends Error {
  /** The same for each condition whatever the message says, such as `TASK` or `EXECUTOR_LOST`. */
  readonly code: string
  /** `usage`: the program is wrong; `cluster`: a machine, a process or the network failed; `internal`: gridify itself. */
  readonly family: ErrorFamily

  constructor(family: ErrorFamily, code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.family = family
    this.code = code
  }
}

/** The program or its input is wrong; running it again gives the same error. */
export class UsageError extends GridifyError {
  constructor(message: string, options?: ErrorOptions & { code?: string }) {
    super('usage', options?.code ?? 'USAGE', message, options)
  }
}

/** A function cannot be sent to executors: `message` names the call site, the path to the culprit and the cure. */
export class ClosureError extends UsageError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, { ...options, code: 'CLOSURE' })
  }
}

/** A function threw inside a task, on its last attempt; `cause` is what it threw, and the message names the call. */
export class TaskError extends UsageError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, { ...options, code: 'TASK' })
  }
}

/** The caller's AbortSignal fired, or the context was stopped, before the action ended. */
export class AbortedError extends UsageError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, { ...options, code: 'ABORTED' })
  }
}

/** A machine, a process or the network failed. */
export class ClusterError extends GridifyError {
  constructor(message: string, options?: ErrorOptions & { code?: string }) {
    super('cluster', options?.code ?? 'CLUSTER', message, options)
  }
}

/** An executor went away: its process died, its connection closed or it stopped answering. */
export class ExecutorLostError extends ClusterError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, { ...options, code: 'EXECUTOR_LOST' })
  }
}

/** A peer refused the handshake or failed to prove that it knows the secret. */
export class AuthenticationError extends ClusterError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, { ...options, code: 'AUTHENTICATION' })
  }
}

/** A task needed more memory than its executor may use. */
export class OutOfMemoryError extends ClusterError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, { ...options, code: 'OUT_OF_MEMORY' })
  }
}

/** A file of the work folder could not be written or read: the disk is full, or the folder is not writable. */
export class DiskError extends ClusterError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, { ...options, code: 'DISK' })
  }
}

/** A block could not be fetched from the executor that should hold it. */
export class FetchError extends ClusterError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, { ...options, code: 'FETCH' })
  }
}

/** A rule of gridify itself was broken; please report it with the message. */
export class InternalError extends GridifyError {
  constructor(message: string, options?: ErrorOptions) {
    super('internal', 'INTERNAL', message, options)
  }
}

/** Fails to compile where a new `kind` is not handled, and throws where an unknown one arrives at run time. */
export function assertNever(value: never, what = 'value'): never {
  throw new InternalError(`unexpected ${what}: ${JSON.stringify(value)}`)
}
