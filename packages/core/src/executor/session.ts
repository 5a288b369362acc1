/**
 * One driver's life on one executor: takes tasks, brings their inputs together, hands them to free slots, keeps the
 * blocks that they make and serves them to peers. User code never runs here, so nothing here is ever kept waiting by it.
 */

import { FetchError, InternalError } from '../base/errors.ts'
import type { DatasetId, ExecutorId, TaskId } from '../base/ids.ts'
import { checksum } from '../codec/checksum.ts'
import { toWire, type WireFailure } from '../protocol/failure.ts'
import {
  cacheBlock,
  shuffleBlock,
  type DriverMessage,
  type ExecutorMessage,
  type PeerMessage,
  type TaskDescription,
  type TaskInput,
} from '../protocol/messages.ts'
import { BlockStore, placeBytes, type WorkFolder } from '../storage/block-store.ts'
import type { PagePool } from '../storage/page-pool.ts'
import type { Channel } from '../transport/channel.ts'
import { BlockClient } from '../shuffle/block-client.ts'
import type { InputBlock, ResolvedInput } from './slot.ts'
import type { SlotHost, SlotReply, StartSlot } from './slot-host.ts'

export interface SessionOptions {
  readonly cores: number
  readonly pool: PagePool
  readonly workFolder: WorkFolder
  readonly startSlot: StartSlot
  readonly connectPeer: (id: ExecutorId, url: string, key: string) => Promise<Channel>
  /** Peers prove themselves with the key that the driver has minted. */
  readonly onSessionKey?: (key: string) => void
  readonly onStop: () => void
}

interface QueuedTask {
  readonly task: TaskDescription
  readonly inputs: ResolvedInput[]
  readonly pinned: string[]
}

export class ExecutorSession {
  readonly #driver: Channel
  readonly #options: SessionOptions
  readonly #store: BlockStore
  readonly #client: BlockClient
  readonly #slots: { host: SlotHost; running: QueuedTask | undefined; cancelTimer?: NodeJS.Timeout }[] = []
  readonly #ready: QueuedTask[] = []
  readonly #cancelled = new Set<TaskId>()
  readonly #resend: DriverMessage[] = []
  #self = '' as ExecutorId
  #peers = new Map<ExecutorId, string>()
  #key = ''
  #stopped: Promise<void> | undefined

