/** Feeds the scheduler with events and carries out its commands: the only place where plans meet channels. */

import { AbortedError, ClusterError, GridifyError, OutOfMemoryError, UsageError } from '../base/errors.ts'
import type { Clock } from '../base/clock.ts'
import { deferred, type Deferred } from '../base/async.ts'
import type { DatasetId, ExecutorId, JobId, ShuffleId, StageId } from '../base/ids.ts'
import type { LogRecord } from '../base/logger.ts'
import type { TaskReport } from '../base/task-report.ts'
import { shippedClasses } from '../closure/class-units.ts'
import { moduleBundles } from '../closure/module-rules.ts'
import { remapStack } from '../closure/remap-stack.ts'
import { decodeValue } from '../codec/value.ts'
import type { HeldBlocks } from '../plan/explain.ts'
import { describeThrown } from '../base/describe-thrown.ts'
import { neededInputs } from '../plan/inputs.ts'
import { fromWire } from '../protocol/failure.ts'
import {
  dialedTwice,
  type AccumulatorUpdate,
  type DriverMessage,
  type ExecutorMessage,
  type TaskDescription,
  type TaskInput,
} from '../protocol/messages.ts'
import { closuresOf, mapClosures, withoutChunks } from '../protocol/plan-closures.ts'
import { forExecutors, type StagePlan } from '../protocol/stage-plan.ts'
import { keptFor } from '../scheduler/barrier-stage.ts'
import {
  cacheKey,
  initialState,
  type RunningTask,
  type SchedulerCommand,
  type SchedulerEvent,
  type SchedulerLimits,
} from '../scheduler/state.ts'
import { outputsInOrder } from '../scheduler/split-skewed.ts'
import { transition } from '../scheduler/transition.ts'
import type { Channel } from '../transport/channel.ts'
import { hasZstd } from '../transport/compressed-part.ts'
import { emptyResult } from './empty-result.ts'
import { joinedPieces } from './joined-pieces.ts'
import { SentChunks } from './sent-chunks.ts'

/** An executor that takes tasks. */
export interface ExecutorInfo {
  /** Its address, or a name such as `local` where it has none. */
  readonly id: string
  /** The name or address of its machine. */
  readonly host: string
  /** How many tasks it runs at once. */
  readonly cores: number
  /** The version of Node that it runs on. */
  readonly nodeVersion: string
}

/** Running totals of a context; of a job, what they grew by. */
export interface Metrics {
  /** Encoded bytes read by another task than their writer, and broadcast bytes per receiving executor. */
  readonly movedBytes: number
  /** What crossed from one process to another: blocks, and all that driver and executors said to each other. */
  readonly networkBytes: number
  /** What tasks wrote to files of their work folders and read back from there. */
  readonly diskBytes: number
  /** Executors that went away while they were needed. */
  readonly executorsLost: number
  /** Tasks that ran again, since one failed, or what it had made was lost. */
  readonly tasksRerun: number
  /** Tasks that have ended well. */
  readonly tasks: number
  /** Partitions that were far larger than others of their stage and were made by several tasks, see `skewSplit`. */
  readonly partitionsSplit: number
}

type UnreachablePeer = Extract<ExecutorMessage, { type: 'metPeers' }>['unreachable'][number]

type Introduction = Extract<DriverMessage, { type: 'peers' }>

/** By partition that was split: the units of its results. */
type Splits = ReadonlyMap<number, readonly number[]>

/** A task that brings more along is a message of its own. */
const batchedBytes = 16 * 1024
/** Where one part of a shuffle lies takes about as much. */
const partBytes = 64

interface Executor {
  readonly id: ExecutorId
  readonly channel: Channel
  readonly stages: Set<StageId>
  readonly broadcasts: Set<number>
  /** The hashes of the classes that it was sent. */
  readonly classes: Set<string>
  readonly chunks: SentChunks
  /** Hashes of the bundles of modules that it was sent. */
  readonly bundles: Set<string>
  /** Resolves when it has dialed its peers, or is gone. */
  readonly metPeers: Deferred<readonly UnreachablePeer[]>
  advertise?: string
  /** The name or address of its machine. */
  host: string
  info?: ExecutorInfo
}

