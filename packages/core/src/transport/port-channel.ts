/** A channel over a MessagePort, or to a worker thread through its own port. */

import type { MessagePort, Worker } from 'node:worker_threads'
import { deferred } from '../base/async.ts'
import type { Channel, ChannelClosed } from './channel.ts'
import { Inbox } from './inbox.ts'
import { messagesOf, Outbox } from './outbox.ts'

/** A worker's port cannot be closed from outside, so the end of the channel is a message; no other may have this type. */
const closeMessageType = 'channel-closed'

/**
 * Messages are posted as they are: SharedArrayBuffers are shared, all else is copied, and a Uint8Array with the whole
 * buffer behind it. A channel to a Worker closes when the worker exits; closing it does not end the worker.
 */
export function portChannel(port: MessagePort | Worker): Channel {
  const inbox = new Inbox()
  const outbox = new Outbox((message) => {
    if (!closed.settled) port.postMessage(message)
  })
  const closed = deferred<ChannelClosed>()
  const isWorker = 'terminate' in port
  let failure: Error | undefined

  function end(reason: string, error?: Error): void {
    if (closed.settled) return
    closed.resolve(error ? { reason, error } : { reason })
    if (isWorker) port.off('message', receive)
    else port.close()
  }
  function receive(message: unknown): void {
    const reason = closeReason(message)
    if (reason === undefined) for (const each of messagesOf(message)) inbox.deliver(each)
    else end(reason)
  }

  port.on('message', receive)
  port.on('messageerror', (error: Error) => end(`a message could not be read: ${error.message}`, error))
  if (isWorker) {
    port.on('error', (error: Error) => (failure = error))
    port.on('exit', (code) =>
      end(failure ? `the worker failed: ${failure.message}` : `the worker exited with code ${code}`, failure),
    )
  } else port.on('close', () => end('the other end closed'))

  return {
    bufferedBytes: 0,
    networkBytes: 0,
    closed: closed.promise,
    send: (message) => outbox.send(message),
    sendSoon: (message) => outbox.sendSoon(message),
    flush: () => outbox.flush(),
    drained: () => Promise.resolve(),
    onMessage: (handler) => inbox.onMessage(handler),
    close(reason = 'closed') {
      if (closed.settled) return
      inbox.shut()
      outbox.flush()
      port.postMessage({ type: closeMessageType, reason })
      end(reason)
    },
  }
}

function closeReason(message: unknown): string | undefined {
  if (typeof message !== 'object' || message === null) return undefined
  const { type, reason } = message as { type?: unknown; reason?: unknown }
  return type === closeMessageType ? String(reason) : undefined
}
