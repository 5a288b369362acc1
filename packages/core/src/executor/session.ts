/**
 * One driver's life on one executor: feeds the executor's machine with what driver, peers and slots say, and carries out
 * its commands. User code never runs here, so nothing here is ever kept waiting by it.
 */

import type { Clock } from '../base/clock.ts'
import { DiskError, FetchError, InternalError } from '../base/errors.ts'
import { memoryBudget, type MemoryBudget } from '../base/memory-budget.ts'
import type { ExecutorId, TaskId } from '../base/ids.ts'
import type { ModuleBundle } from '../closure/module-rules.ts'
import type { LogRecord } from '../base/logger.ts'
import type { Region } from '../base/region.ts'
import { toWire, type WireFailure } from '../protocol/failure.ts'
import type { DriverMessage, ExecutorMessage, PeerMessage, TaskSuccess } from '../protocol/messages.ts'
import { mapClosures, withChunks } from '../protocol/plan-closures.ts'
import { BlockClient, BlockMissing } from '../shuffle/block-client.ts'
import { isThere, placeBytes, readPlace, releasePlace, writeFileBlock } from '../storage/block-place.ts'
import { storeOwner, type PagePool } from '../storage/page-pool.ts'
import { slotPrefix, type WorkFolder } from '../storage/work-folder.ts'
import type { Channel } from '../transport/channel.ts'
import { compressPart } from '../transport/compressed-part.ts'
import { describeTask } from './describe-task.ts'
import { BlockDamaged, fetchBlock, fetchedBytes } from './fetch-block.ts'
import { writeBundle } from './write-bundle.ts'
import type { SlotHost, SlotReply, StartSlot } from './slot-host.ts'
import { initialState, type ExecutorCommand, type ExecutorEvent, type ExecutorState, type Fetch } from './state.ts'
import { transition } from './transition.ts'

export interface SessionOptions {
  readonly cores: number
  readonly pool: PagePool
  readonly budget: MemoryBudget
  /** What the process has in memory; undefined where that is not to matter. */
  readonly residentBytes?: () => number
  /** What it had before its slots. */
  readonly idleBytes?: number
  readonly workFolder: WorkFolder
  readonly clock: Clock
  readonly startSlot: StartSlot
  readonly connectPeer: (id: ExecutorId, url: string, key: string, ca: string | undefined) => Promise<Channel>
  /** Where peers reach it, where that is not the address that the driver dialed. */
  readonly advertise?: string | undefined
  /** Takes what tasks print, beside the driver. */
  readonly onLog?: (record: LogRecord) => void
  /** Peers prove themselves with the key that the driver has minted. */
  readonly onSessionKey?: (key: string) => void
  readonly onStop: () => void
  /** Peers are on the same thread, which tasks keep busy for any time: none is ever silent for another reason. */
  readonly isOnDriversThread?: boolean
}

type ToldMessage = Extract<DriverMessage, { type: 'stage' | 'broadcast' | 'class' }>

const fetchAttempts = 2
/** A peer that is alive but silent for so long is treated as one that lost the block: it is computed again. */
const peerAnswerMs = 20_000
/** More pages are granted in steps of at least so many bytes. */
const growthBytes = 4 * 2 ** 20

type FetchRequest = Extract<PeerMessage, { type: 'fetch' }>

/** A task's result of more bytes is a message of its own. */
const batchedBytes = 16 * 1024

export class ExecutorSession {
  readonly #driver: Channel
  readonly #options: SessionOptions
  readonly #state: ExecutorState
  readonly #client: BlockClient
  readonly #slots: SlotHost[] = []
  /** What every slot has been told and a new one has to be told again. */
  readonly #told: ToldMessage[] = []
  /** Of large closures, by hash: slots are sent whole ones. */
  readonly #chunks = new Map<string, Uint8Array>()
  #peers = new Map<ExecutorId, string>()
  #countedNetworkBytes = 0
  #memoryBytes: number
  #key = ''
  #ca: string | undefined
  /** It has been said, and would be said for each block. */
  #spillsFail = false
  #stopped: Promise<void> | undefined

