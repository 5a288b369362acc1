/** What the driver needs of a cluster, whichever kind it is: connected executors and a way to end them. */

import type { Clock } from '../base/clock.ts'
import type { ExecutorId } from '../base/ids.ts'
import type { Channel } from '../transport/channel.ts'

export interface ClusterExecutor {
  readonly id: ExecutorId
  /** Where peers reach it; empty where it has none. */
  readonly url: string
  readonly channel: Channel
  /** What is known of its end once its channel has closed. */
  readonly describeEnd?: () => Promise<string | undefined>
}

export interface Cluster {
  /** The time that its driver lives by. */
  readonly clock: Clock
  readonly executors: readonly ClusterExecutor[]
  /** The key with which executors prove themselves to each other. */
  readonly sessionKey: string
  /** What certifies executors that speak TLS, in PEM, where it is not a public authority. */
  readonly ca?: string
  stop(): Promise<void>
}
