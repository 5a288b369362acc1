/** One session process as its supervisor sees it: from fork to obituary. */

import { fork, type ChildProcess } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../../base/clock.ts'
import { deferred } from '../../base/async.ts'
import { ownedPath } from '../../storage/owned-folder.ts'
import type { Obituary } from '../../transport/connect.ts'
import type { Upgrade } from '../../transport/listener.ts'
import type { SessionMessage, SessionStart, SupervisorMessage } from './messages.ts'

/** How long a process may take to end after it said that it would; a blocked thread can keep it from that. */
const endingMs = 2000

export class SessionChild {
  /** Proves peers; the driver mints it and the session process passes it on. */
  key: string | undefined
  readonly #exited = deferred<Obituary>()
  readonly #process: ChildProcess
  readonly #start: SessionStart
  #lastRssBytes: number | null = null

  constructor(
    entry: URL,
    start: Omit<SessionStart, 'workDir' | 'ownsProcessGroup'>,
    workParent: string,
    log: (line: string) => void,
  ) {
    // A group of its own, so that what the user's functions started can be ended with it.
    const detached = process.platform !== 'win32'
    this.#process = fork(fileURLToPath(entry), [], {
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      serialization: 'advanced',
      detached,
    })
    const workDir = ownedPath(workParent, 'session', this.#process.pid)
    this.#start = { ...start, workDir, ownsProcessGroup: detached }
    this.#process.on('message', (message: SessionMessage) => this.#hear(message))
    // Sending to a process that is about to end fails; its exit tells all there is to tell.
    this.#process.on('error', () => {
      if (this.#process.pid === undefined) this.#bury(null, null)
    })
    this.#process.on('exit', (exitCode, signal) => this.#bury(exitCode, signal))
    for (const output of [this.#process.stdout, this.#process.stderr]) if (output) logLines(output, start.session, log)
    try {
      mkdirSync(workDir, { mode: 0o700 })
    } catch (error) {
      this.#killGroup()
      throw error
    }
    this.#tell({ type: 'start', ...this.#start })
  }

  get exited(): Promise<Obituary> {
    return this.#exited.promise
  }

  get hasExited(): boolean {
    return this.#exited.settled
  }

  /** The socket is the session process's from here on. */
  hand({ claim, headers, socket, head }: Upgrade): void {
    if (claim.purpose === 'obituary') return
    const message: SupervisorMessage = {
      type: 'upgrade',
      purpose: claim.purpose,
      executor: claim.executor,
      headers,
      head,
    }
    if (!this.#process.connected) {
      socket.destroy()
      return
    }
    stopReading(socket)
    this.#process.send(message, socket, (error) => {
      if (error) socket.destroy()
    })
  }

  share(memoryBytes: number): void {
    this.#tell({ type: 'share', memoryBytes })
  }

  drain(): void {
    this.#tell({ type: 'drain' })
  }

  /** Ends the process and what it started, at once; its folder is gone when this returns. */
  kill(): void {
    this.#killGroup()
    this.#removeFolder()
  }

  #hear(message: SessionMessage): void {
    if (message.type === 'memory') this.#lastRssBytes = message.rssBytes
    else if (message.type === 'session-key') this.key = message.key
    else {
      const stopTimer = systemClock.after(endingMs, () => this.#killGroup())
      void this.exited.then(stopTimer)
    }
  }

  #tell(message: SupervisorMessage): void {
    if (this.#process.connected) this.#process.send(message, () => {})
  }

  #bury(exitCode: number | null, signal: string | null): void {
    if (this.#exited.settled) return
    this.#killGroup()
    this.#removeFolder()
    this.#exited.resolve({ exitCode, signal, lastRssBytes: this.#lastRssBytes, at: Date.now() })
  }

  #killGroup(): void {
    const { pid } = this.#process
    if (pid === undefined) return
    try {
      if (this.#start.ownsProcessGroup) process.kill(-pid, 'SIGKILL')
      else this.#process.kill('SIGKILL')
    } catch {
      // Nobody is left in the group.
    }
  }

  #removeFolder(): void {
    rmSync(this.#start.workDir, { recursive: true, force: true, maxRetries: 3 })
  }
}

/**
 * Node goes on reading a socket that it has sent to a child, and throws away what comes, until the child has confirmed it:
 * the client's first frame would be lost now and then. `pause()` does not reach the handle, so this asks it directly.
 */
function stopReading(socket: Socket): void {
  ;(socket as Socket & { readonly _handle?: { readStop(): number } | null })._handle?.readStop()
}

function logLines(output: Readable, session: string, log: (line: string) => void): void {
  createInterface({ input: output, crlfDelay: Infinity }).on('line', (line) => log(`[${session}] ${line}`))
}
