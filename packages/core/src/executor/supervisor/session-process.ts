/** The session process's side of its supervisor: how it starts, gets its channels, and ends. */

import { rmSync } from 'node:fs'
import type { Socket } from 'node:net'
import { deferred } from '../../base/async.ts'
import { InternalError } from '../../base/errors.ts'
import { ChannelAcceptor } from '../../transport/accept-channel.ts'
import type { WebSocketChannel } from '../../transport/web-socket-channel.ts'
import type { SessionMessage, SessionStart, SupervisorMessage } from './messages.ts'

export interface SessionHandlers {
  /** An authenticated channel; `peerExecutor` is the id of the executor that dialed, where one did, `host` the address that was dialed. */
  onChannel(
    purpose: 'control' | 'data' | 'peer',
    channel: WebSocketChannel,
    peerExecutor: string | undefined,
    host: string,
  ): void
  /** The daemon is shutting down: finish what runs, then `exit`. Without this handler, `onShutdown` and exit at once. */
  onDrain?(): void
  /** Sessions of other drivers have come or gone: what this one may take now. */
  onShare?(memoryBytes: number): void
  /** The supervisor is gone or nobody came: the process is killed when this returns. */
  onShutdown(): void
}

export interface SessionProcess {
  /** Lets in the peers that know this key, which the driver has minted. */
  setSessionKey(key: string): void
  /** Ends the process, even where a slot cannot be stopped. */
  exit(code?: number): void
}

const memorySampleMs = 1000
/** How long a session without any channel lives: its driver went away between proving itself and the first frame. */
const loneMs = 10_000
/**
 * A driver runs in the user's own thread, where a long synchronous computation keeps it from answering; a driver that
 * died closes its connections. So only a machine that vanished is waited for this long. Peers are never blocked.
 */
const driverSilenceMs = 5 * 60_000

/** What the supervisor said at the start; a session program awaits this first. */
export function sessionStart(): Promise<SessionStart> {
  return supervisorLink().start
}

/** Called once; channels that came before are handed over then. */
export function acceptChannels(handlers: SessionHandlers): SessionProcess {
  const link = supervisorLink()
  const drivers = new ChannelAcceptor({ silenceMs: driverSilenceMs })
  const peers = new ChannelAcceptor()
  let hasChannel = false

  const shutDown = () => {
    try {
      handlers.onShutdown()
    } finally {
      void link.start.then(killMyself)
    }
  }
  link.handle((message, socket) => {
    if (message.type === 'drain') {
      if (handlers.onDrain) handlers.onDrain()
      else {
        handlers.onShutdown()
        exit()
      }
    } else if (message.type === 'share') handlers.onShare?.(message.memoryBytes)
    else if (socket) {
      const { purpose, executor } = message
      const acceptor = purpose === 'peer' ? peers : drivers
      acceptor.accept({ ...message, socket }, (channel) => {
        hasChannel = true
        handlers.onChannel(purpose, channel, executor === '' ? undefined : executor, message.headers['host'] ?? '')
      })
    }
  }, shutDown)

  setInterval(() => link.tell({ type: 'memory', rssBytes: process.memoryUsage.rss() }), memorySampleMs).unref()
  link.tell({ type: 'memory', rssBytes: process.memoryUsage.rss() })
  setTimeout(() => {
    if (!hasChannel) shutDown()
  }, loneMs).unref()

  function exit(code = 0): void {
    link.tell({ type: 'ending' }, () => process.exit(code))
  }
  return { setSessionKey: (key) => link.tell({ type: 'session-key', key }), exit }
}

type Handled = Exclude<SupervisorMessage, { type: 'start' }>

interface SupervisorLink {
  readonly start: Promise<SessionStart>
  handle(onMessage: (message: Handled, socket: Socket | undefined) => void, onDisconnect: () => void): void
  tell(message: SessionMessage, sent?: () => void): void
}

let theLink: SupervisorLink | undefined

/** There is one supervisor, and it speaks from the first moment on: all that it says is kept until it can be handled. */
function supervisorLink(): SupervisorLink {
  return (theLink ??= openLink())
}

function openLink(): SupervisorLink {
  if (!process.send) throw new InternalError('a session program is started by a supervisor, not by hand')
  const start = deferred<SessionStart>()
  const waiting: [Handled, Socket | undefined][] = []
  let onMessage: ((message: Handled, socket: Socket | undefined) => void) | undefined
  let onDisconnect = (): void => void start.promise.then(killMyself)
  process.on('message', (message: SupervisorMessage, socket?: Socket) => {
    // Before the handshake is answered nobody listens to the socket's errors.
    socket?.on('error', () => socket.destroy())
    if (message.type === 'start') start.resolve(message)
    else if (onMessage) onMessage(message, socket)
    else waiting.push([message, socket])
  })
  process.on('disconnect', () => onDisconnect())
  return {
    start: start.promise,
    handle(handler, disconnected) {
      for (const [message, socket] of waiting.splice(0)) handler(message, socket)
      onMessage = handler
      onDisconnect = disconnected
      if (!process.connected) disconnected()
    },
    tell(message, sent = () => {}) {
      if (process.connected) process.send!(message, undefined, undefined, sent)
      else sent()
    },
  }
}

/** `process.exit` waits for threads, and one in a blocking call never ends; so does a child of the user's code. */
function killMyself(start: SessionStart): void {
  rmSync(start.workDir, { recursive: true, force: true, maxRetries: 3 })
  if (start.ownsProcessGroup) process.kill(-process.pid, 'SIGKILL')
  process.kill(process.pid, 'SIGKILL')
}

export type { SessionStart }
