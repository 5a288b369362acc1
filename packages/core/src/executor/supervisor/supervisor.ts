/**
 * The executor daemon: listens, lets in those who know the secret, and gives every driver session a process of its own.
 * It runs no user code and parses no frame, so that nothing a session does can end it. Sessions are not restarted: the
 * driver learns how its process ended and decides.
 */

import { isIP } from 'node:net'
import { tmpdir } from 'node:os'
import { systemClock } from '../../base/clock.ts'
import { entryFile } from '../../base/package-files.ts'
import { UsageError } from '../../base/errors.ts'
import type { LogLevel } from '../../base/logger.ts'
import type { Obituary } from '../../transport/connect.ts'
import type { Claim } from '../../transport/handshake.ts'
import { listen, refuseSocket, type Listener, type Refusal, type Upgrade } from '../../transport/listener.ts'
import { bridge } from './bridge.ts'
import { removeAbandoned } from '../../storage/owned-folder.ts'
import { checkWorkParent } from '../../storage/work-folder.ts'
import { SessionChild } from './session-child.ts'

export interface SupervisorOptions {
  readonly secret: string
  readonly cores: number
  /** Sessions that run at once take equal parts of it. */
  readonly memoryBytes: number
  /** The V8 heap of each slot, where it is not a share of the memory. */
  readonly heapBytes?: number | undefined
  readonly host?: string
  /** 0 picks a free one. */
  readonly port?: number
  /** Where other executors reach this one, where that is not the address it listens on. */
  readonly advertise?: string | undefined
  /** PEM. Without it, only addresses of this machine are listened on, unless `insecure`. */
  readonly tls?: { readonly cert: string | Buffer; readonly key: string | Buffer } | undefined
  readonly insecure?: boolean
  /** Sessions make and remove their own folders in this one. */
  readonly workDir?: string | undefined
  readonly root?: string | undefined
  readonly imports?: readonly string[]
  readonly logLevel?: LogLevel
  /** Takes the daemon's warnings and what sessions print, line by line. */
  readonly log?: (line: string) => void
  /** The session program. */
  readonly entry?: URL
}

/** Dead sessions that are remembered; older ones are forgotten first. */
const maxObituaries = 256
/** A driver asks when its connection breaks, which can be a moment before the process is seen to have ended. */
const obituaryPatienceMs = 2000

export class Supervisor {
  readonly #options: SupervisorOptions
  readonly #sessions = new Map<string, SessionChild>()
  readonly #obituaries = new Map<string, Obituary>()
  readonly #workDir: string
  readonly #log: (line: string) => void
  #listener!: Listener
  #isDraining = false

  private constructor(options: SupervisorOptions, workDir: string) {
    this.#options = options
    this.#workDir = workDir
    this.#log = options.log ?? (() => {})
  }