export interface JobDriverOptions {
  readonly clock: Clock
  readonly limits: SchedulerLimits
  /** An encoded slice of a dataset whose rows lie on the driver. */
  readonly sliceOf: (dataset: DatasetId, partition: number) => readonly Uint8Array[]
  readonly broadcastBytes: (id: number) => Uint8Array
  /** A number to add, or what a reader of files found malformed. */
  readonly accumulate: (id: number, value: unknown) => void
  readonly onLog: (record: LogRecord) => void
  readonly onTask?: ((report: TaskReport) => void) | undefined
}

export class JobDriver {
  readonly #options: JobDriverOptions
  readonly #state
  readonly #executors = new Map<ExecutorId, Executor>()
  /** Those of lost executors too. */
  readonly #channels: Channel[] = []
  readonly #jobs = new Map<JobId, { results: Map<number, Uint8Array>; done: Deferred<Splits> }>()
  /** What each accumulator has counted. */
  readonly #countedAdds = new Map<number, Set<string>>()
  readonly #totals = { movedBytes: 0, networkBytes: 0, diskBytes: 0, tasks: 0 }
  #cancelWake: (() => void) | undefined
  /** Resolves when no copy of a kept partition is under way. */
  #copied: Deferred<void> | undefined
  #stopped = false

  constructor(options: JobDriverOptions) {
    this.#options = options
    this.#state = initialState(options.limits)
  }

