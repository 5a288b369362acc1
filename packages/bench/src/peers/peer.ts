/** What the harness knows of a peer: how to see whether it is there, and the command that runs a case. */

import type { SizedCase } from '../bench-case.ts'
import type { Command } from '../measure/run-process.ts'

export interface CaseRequest {
  readonly id: string
  readonly scale: number
  readonly sized: SizedCase
}

export interface Peer {
  readonly name: string
  /** Why it cannot be run here; undefined where it can. */
  missing(): string | undefined
  /** Whether the case is written for it. */
  has(sized: SizedCase): boolean
  /** May compile; not timed. */
  command(request: CaseRequest): Command
  /** Warm jobs a process runs; the last one counts. */
  readonly jobsPerProcess: number
}
