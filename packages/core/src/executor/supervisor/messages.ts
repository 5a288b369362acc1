/** What a supervisor and its session processes say to each other over their IPC channel. */

import type { LogLevel } from '../../base/logger.ts'

/** All that a session process knows of the daemon that it belongs to. */
export interface SessionStart {
  readonly session: string
  /** Every session may use all cores; the memory is divided among those that run. */
  readonly cores: number
  readonly memoryBytes: number
  /** The V8 heap of each slot; undefined for its share of the memory. */
  readonly heapBytes: number | undefined
  /** A folder of this session alone, which is removed when the process ends. */
  readonly workDir: string
  /** Where paths of the session's sources and sinks must lie; undefined for anywhere. */
  readonly root: string | undefined
  /** Modules that each slot imports before its first task. */
  readonly imports: readonly string[]
  /** How messages name this executor. */
  readonly name: string
  /** Where other executors reach this one; undefined for where the driver reaches it. */
  readonly advertise: string | undefined
  readonly logLevel: LogLevel
  /** Whether the process leads a process group, so that it may end the group. */
  readonly ownsProcessGroup: boolean
}

export type SupervisorMessage =
  | ({ readonly type: 'start' } & SessionStart)
  /** The socket comes beside it; not where the client is gone already. */
  | {
      readonly type: 'upgrade'
      readonly purpose: 'control' | 'data' | 'peer'
      readonly executor: string
      readonly headers: Readonly<Record<string, string>>
      readonly head: Uint8Array
    }
  | { readonly type: 'drain' }
  /** Another session has come or gone: this is what each of them may take from now on. */
  | { readonly type: 'share'; readonly memoryBytes: number }

export type SessionMessage =
  | { readonly type: 'memory'; readonly rssBytes: number }
  | { readonly type: 'session-key'; readonly key: string }
  /** The process is about to end itself, and is killed when it cannot. */
  | { readonly type: 'ending' }
