/** Fetches blocks from peers over one connection each; a request ends with its bytes or with an error, never in silence. */

import type { Clock } from '../base/clock.ts'
import { deferred, type Deferred } from '../base/async.ts'
import { FetchError } from '../base/errors.ts'
import type { ExecutorId } from '../base/ids.ts'
import type { PeerMessage } from '../protocol/messages.ts'
import type { Channel } from '../transport/channel.ts'
import { decompressPart } from '../transport/compressed-part.ts'

/** The executor answered that it does not hold the block: asking again would not help. */
export class BlockMissing extends FetchError {}

async function deliver(part: Extract<PeerMessage, { type: 'part' }>, answer?: Deferred<Uint8Array>): Promise<void> {
  try {
    answer?.resolve(part.compression === 'zstd' ? await decompressPart(part.bytes) : part.bytes)
  } catch (error) {
    answer?.reject(error)
  }
}

interface Peer {
  readonly channel: Promise<Channel>
  readonly waiting: Map<number, Deferred<Uint8Array>>
}

export class BlockClient {
  readonly #connect: (id: ExecutorId) => Promise<Channel>
  readonly #clock: Clock
  readonly #answerMs: number | undefined
  readonly #peers = new Map<ExecutorId, Peer>()
  readonly #opened: Channel[] = []
  /** What blocks are asked to be sent as. */
  compression: 'none' | 'zstd' = 'none'
  #requests = 0

  constructor(connect: (id: ExecutorId) => Promise<Channel>, clock: Clock, answerMs?: number) {
    this.#answerMs = answerMs
    this.#connect = connect
    this.#clock = clock
  }

  /** What fetching has moved between processes so far. */
  get networkBytes(): number {
    return this.#opened.reduce((sum, { networkBytes }) => sum + networkBytes, 0)
  }

  /** Bytes [offset, offset + bytes) of a block; `bytes` -1 means the whole block. */
  async fetch(id: ExecutorId, block: string, offset: number, bytes: number): Promise<Uint8Array> {
    const peer = this.#peer(id)
    const channel = await peer.channel
    const answer = deferred<Uint8Array>()
    const request = ++this.#requests
    if (this.#peers.get(id) !== peer)
      throw new FetchError(`connection to executor ${id} ended before block ${block} was asked for`)
    peer.waiting.set(request, answer)
    channel.send({ type: 'fetch', request, block, offset, bytes, compression: this.compression } satisfies PeerMessage)
    const answerMs = this.#answerMs
    const stopTimer =
      answerMs === undefined
        ? undefined
        : this.#clock.after(answerMs, () =>
            answer.reject(new FetchError(`executor ${id} did not answer for block ${block} in ${answerMs / 1000} s`)),
          )
    return answer.promise.finally(() => {
      stopTimer?.()
      peer.waiting.delete(request)
    })
  }

  /** Opens the connection to an executor; why it cannot, or undefined where it can. */
  async meet(id: ExecutorId): Promise<string | undefined> {
    try {
      await this.#peer(id).channel
      return undefined
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }

  close(): void {
    for (const { channel } of this.#peers.values())
      channel.then(
        (open) => open.close('session stopped'),
        () => {},
      )
  }

  #peer(id: ExecutorId): Peer {
    const known = this.#peers.get(id)
    if (known) return known
    const waiting = new Map<number, Deferred<Uint8Array>>()
    const fail = (reason: string) => {
      this.#peers.delete(id)
      for (const answer of waiting.values())
        answer.reject(new FetchError(`connection to executor ${id} ended: ${reason}`))
      waiting.clear()
    }
    const channel = (async () => {
      try {
        const open = await this.#connect(id)
        this.#opened.push(open)
        open.onMessage((message) => {
          const reply = message as PeerMessage
          const answer = waiting.get(reply.request)
          waiting.delete(reply.request)
          if (reply.type === 'part') void deliver(reply, answer)
          else if (reply.type === 'missing') answer?.reject(new BlockMissing(reply.reason))
        })
        void open.closed.then(({ reason }) => fail(reason))
        return open
      } catch (error) {
        this.#peers.delete(id)
        throw error
      }
    })()
    const peer = { channel, waiting }
    this.#peers.set(id, peer)
    return peer
  }
}