  constructor(driver: Channel, options: SessionOptions) {
    this.#driver = driver
    this.#options = options
    this.#store = new BlockStore(options.pool, (name) => {
      const [, dataset, partition] = name.split('-')
      this.#tell({ type: 'evicted', datasetId: Number(dataset) as DatasetId, partition: Number(partition) })
    })
    this.#client = new BlockClient((id) => {
      const url = this.#peers.get(id)
      if (url === undefined) throw new FetchError(`executor ${id} is not known here`)
      return options.connectPeer(id, url, this.#key)
    })
    for (let number = 0; number < options.cores; number++) this.#startSlot(number)
    driver.onMessage((message) => this.#onDriver(message as DriverMessage))
    this.#tell({ type: 'ready', cores: options.cores, nodeVersion: process.versions.node, pid: process.pid })
  }

  /** Serves this executor's blocks to a peer. */
  servePeer(channel: Channel): void {
    channel.onMessage((message) => {
      const request = message as PeerMessage
      if (request.type !== 'fetch') return
      const bytes = this.#store.read(request.block, request.offset, request.bytes)
      // A copy: the pages may be given back before the last byte has left.
      if (bytes) channel.send({ type: 'part', request: request.request, bytes: bytes.slice() } satisfies PeerMessage)
      else
        channel.send({
          type: 'missing',
          request: request.request,
          reason: `executor ${this.#self} does not hold block ${request.block}`,
        } satisfies PeerMessage)
    })
  }

  /** Ends slots, files and connections; safe to call again. */
  stop(): Promise<void> {
    this.#stopped ??= (async () => {
      this.#client.close()
      await Promise.all(
        this.#slots.map((slot) => {
          clearTimeout(slot.cancelTimer)
          return slot.host.stop()
        }),
      )
      this.#options.workFolder.remove()
      this.#driver.close('session stopped')
      this.#options.onStop()
    })()
    return this.#stopped
  }

  #tell(message: ExecutorMessage): void {
    this.#driver.send(message)
  }

  #startSlot(number: number): void {
    const slot = {
      host: this.#options.startSlot(number, {
        onReply: (reply) => this.#onReply(number, reply),
        onDeath: (reason) => this.#onDeath(number, reason),
      }),
      running: undefined,
    }
    this.#slots[number] = slot
    for (const message of this.#resend) this.#forward(slot.host, message)
  }

  #onDriver(message: DriverMessage): void {
    switch (message.type) {
      case 'peers':
        this.#self = message.self
        this.#key = message.key
        this.#options.onSessionKey?.(message.key)
        this.#peers = new Map(message.peers.map(({ id, url }) => [id, url]))
        return
      case 'stage':
      case 'broadcast':
        this.#resend.push(message)
        for (const { host } of this.#slots) this.#forward(host, message)
        return
      case 'run':
        void this.#prepare(message.task)
        return
      case 'cancel':
        this.#cancel(message.taskId)
        return
      case 'drop': {
        const datasets = new Set<number>(message.datasets)
        const shuffles = new Set<number>(message.shuffles)
        this.#store.drop((name) => {
          const [kind, id] = name.split('-')
          return kind === 'cache' ? datasets.has(Number(id)) : shuffles.has(Number(id))
        })
        const stages = new Set<number>(message.stages)
        const broadcasts = new Set<number>(message.broadcasts)
        const kept = this.#resend.filter((old) =>
          old.type === 'stage' ? !stages.has(old.plan.id) : old.type === 'broadcast' ? !broadcasts.has(old.id) : true,
        )
        this.#resend.splice(0, this.#resend.length, ...kept)
        for (const { host } of this.#slots) this.#forward(host, message)
        return
      }
      case 'stop':
        void this.stop()
        return
    }
  }

  #forward(host: SlotHost, message: DriverMessage): void {
    if (message.type === 'stage' || message.type === 'broadcast') host.send(message)
    else if (message.type === 'drop')
      host.send({ type: 'drop', stages: message.stages, broadcasts: message.broadcasts })
  }

  /** Brings the inputs together: what lies here is pinned, the rest is fetched from peers. */
  async #prepare(task: TaskDescription): Promise<void> {
    const pinned: string[] = []
    try {
      const inputs = await Promise.all(task.inputs.map((input) => this.#resolve(input, pinned)))
      if (this.#cancelled.delete(task.id)) {
        this.#release(pinned)
        this.#fail(task.id, toWire(new FetchError('cancelled before it ran')))
        return
      }
      this.#ready.push({ task, inputs, pinned })
      this.#assign()
    } catch (error) {
      this.#release(pinned)
      const lost = error instanceof BlockLost ? error : undefined
      if (lost) this.#tell({ type: 'fetchFailed', taskId: task.id, executor: lost.executor, reason: lost.message })
      else this.#fail(task.id, toWire(error))
    }
  }

  async #resolve(input: TaskInput, pinned: string[]): Promise<ResolvedInput> {
    switch (input.kind) {
      case 'rows':
        return input
      case 'cache': {
        const block = await this.#locate(
          cacheBlock(input.datasetId, input.partition),
          input.executor,
          0,
          -1,
          undefined,
          pinned,
        )
        return { kind: 'cache', datasetId: input.datasetId, partition: input.partition, block }
      }
      case 'shuffle': {
        const blocks = await Promise.all(
          input.parts.map((part) =>
            this.#locate(
              shuffleBlock(input.shuffleId, part.map),
              part.executor,
              part.offset,
              part.bytes,
              part.checksum,
              pinned,
            ),
          ),
        )
        return { kind: 'shuffle', shuffleId: input.shuffleId, reduce: input.reduce, blocks }
      }
    }
  }

  async #locate(
    name: string,
    executor: ExecutorId,
    offset: number,
    bytes: number,
    sum: number | undefined,
    pinned: string[],
  ): Promise<InputBlock> {
    const check = sum === undefined ? {} : { checksum: sum }
    const place = this.#store.pin(name)
    if (place) {
      pinned.push(name)
      return { kind: 'place', place, offset, bytes: bytes < 0 ? placeBytes(place) : bytes, ...check }
    }
    if (executor === this.#self) throw new BlockLost(executor, `executor ${executor} no longer holds block ${name}`)
    try {
      const fetched = await this.#client.fetch(executor, name, offset, bytes)
      if (sum !== undefined && checksum(fetched) !== sum)
        throw new FetchError(`block ${name} arrived damaged from executor ${executor}`)
      return { kind: 'bytes', bytes: fetched, ...check }
    } catch (error) {
      throw new BlockLost(executor, error instanceof Error ? error.message : String(error))
    }
  }

  #assign(): void {
    for (const slot of this.#slots) {
      if (slot.running) continue
      const next = this.#ready.shift()
      if (!next) return
      slot.running = next
      slot.host.send({ type: 'run', task: next.task, inputs: next.inputs })
    }
  }

  #onReply(number: number, reply: SlotReply): void {
    const slot = this.#slots[number]!
    switch (reply.type) {
      case 'log':
        this.#tell({ type: 'log', record: reply.record })
        return
      case 'makeRoom':
        this.#store.makeRoom(reply.bytes, () => this.#options.workFolder.nextFile())
        return
      case 'finished':
        for (const { name, place, level } of reply.result.blocks) this.#store.put(name, place, level)
        this.#free(slot)
        this.#tell({ type: 'finished', taskId: reply.taskId, success: reply.result.success })
        break
      case 'failed':
        this.#free(slot)
        this.#fail(reply.taskId, reply.failure)
        break
    }
    this.#assign()
  }

  #free(slot: { running: QueuedTask | undefined; cancelTimer?: NodeJS.Timeout }): void {
    clearTimeout(slot.cancelTimer)
    if (!slot.running) throw new InternalError('a slot answered without a task')
    this.#release(slot.running.pinned)
    this.#cancelled.delete(slot.running.task.id)
    slot.running = undefined
  }

  #release(pinned: readonly string[]): void {
    for (const name of pinned) this.#store.unpin(name)
  }

  #fail(taskId: TaskId, failure: WireFailure): void {
    this.#tell({ type: 'failed', taskId, failure })
  }

  #cancel(taskId: TaskId): void {
    const queued = this.#ready.findIndex(({ task }) => task.id === taskId)
    if (queued >= 0) {
      const [entry] = this.#ready.splice(queued, 1)
      this.#release(entry!.pinned)
      this.#fail(taskId, toWire(new FetchError('cancelled before it ran')))
      return
    }
    const slot = this.#slots.find(({ running }) => running?.task.id === taskId)
    if (slot) slot.host.cancel(taskId)
    else this.#cancelled.add(taskId)
  }

  #onDeath(number: number, reason: string): void {
    const slot = this.#slots[number]
    if (this.#stopped || !slot) return
    const { running } = slot
    clearTimeout(slot.cancelTimer)
    if (running) {
      this.#release(running.pinned)
      this.#fail(running.task.id, toWire(new FetchError(reason)))
    }
    this.#startSlot(number)
    this.#assign()
  }
}

/** A block is not where the driver believes it to be; the driver then recomputes it. */
class BlockLost extends Error {
  readonly executor: ExecutorId

  constructor(executor: ExecutorId, message: string) {
    super(message)
    this.executor = executor
  }
}