  get metrics(): Metrics {
    const { executorsLost, tasksRerun, partitionsSplit } = this.#state
    const networkBytes = this.#channels.reduce((sum, channel) => sum + channel.networkBytes, this.#totals.networkBytes)
    return { ...this.#totals, networkBytes, executorsLost, tasksRerun, partitionsSplit }
  }

  get executors(): ExecutorInfo[] {
    return [...this.#executors.values()].flatMap(({ info }) => (info ? [info] : []))
  }

  /** What later jobs find and need not compute again. */
  readonly heldBlocks: HeldBlocks = {
    hasOutputs: (shuffle) => this.#state.stages.get(this.#state.mapStageOf.get(shuffle)!)?.missingOutputs === 0,
    isCached: (dataset, partition) => (this.#state.cached.get(cacheKey(dataset, partition))?.size ?? 0) > 0,
  }

  /** Where a task would rather run: the executors that hold what it reads, else what its sources name. */
  preferredLocations(plan: StagePlan, partition: number): string[] {
    const { cached, locations } = neededInputs(plan, partition, keptFor(this.#state, plan))
    const holders = cached.flatMap(({ datasetId, partition }) => [
      ...(this.#state.cached.get(cacheKey(datasetId, partition)) ?? []),
    ])
    return [...new Set<string>(holders.length > 0 ? holders : locations.flat())]
  }

  /** Takes an executor in; resolves when it has said that it is ready. */
  async addExecutor(
    id: ExecutorId,
    url: string,
    channel: Channel,
    describeEnd?: () => Promise<string | undefined>,
  ): Promise<void> {
    const executor: Executor = {
      id,
      host: hostOf(url),
      channel,
      stages: new Set(),
      broadcasts: new Set(),
      classes: new Set(),
      chunks: new SentChunks(),
      bundles: new Set(),
      metPeers: deferred(),
    }
    const ready = deferred<void>()
    this.#channels.push(channel)
    channel.onMessage((message) => {
      const said = message as ExecutorMessage
      if (said.type === 'ready') {
        if (said.advertise !== undefined) {
          executor.advertise = said.advertise
          executor.host = hostOf(said.advertise)
        }
        executor.info = { id, host: executor.host, cores: said.cores, nodeVersion: said.nodeVersion }
        this.#executors.set(id, executor)
        this.#feed({ type: 'executorJoined', executor: id, host: executor.host, cores: said.cores })
        ready.resolve()
      } else this.#onMessage(executor, said)
    })
    void channel.closed.then(async ({ reason }) => {
      const [, other] = reason.split(dialedTwice)
      if (other !== undefined)
        return ready.reject(
          new UsageError(`executors: ${url} is the same executor as the one at ${other}; name it once, by one address`),
        )
      const end = await describeEnd?.().catch(() => undefined)
      const story = `executor ${id} was lost: ${end ?? reason}`
      executor.metPeers.resolve([])
      ready.reject(new GridifyError('cluster', 'EXECUTOR_LOST', story))
      if (this.#stopped || !this.#executors.delete(id)) return
      this.#options.onLog({ level: 'warn', source: 'driver', message: story })
      this.#feed({ type: 'executorLost', executor: id, reason: story })
    })
    await ready.promise
  }

  /**
   * Makes executors known to each other.
   * @throws ClusterError where one cannot reach another, UsageError where one cannot compress.
   */
  async introduce(
    urls: readonly { id: ExecutorId; url: string }[],
    shared: Pick<Introduction, 'key' | 'ca' | 'compression'>,
  ): Promise<void> {
    if (shared.compression === 'zstd')
      for (const { id, nodeVersion } of this.executors)
        if (!hasZstd(nodeVersion))
          throw new UsageError(
            `networkCompression: 'zstd' needs Node 22.15 on all executors; executor ${id} runs Node ${nodeVersion}`,
          )
    const peers = urls.map(({ id, url }) => ({ id, url: this.#executors.get(id)?.advertise ?? url }))
    const executors = [...this.#executors.values()]
    for (const executor of executors) this.#send(executor, { type: 'peers', peers, self: executor.id, ...shared })
    for (const { id, metPeers } of executors)
      for (const { url, reason } of await metPeers.promise)
        throw new ClusterError(
          `executor ${id} cannot reach its peer ${url}: ${reason}; executors dial each other, so give each an address ` +
            'that all others can use: in `executors`, or with --advertise of the executor',
        )
  }

  /** Runs the last of `stages` over `partitions`; results come in that order. */
  async run(
    job: JobId,
    stages: readonly StagePlan[],
    partitions: readonly number[],
    signal?: AbortSignal,
  ): Promise<Uint8Array[]> {
    const { empty, output } = stages.at(-1)!
    const nothing = empty && emptyResult(output)
    const skipped = new Set(nothing ? empty : [])
    const wanted = partitions.filter((partition) => !skipped.has(partition))
    // It was under way when the context stopped, and nobody is left to run it.
    if (this.#stopped) throw new AbortedError('the context was stopped while the job ran')
    const entry = { results: new Map<number, Uint8Array>(), done: deferred<Splits>() }
    this.#jobs.set(job, entry)
    const abort = () => {
      if (!this.#jobs.delete(job)) return
      entry.done.reject(new AbortedError(`${stages.at(-1)!.site} was aborted by its signal`, { cause: signal?.reason }))
      this.#feed({ type: 'jobCancelled', job })
    }
    signal?.addEventListener('abort', abort, { once: true })
    try {
      if (signal?.aborted) abort()
      if (this.#jobs.has(job)) this.#feed({ type: 'jobSubmitted', job, stages, partitions: wanted })
      const splits = await entry.done.promise
      await this.#allCopied()
      return partitions.map((partition) => {
        if (skipped.has(partition)) return nothing!
        const pieces = splits.get(partition)?.map((unit) => entry.results.get(unit)!)
        return pieces ? joinedPieces(output, pieces) : entry.results.get(partition)!
      })
    } finally {
      signal?.removeEventListener('abort', abort)
      const result = stages.at(-1)!.id
      for (const executor of this.#executors.values())
        if (executor.stages.delete(result))
          this.#sendDrop(executor, { datasets: [], shuffles: [], broadcasts: [], stages: [result] })
    }
  }

  drop(datasets: readonly DatasetId[], shuffles: readonly ShuffleId[], broadcasts: readonly number[]): void {
    const stages = shuffles.flatMap((shuffle) => this.#state.mapStageOf.get(shuffle) ?? [])
    this.#feed({ type: 'datasetsDropped', datasets, shuffles })
    for (const executor of this.#executors.values()) {
      for (const id of broadcasts) executor.broadcasts.delete(id)
      for (const id of stages) executor.stages.delete(id)
      this.#sendDrop(executor, { datasets, shuffles, broadcasts, stages })
    }
  }

  /** Of accumulators that nobody can read any more. */
  forgetAdds(accumulators: readonly number[]): void {
    for (const id of accumulators) this.#countedAdds.delete(id)
  }

  /** Ends every job with an error; executors are the cluster's to end. */
  stop(): void {
    this.#stopped = true
    this.#cancelWake?.()
    this.#copied?.resolve()
    for (const { done } of this.#jobs.values())
      done.reject(new AbortedError('the context was stopped while the job ran'))
    this.#jobs.clear()
  }

  #onMessage(executor: Executor, message: ExecutorMessage): void {
    switch (message.type) {
      case 'finished':
        this.#feed({ type: 'taskFinished', task: message.taskId, success: message.success })
        return
      case 'failed': {
        const error = fromWire(message.failure)
        for (let at: Error | undefined = error; at; at = at.cause as Error | undefined)
          if (at.stack) at.stack = remapStack(at.stack)
        // A thrown user function may do better next time (a file, a service); a wrong program will not.
        const retry = !(error instanceof GridifyError && error.family === 'usage' && error.code !== 'TASK')
        // What did not fit will hardly fit the next time, and takes long to find out.
        const weight = error instanceof OutOfMemoryError ? 2 : 1
        this.#feed({ type: 'taskFailed', task: message.taskId, retry, weight, error })
        return
      }
      case 'fetchFailed':
        this.#feed({
          type: 'fetchFailed',
          task: message.taskId,
          from: message.executor,
          ...(message.block === undefined ? {} : { block: message.block }),
          reason: message.reason,
        })
        return
      case 'recalled':
        this.#feed({ type: 'taskRecalled', task: message.taskId })
        return
      case 'blocksLost':
        this.#feed({ type: 'blocksLost', executor: executor.id, blocks: message.blocks })
        return
      case 'metPeers':
        executor.metPeers.resolve(message.unreachable)
        return
      case 'draining':
        this.#feed({ type: 'executorDraining', executor: executor.id })
        return
      case 'evicted':
        this.#feed({
          type: 'blockEvicted',
          executor: executor.id,
          dataset: message.datasetId,
          partition: message.partition,
        })
        return
      case 'copied': {
        const { datasetId: dataset, partition, held } = message
        this.#feed({ type: 'partitionCopied', executor: executor.id, dataset, partition, held })
        return
      }
      case 'log':
        this.#options.onLog(message.record)
        return
      case 'arrived':
        this.#feed({
          type: 'taskArrived',
          task: message.taskId,
          round: message.round,
          call: message.call,
          value: message.value,
        })
        return
      case 'gaveUp':
        this.#feed({ type: 'taskGaveUp', task: message.taskId })
        return
      case 'waitedTooLong':
        this.#feed({ type: 'taskWaitedTooLong', task: message.taskId, afterMs: message.afterMs })
        return
      case 'ready':
        return
    }
  }

  #feed(event: SchedulerEvent): void {
    for (const command of transition(this.#state, event, this.#options.clock.now())) this.#carryOut(command)
    for (const { channel } of this.#executors.values()) channel.flush()
    if (this.#state.copying.size > 0) return
    this.#copied?.resolve()
    this.#copied = undefined
  }

  #carryOut(command: SchedulerCommand): void {
    switch (command.type) {
      case 'launchTask':
        try {
          this.#launch(command.task)
        } catch (error) {
          // Not on this call's stack: the scheduler is still handing out commands.
          queueMicrotask(() =>
            this.#feed({ type: 'taskFailed', task: command.task.id, retry: false, weight: 1, error: error as Error }),
          )
        }
        return
      case 'cancelTask':
      case 'recallTask': {
        const executor = this.#executors.get(command.executor)
        const type = command.type === 'cancelTask' ? 'cancel' : 'recall'
        if (executor) this.#send(executor, { type, taskId: command.task })
        return
      }
      case 'commitTask': {
        const { success, jobs, task, plan } = command
        for (const key of ['movedBytes', 'networkBytes', 'diskBytes'] as const)
          this.#totals[key] += success.metrics[key]
        this.#totals.tasks++
        for (const update of success.accumulators) this.#accumulate(update, jobs[0])
        for (const job of jobs) this.#jobs.get(job)?.results.set(task.unit, success.value!)
        this.#report({
          stage: plan.id,
          site: plan.site,
          partition: task.partition,
          ...(task.piece ? { piece: task.piece } : {}),
          attempt: task.attempt,
          executor: task.executor,
          milliseconds: success.metrics.milliseconds,
        })
        return
      }
      case 'meet': {
        const executor = this.#executors.get(command.executor)
        if (executor) this.#send(executor, { type: 'met', taskId: command.task, values: command.values })
        return
      }
      case 'discardBlock': {
        const executor = this.#executors.get(command.executor)
        if (executor) this.#send(executor, { type: 'discard', block: command.block })
        return
      }
      case 'dropBlocks':
        for (const executor of this.#executors.values())
          this.#send(executor, {
            type: 'drop',
            datasets: command.datasets,
            shuffles: command.shuffles,
            broadcasts: [],
            stages: [],
            chunks: [],
          })
        return
      case 'finishJob':
        this.#take(command.job)?.done.resolve(command.splits)
        return
      case 'failJob':
        this.#take(command.job)?.done.reject(command.error)
        return
      case 'releaseExecutor': {
        const executor = this.#executors.get(command.executor)
        if (!executor) return
        this.#executors.delete(command.executor)
        this.#options.onLog({
          level: 'warn',
          source: 'driver',
          message: `executor ${command.executor} was drained and has left`,
        })
        this.#send(executor, { type: 'stop' })
        return
      }
      case 'copyPartition': {
        const { dataset: datasetId, partition, from, to, bytes, level } = command
        const executor = this.#executors.get(to)
        if (executor) this.#send(executor, { type: 'copy', datasetId, partition, executor: from, bytes, level })
        return
      }
      case 'wakeAfter':
        this.#cancelWake?.()
        this.#cancelWake = this.#options.clock.after(command.delayMs, () => this.#feed({ type: 'timePassed' }))
        return
    }
  }

  /** A job ends when what it kept has its copies: who loses an executor right after it loses nothing. */
  async #allCopied(): Promise<void> {
    if (this.#state.copying.size === 0) return
    this.#copied ??= deferred()
    await this.#copied.promise
  }

  /** What a function of the user's throws here has no caller to catch it, and must not end a job that is right. */
  #report(report: TaskReport): void {
    try {
      this.#options.onTask?.(report)
    } catch (error) {
      this.#options.onLog({ level: 'warn', source: 'driver', message: `onTask threw: ${describeThrown(error)}` })
    }
  }

  #take(job: JobId) {
    const entry = this.#jobs.get(job)
    this.#jobs.delete(job)
    return entry
  }

  /** Once per (dataset, partition) in transformations, once per (job, partition) in actions. */
  #accumulate(update: AccumulatorUpdate, job: JobId | undefined): void {
    const scope = update.datasetId === 0 ? `job${job}` : `dataset${update.datasetId}`
    const key = `${scope}/${update.partition}`
    const counted = this.#countedAdds.get(update.accumulator) ?? new Set()
    if (counted.has(key)) return
    this.#countedAdds.set(update.accumulator, counted.add(key))
    this.#options.accumulate(update.accumulator, decodeValue(update.value))
  }

  #launch(task: RunningTask): void {
    const executor = this.#executors.get(task.executor)
    const stage = this.#state.stages.get(task.stage)
    if (!executor || !stage) return
    if (!executor.stages.has(task.stage)) {
      executor.stages.add(task.stage)
      for (const bundle of moduleBundles.values()) {
        if (executor.bundles.has(bundle.hash)) continue
        executor.bundles.add(bundle.hash)
        this.#send(executor, { type: 'bundle', bundle })
      }
      for (const shipped of shippedClasses.values()) {
        if (executor.classes.has(shipped.hash)) continue
        executor.classes.add(shipped.hash)
        this.#sendChunks(executor, executor.chunks.missing(shipped))
        this.#send(executor, { type: 'class', class: withoutChunks(shipped) })
      }
      for (const id of stage.plan.broadcasts) {
        if (executor.broadcasts.has(id)) continue
        executor.broadcasts.add(id)
        const bytes = this.#options.broadcastBytes(id)
        this.#totals.movedBytes += bytes.length
        this.#send(executor, { type: 'broadcast', id, bytes })
      }
      this.#sendChunks(executor, executor.chunks.forStage(task.stage, closuresOf(stage.plan)))
      this.#send(executor, { type: 'stage', plan: forExecutors(mapClosures(stage.plan, withoutChunks)) })
    }
    const inputs = this.#inputs(stage.plan, task)
    const run: DriverMessage = {
      type: 'run',
      task: {
        id: task.id,
        stageId: task.stage,
        unit: task.unit,
        partition: task.partition,
        ...(task.piece ? { piece: task.piece } : {}),
        attempt: task.attempt,
        inputs,
        ...(stage.gang ? { together: this.#together(task) } : {}),
      },
    }
    if (inputBytes(inputs) <= batchedBytes) executor.channel.sendSoon(run)
    else this.#send(executor, run)
  }

  /** The tasks that were started with this one. */
  #together({ stage }: RunningTask): NonNullable<TaskDescription['together']> {
    return [...this.#state.running.values()]
      .filter((task) => task.stage === stage && !task.cancelled)
      .sort((a, b) => a.partition - b.partition)
      .map(({ partition, executor }) => ({ partition, executor, host: this.#executors.get(executor)!.host }))
  }

  #inputs(plan: StagePlan, task: RunningTask): TaskInput[] {
    const { cached, stages, mapStageOf } = this.#state
    const holders = (dataset: number, partition: number) =>
      cached.get(cacheKey(dataset, partition)) ?? new Set<ExecutorId>()
    const needed = neededInputs(plan, task.partition, keptFor(this.#state, plan))
    return [
      ...needed.rows.map(({ datasetId, partition }): TaskInput => ({
        kind: 'rows',
        datasetId,
        partition,
        blocks: this.#options.sliceOf(datasetId, partition),
      })),
      ...needed.cached.map(({ datasetId, partition }): TaskInput => {
        const at = holders(datasetId, partition)
        return { kind: 'cache', datasetId, partition, executor: at.has(task.executor) ? task.executor : [...at][0]! }
      }),
      ...needed.shuffles.map(({ shuffleId, reduce }): TaskInput => ({
        kind: 'shuffle',
        shuffleId,
        reduce,
        parts: Array.from(outputsInOrder(stages.get(mapStageOf.get(shuffleId)!)!))
          .filter(({ output }) => output.bytes[reduce] !== 0)
          .map(({ unit, output }) => ({
            map: unit,
            executor: output.executor,
            offset: output.offsets[reduce]!,
            bytes: output.bytes[reduce]!,
            checksum: output.checksums[reduce]!,
          })),
      })),
    ]
  }

  #sendChunks(executor: Executor, chunks: Extract<DriverMessage, { type: 'chunks' }>['chunks']): void {
    if (chunks.length > 0) this.#send(executor, { type: 'chunks', chunks })
  }

  #sendDrop(executor: Executor, what: Omit<Extract<DriverMessage, { type: 'drop' }>, 'type' | 'chunks'>): void {
    this.#send(executor, { type: 'drop', ...what, chunks: executor.chunks.endStages(what.stages) })
  }

  #send(executor: Executor, message: DriverMessage): void {
    executor.channel.send(message)
  }
}

function inputBytes(inputs: readonly TaskInput[]): number {
  let bytes = 0
  for (const input of inputs)
    if (input.kind === 'rows') for (const block of input.blocks) bytes += block.length
    else if (input.kind === 'shuffle') bytes += input.parts.length * partBytes
  return bytes
}

/** The machine in an address; threads of the driver's process have none, and `memory-1` stands for itself. */
function hostOf(url: string): string {
  return url === '' ? 'localhost' : URL.canParse(url) ? new URL(url).hostname : url
}