  constructor(driver: Channel, options: SessionOptions) {
    this.#driver = driver
    this.#options = options
    this.#state = initialState(options.cores, {
      inFlightBytes: Math.max(fetchedBytes, options.budget.inFlightBytes),
      fetchAttempts,
    })
    this.#memoryBytes = options.budget.memoryBytes
    this.#client = new BlockClient(
      (id) => {
        const url = this.#peers.get(id)
        if (url === undefined) throw new FetchError(`executor ${id} is not known here`)
        return options.connectPeer(id, url, this.#key, this.#ca)
      },
      options.clock,
      options.isOnDriversThread ? undefined : peerAnswerMs,
    )
    for (let number = 0; number < options.cores; number++) this.#startSlot(number)
    driver.onMessage((message) => this.#onDriver(message as DriverMessage))
    this.#tell({
      type: 'ready',
      cores: options.cores,
      nodeVersion: process.versions.node,
      pid: process.pid,
      ...(options.advertise === undefined ? {} : { advertise: options.advertise }),
    })
  }

  /** Serves this executor's blocks to a peer. */
  servePeer(channel: Channel): void {
    channel.onMessage((message) => {
      const request = message as PeerMessage
      if (request.type !== 'fetch') return
      const bytes = this.#readForPeer(request)
      if (bytes) void this.#answer(channel, request, bytes)
      else
        channel.send({
          type: 'missing',
          request: request.request,
          reason: `executor ${this.#state.self} does not hold block ${request.block}`,
        } satisfies PeerMessage)
    })
  }

  async #answer(channel: Channel, { request, compression }: FetchRequest, bytes: Uint8Array): Promise<void> {
    // A copy: the pages may be given back before the last byte has left.
    const copy = bytes.slice()
    const smaller = compression === 'zstd' ? await compressPart(copy).catch(() => undefined) : undefined
    channel.send({
      type: 'part',
      request,
      bytes: smaller ?? copy,
      compression: smaller ? 'zstd' : 'none',
    } satisfies PeerMessage)
  }

  /** Takes what sessions of other drivers have left; pages above the share are spilled or dropped. */
  setMemory(memoryBytes: number): void {
    const { pool, cores } = this.#options
    this.#memoryBytes = memoryBytes
    const { poolBytes } = memoryBudget(memoryBytes, cores)
    pool.grant(poolBytes)
    this.#evictUntil(() => pool.usedBytes <= poolBytes)
  }

  /** Tells the driver that this executor is to go; the driver ends the session once no job needs it. */
  drain(): void {
    this.#tell({ type: 'draining' })
  }

  /** Ends slots, files and connections; safe to call again. */
  stop(): Promise<void> {
    this.#stopped ??= (async () => {
      this.#client.close()
      await Promise.all(this.#slots.map((slot) => slot.stop()))
      this.#options.workFolder.remove()
      this.#driver.close('session stopped')
      this.#options.onStop()
    })()
    return this.#stopped
  }

  #tell(message: ExecutorMessage): void {
    if (message.type !== 'finished' || (message.success.value?.length ?? 0) > batchedBytes) this.#driver.send(message)
    else this.#driver.sendSoon(message)
  }

  #onDriver(message: DriverMessage): void {
    switch (message.type) {
      case 'peers':
        this.#key = message.key
        this.#client.compression = message.compression
        this.#ca = message.ca
        this.#options.onSessionKey?.(message.key)
        this.#peers = new Map(message.peers.map(({ id, url }) => [id, url]))
        this.#feed({ type: 'introduced', self: message.self })
        void this.#meetPeers()
        return
      case 'stage':
      case 'broadcast':
      case 'class': {
        this.#told.push(message)
        const whole = this.#withChunks(message)
        for (const slot of this.#slots) slot.send(whole)
        return
      }
      case 'bundle':
        this.#writeBundle(message.bundle)
        return
      case 'chunks':
        for (const { hash, bytes } of message.chunks) this.#chunks.set(hash, bytes)
        return
      case 'run':
        this.#feed({ type: 'taskReceived', task: message.task })
        return
      case 'copy':
        this.#feed({ type: 'copyAsked', copy: message })
        return
      case 'cancel':
        this.#feed({ type: 'cancelAsked', task: message.taskId })
        return
      case 'recall':
        this.#feed({ type: 'recallAsked', task: message.taskId })
        return
      case 'met':
        this.#feed({ type: 'met', task: message.taskId, values: message.values })
        return
      case 'drop': {
        const { datasets, shuffles, stages, broadcasts, chunks } = message
        this.#feed({ type: 'dropped', datasets, shuffles })
        const gone = { stage: new Set<number>(stages), broadcast: new Set<number>(broadcasts) }
        const kept = this.#told.filter(
          (old) => old.type === 'class' || !gone[old.type].has(old.type === 'stage' ? old.plan.id : old.id),
        )
        this.#told.splice(0, this.#told.length, ...kept)
        for (const hash of chunks) this.#chunks.delete(hash)
        for (const slot of this.#slots) slot.send({ type: 'drop', stages, broadcasts })
        return
      }
      case 'discard':
        this.#feed({ type: 'discardAsked', block: message.block })
        return
      case 'stop':
        void this.stop()
        return
    }
  }

  /** Where that fails, tasks that import the bundle fail in turn. */
  #writeBundle(bundle: ModuleBundle): void {
    try {
      writeBundle(bundle, this.#options.workFolder.path)
    } catch (error) {
      const message = `a bundle of modules could not be written: ${(error as Error).message}`
      this.#tell({ type: 'log', record: { level: 'error', source: this.#state.self, message } })
    }
  }

  #withChunks(message: ToldMessage): ToldMessage {
    const chunk = (hash: string) => {
      const bytes = this.#chunks.get(hash)
      if (!bytes) throw new InternalError(`chunk ${hash} of a function was not sent before the stage that needs it`)
      return bytes
    }
    switch (message.type) {
      case 'stage':
        return { type: 'stage', plan: mapClosures(message.plan, (closure) => withChunks(closure, chunk)) }
      case 'class':
        return { type: 'class', class: withChunks(message.class, chunk) }
      default:
        return message
    }
  }

  #feed(event: ExecutorEvent): void {
    if (this.#stopped) return
    for (const command of transition(this.#state, event)) this.#carryOut(command)
    // The driver has time to send more while these run.
    for (const slot of this.#slots) slot.flush()
    if (this.#state.tasks.size <= 2 * this.#slots.length) this.#driver.flush()
  }

  #carryOut(command: ExecutorCommand): void {
    const { pool } = this.#options
    switch (command.type) {
      case 'fetchBlock':
        void this.#fetch(command.fetch)
        return
      case 'startTask':
        this.#slots[command.slot]!.run(command.task, command.inputs)
        return
      case 'meet':
        this.#slots[command.slot]!.send({ type: 'met', taskId: command.task, values: command.values })
        return
      case 'takeBack':
        if (this.#slots[command.slot]!.takeBack(command.task)) this.#feed({ type: 'tookBack', task: command.task })
        return
      case 'cancelTask': {
        const slot = this.#slots[command.slot]!
        if (slot.takeBack(command.task)) this.#feed({ type: 'tookBack', task: command.task })
        else slot.cancel(command.task)
        return
      }
      case 'restartSlot':
        this.#options.workFolder.removeLeftovers(slotPrefix(command.slot), this.#heldFiles())
        this.#startSlot(command.slot)
        return
      case 'keepPlace':
        if (command.place.kind === 'memory') pool.give(command.place.region, storeOwner)
        return
      case 'releasePlace':
        releasePlace(pool, command.place)
        return
      case 'spillBlock':
        if (command.place.kind === 'memory') this.#spill(command.block, command.place.region)
        return
      case 'tellDriver':
        this.#tell(command.message)
        return
    }
  }

  /** A peer that cannot be reached is named before work starts, not when the first block is missing. */
  async #meetPeers(): Promise<void> {
    const met = await Promise.all(
      [...this.#peers].map(async ([id, url]) => {
        const reason = id === this.#state.self ? undefined : await this.#client.meet(id)
        return reason === undefined ? [] : [{ url, reason }]
      }),
    )
    this.#tell({ type: 'metPeers', unreachable: met.flat() })
  }

  #spill(block: string, region: Region): void {
    const { pool, workFolder } = this.#options
    try {
      const place = writeFileBlock(workFolder.nextFile(), [pool.view(region)])
      pool.free(region)
      this.#spillsFail = false
      this.#feed({ type: 'blockSpilled', block, place })
    } catch (error) {
      const message = `block ${block} could not leave memory and has to be made again, and so may others: ${(error as Error).message}`
      if (!this.#spillsFail) this.#tell({ type: 'log', record: { level: 'error', source: this.#state.self, message } })
      this.#spillsFail = true
      this.#feed({ type: 'spillFailed', block })
    }
  }

  async #fetch(fetch: Fetch): Promise<void> {
    const { pool, workFolder } = this.#options
    try {
      const block = await fetchBlock(this.#client, fetch, pool, () => workFolder.nextFile())
      if (!this.#stopped) this.#feed({ type: 'blockArrived', fetch: fetch.id, block })
    } catch (error) {
      if (error instanceof DiskError) {
        this.#feed({ type: 'fetchUnheld', fetch: fetch.id, failure: toWire(error) })
        return
      }
      const reason = error instanceof Error ? error.message : String(error)
      const isMissing = error instanceof BlockMissing
      const blockOnly = isMissing || error instanceof BlockDamaged
      this.#feed({ type: 'fetchFailed', fetch: fetch.id, retry: !isMissing, blockOnly, reason })
    }
  }

  /** Undefined where the block is not here, or its file is not any more. */
  #readForPeer({ block, offset, bytes }: FetchRequest): Uint8Array | undefined {
    const place = this.#state.blocks.get(block)?.place
    try {
      return place && readPlace(this.#options.pool, place, offset, bytes < 0 ? placeBytes(place) : bytes)
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      this.#feed({ type: 'blocksLost', blocks: [...new Set([block, ...this.#missingFiles()])] })
      return undefined
    }
  }

  /** Who removed one file has often removed more. */
  #missingFiles(): string[] {
    return [...this.#state.blocks.values()].flatMap(({ name, place }) => (isThere(place) ? [] : [name]))
  }

  /** The inputs that a task failed for, since their files are gone or have changed. */
  #lostInputs(task: TaskId, { code }: WireFailure): string[] {
    if (code !== 'DISK' && code !== 'FETCH') return []
    const pinned = this.#state.tasks.get(task)?.pinned ?? []
    // A checksum that is wrong does not say whose.
    return pinned.flatMap(({ name, place }) =>
      place.kind === 'disk' && (code === 'FETCH' || !isThere(place)) ? [name] : [],
    )
  }

  /** A thread that is gone cannot say what it ran. */
  #inTask(id: TaskId | undefined, failure: WireFailure): WireFailure {
    const task = id === undefined ? undefined : this.#state.tasks.get(id)?.task
    const stage = this.#told.find((told) => told.type === 'stage' && told.plan.id === task?.stageId)
    if (!task || stage?.type !== 'stage') return failure
    return { ...failure, message: `${stage.plan.site}: ${failure.message} ${describeTask(task, this.#state.self)}` }
  }

  #heldFiles(): Set<string> {
    const { blocks, tasks } = this.#state
    const held = [...blocks.values(), ...[...tasks.values()].flatMap(({ pinned }) => pinned)]
    return new Set(held.flatMap(({ place }) => (place.kind === 'disk' ? [place.path] : [])))
  }

  #startSlot(number: number): void {
    const slot = this.#options.startSlot(number, {
      onReply: (reply) => this.#onReply(number, reply),
      onDeath: (failure) => {
        // One that dies before it starts any would do so for ever if no task were to blame.
        const task = slot.running ?? this.#state.slots[number]![0]
        this.#feed({ type: 'slotDied', slot: number, task, failure: this.#inTask(task, failure) })
      },
    })
    this.#slots[number] = slot
    for (const message of this.#told) slot.send(this.#withChunks(message))
  }

  #onReply(slot: number, reply: SlotReply): void {
    switch (reply.type) {
      case 'log':
        this.#options.onLog?.(reply.record)
        this.#tell({ type: 'log', record: reply.record })
        return
      case 'arrived':
      case 'gaveUp':
      case 'waitedTooLong':
        this.#tell(reply)
        return
      case 'makeRoom':
        this.#makeRoom(reply.bytes, reply.writing)
        return
      case 'finished': {
        const { blocks } = reply.result
        const success = this.#countNetwork(reply.result.success)
        this.#feed({ type: 'taskFinished', slot, task: reply.taskId, success, blocks })
        return
      }
      case 'failed': {
        const { taskId: task, failure } = reply
        const lost = this.#lostInputs(task, failure)
        if (lost.length === 0) this.#feed({ type: 'taskFailed', slot, task, failure })
        else {
          const blocks = [...new Set([...lost, ...this.#missingFiles()])]
          this.#feed({ type: 'taskLostInputs', slot, task, blocks, reason: failure.message })
        }
        return
      }
    }
  }

  /** A task that finishes accounts for all that was fetched since the last one did. */
  #countNetwork(success: TaskSuccess): TaskSuccess {
    const networkBytes = this.#client.networkBytes - this.#countedNetworkBytes
    this.#countedNetworkBytes += networkBytes
    return { ...success, metrics: { ...success.metrics, networkBytes } }
  }

  #makeRoom(bytes: number, writing: number | undefined): void {
    const { pool } = this.#options
    if (!this.#growPool(bytes)) this.#evictUntil(() => pool.fits(bytes), writing)
  }

  /** One block after the other leaves, until there is enough room or nothing can leave any more. */
  #evictUntil(isEnough: () => boolean, writing?: number): void {
    const { pool } = this.#options
    for (let used = pool.usedBytes + 1; pool.usedBytes < used && !isEnough();) {
      used = pool.usedBytes
      this.#feed({ type: 'roomNeeded', ...(writing === undefined ? {} : { writing }) })
    }
  }

  /** Grants more pages while the whole process, beside what it had when idle, stays within its memory. */
  #growPool(bytes: number): boolean {
    const { pool, residentBytes, idleBytes = 0 } = this.#options
    if (!residentBytes || pool.capacityBytes >= pool.limitBytes) return false
    const step = Math.max(bytes, growthBytes)
    if (residentBytes() - idleBytes + step > this.#memoryBytes) return false
    pool.grant(pool.capacityBytes + step)
    return pool.fits(bytes)
  }
}