  /** Resolves when it listens; rejects with a UsageError where the address cannot or must not be used. */
  static async start(options: SupervisorOptions): Promise<Supervisor> {
    const host = options.host ?? '127.0.0.1'
    if (!isLoopback(host) && !options.tls) {
      if (!options.insecure)
        throw new UsageError(
          `${host} can be reached from other machines, and without TLS everybody on the way can read and change what is sent: ` +
            'give --tls-cert and --tls-key, or --insecure on a network that you trust',
        )
      options.log?.(`warning: ${host} can be reached from other machines, and nothing that is sent is encrypted`)
    }
    const workDir = options.workDir ?? tmpdir()
    checkWorkParent(workDir, '--work-dir')
    await removeAbandoned(workDir)
    const supervisor = new Supervisor(options, workDir)
    supervisor.#listener = await listen({
      host,
      port: options.port ?? 7077,
      tls: options.tls,
      secretFor: (claim) => (claim.purpose === 'peer' ? supervisor.#sessions.get(claim.session)?.key : options.secret),
      refusalOf: (claim) => supervisor.#refusalOf(claim),
      onUpgrade: (upgrade) => void supervisor.#admit(upgrade),
      answer: async (claim) => ({ obituary: await supervisor.#obituaryOf(claim.session) }),
    })
    return supervisor
  }

  get port(): number {
    return this.#listener.port
  }

  get url(): string {
    const host = this.#options.host ?? '127.0.0.1'
    return `${this.#options.tls ? 'wss' : 'ws'}://${isIP(host) === 6 ? `[${host}]` : host}:${this.port}`
  }

  /** Takes no new sessions, lets the present ones finish for `timeoutMs`, kills those that did not, and stops listening. */
  async drain(timeoutMs: number): Promise<void> {
    this.#isDraining = true
    const children = [...this.#sessions.values()]
    for (const child of children) child.drain()
    const stopTimer = systemClock.after(timeoutMs, () => {
      for (const child of children) child.kill()
    })
    await Promise.all(children.map((child) => child.exited))
    stopTimer()
    this.#listener.close()
  }

  /** Ends every session at once; for the moment before this process ends itself. */
  kill(): void {
    this.#isDraining = true
    for (const child of this.#sessions.values()) child.kill()
  }

  #refusalOf(claim: Claim): Refusal | undefined {
    if (this.#sessions.has(claim.session)) return undefined
    if (claim.purpose !== 'control') return { status: 404, error: `there is no session ${claim.session}` }
    return this.#isDraining ? { status: 503, error: 'the executor is shutting down' } : undefined
  }

  async #admit(upgrade: Upgrade): Promise<void> {
    const { claim } = upgrade
    try {
      const socket = this.#options.tls ? await bridge(upgrade.socket) : upgrade.socket
      const refusal = this.#refusalOf(claim)
      if (refusal) refuseSocket(socket, refusal)
      else this.#sessionFor(claim.session).hand({ ...upgrade, socket })
    } catch (error) {
      this.#log(`session ${claim.session} could not be started: ${(error as Error).message}`)
      upgrade.socket.destroy()
    }
  }

  #sessionFor(session: string): SessionChild {
    const present = this.#sessions.get(session)
    if (present) return present
    const { cores, heapBytes, root, imports = [], logLevel = 'info' } = this.#options
    const { advertise } = this.#options
    const memoryBytes = this.#share(this.#sessions.size + 1)
    for (const other of this.#sessions.values()) other.share(memoryBytes)
    const name = advertise ?? (isWildcard(this.#options.host) ? 'executor' : this.url)
    const child = new SessionChild(
      this.#options.entry ?? entryFile('session-main'),
      { session, cores, memoryBytes, heapBytes, root, imports, name, advertise, logLevel },
      this.#workDir,
      this.#log,
    )
    this.#sessions.set(session, child)
    void child.exited.then((obituary) => this.#remember(session, obituary))
    return child
  }

  #share(sessions: number): number {
    return Math.floor(this.#options.memoryBytes / sessions)
  }

  #remember(session: string, obituary: Obituary): void {
    this.#sessions.delete(session)
    for (const other of this.#sessions.values()) other.share(this.#share(this.#sessions.size))
    this.#obituaries.delete(session)
    this.#obituaries.set(session, obituary)
    const [oldest] = this.#obituaries.keys()
    if (this.#obituaries.size > maxObituaries && oldest !== undefined) this.#obituaries.delete(oldest)
    if (obituary.exitCode !== 0)
      this.#log(
        `session ${session} ended with ${obituary.signal ? `signal ${obituary.signal}` : `exit code ${obituary.exitCode}`}`,
      )
  }

  async #obituaryOf(session: string): Promise<Obituary | null> {
    const child = this.#sessions.get(session)
    if (!child) return this.#obituaries.get(session) ?? null
    let stopTimer = () => {}
    const patience = new Promise<null>(
      (resolve) => (stopTimer = systemClock.after(obituaryPatienceMs, () => resolve(null))),
    )
    const obituary = await Promise.race([child.exited, patience])
    stopTimer()
    return obituary
  }
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

function isWildcard(host: string | undefined): boolean {
  return host === '0.0.0.0' || host === '::'
}
