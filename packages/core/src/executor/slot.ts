/** One slot: holds rebuilt functions, broadcasts and resources, and runs one task after the other to its end, synchronously. */

import { relative } from 'node:path'
import { describeThrown, isError } from '../base/describe-thrown.ts'
import { DiskError, GridifyError, InternalError, OutOfMemoryError, TaskError, UsageError } from '../base/errors.ts'
import type { AccumulatorId, BroadcastId, StageId } from '../base/ids.ts'
import { namedAt } from '../base/value-error.ts'
import type { Closure, ShippedClass, ShipReference } from '../closure/closure.ts'
import { ClassTable } from '../closure/class-identity.ts'
import { rebuildClosure, type ClosureFactory } from '../closure/rebuild.ts'
import { ValueClasses, withClasses, type InstanceForm } from '../codec/classes.ts'
import { decodeValue } from '../codec/value.ts'
import { isAwaited } from '../plan/inputs.ts'
import { toWire } from '../protocol/failure.ts'
import { type TaskDescription } from '../protocol/messages.ts'
import { closuresOf } from '../protocol/plan-closures.ts'
import type { StagePlan } from '../protocol/stage-plan.ts'
import { loadParquetWriter } from '../files/parquet.ts'
import { isS3 } from '../files/s3.ts'
import { storeOwner } from '../storage/page-pool.ts'
import { Accumulator } from '../task/accumulator.ts'
import { Broadcast, droppedBroadcast } from '../task/broadcast.ts'
import { SharedRegionTable } from './shared-region-table.ts'
import { checkMarker } from './save-rows.ts'
import { describeTask } from './describe-task.ts'
import { LoopCache } from './pipeline/loop-cache.ts'
import type { SlotReply, SlotRequest } from './slot-host.ts'
import type { ResolvedInput, SlotResult } from './task-blocks.ts'
import type { SlotServices } from './slot-services.ts'
import { TaskRun } from './task-run.ts'

/** Fewer rebuilt functions are not worth a sweep, unless they weigh more than this. */
const sweptFunctions = 256
const sweptBytes = 32 * 2 ** 20

/** `mayWait` where others can go along with the message. */
export type SendReply = (message: SlotReply, mayWait?: boolean) => void

export class Slot {
  readonly #services: SlotServices
  readonly #shared: SharedRegionTable
  readonly #stages = new Map<StageId, StagePlan>()
  readonly #factories = new Map<string, ClosureFactory>()
  readonly #classes = new ClassTable()
  /** The classes whose instances values may hold here. */
  readonly valueClasses: ValueClasses
  /** Those that were sent and are not built yet. */
  readonly #shipped = new Map<string, ShippedClass>()
  #taskClasses = new ClassTable()
  readonly #functions = new Map<string, (...args: unknown[]) => unknown>()
  readonly #broadcastBytes = new Map<number, Uint8Array>()
  readonly #broadcastValues = new Map<number, unknown>()
  readonly #resources = new Map<string, { resource: unknown; dispose?: (resource: never) => void }>()
  readonly #checkedPaths = new WeakSet<StagePlan>()
  /** What each rebuilt function weighed. */
  readonly #functionBytes = new Map<string, number>()
  #sweepAt = sweptFunctions
  #sweepAtBytes = sweptBytes
  readonly #loops = new LoopCache()
  #run: TaskRun | undefined
  readonly #queue: Extract<SlotRequest, { type: 'run' }>[] = []
  #isBusy = false

  constructor(services: SlotServices) {
    this.#services = services
    this.valueClasses = new ValueClasses(`executor ${services.executor}`)
    this.#shared = new SharedRegionTable(services.pool, services.sharedTable)
  }

  #drop(stages: readonly StageId[], broadcasts: readonly number[]): void {
    for (const id of stages) this.#stages.delete(id)
    this.#sweepFunctions()
    for (const id of broadcasts) {
      this.#broadcastBytes.delete(id)
      this.#broadcastValues.delete(id)
    }
  }

  /** Functions outlive their stage, since actions of one dataset share them; now and then those of no stage go. */
  #sweepFunctions(): void {
    if (this.#factories.size < this.#sweepAt && sum(this.#functionBytes) < this.#sweepAtBytes) return
    const used = new Set([...this.#stages.values()].flatMap((plan) => closuresOf(plan).map(({ hash }) => hash)))
    for (const hash of this.#factories.keys()) {
      if (used.has(hash)) continue
      this.#factories.delete(hash)
      this.#functions.delete(hash)
      this.#functionBytes.delete(hash)
    }
    this.#sweepAt = Math.max(sweptFunctions, 2 * this.#factories.size)
    this.#sweepAtBytes = Math.max(sweptBytes, 2 * sum(this.#functionBytes))
  }

  /** Does what the session asks; the outcome of a task comes as a reply. `before` is waited for by tasks. */
  obey(request: SlotRequest, reply: SendReply, before: Promise<unknown> = Promise.resolve()): void {
    switch (request.type) {
      case 'stage':
        this.#stages.set(request.plan.id, request.plan)
        return
      case 'class':
        this.#shipped.set(request.class.key, request.class)
        return
      case 'broadcast':
        this.#broadcastBytes.set(request.id, request.bytes)
        return
      case 'drop':
        this.#drop(request.stages, request.broadcasts)
        return
      case 'run':
        this.#queue.push(request)
        if (!this.#isBusy) void this.#runQueue(reply, before)
        return
      case 'cancel':
        this.#run?.cancel(request.taskId)
        return
      case 'met':
        this.#run?.met(request.taskId, request.values)
        return
      case 'stop':
        this.dispose()
        return
    }
  }

  async #runQueue(reply: SendReply, before: Promise<unknown>): Promise<void> {
    this.#isBusy = true
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
      const { task, inputs, turn } = next
      if (!this.#services.claims.start(turn)) continue
      try {
        await before
        const result = await this.#runTask(task, inputs)
        // Nobody can go on before the rest of the stage has run, but for readers of its blocks.
        const mayWait = result.blocks.length === 0 && this.#queue[0]?.task.stageId === task.stageId
        reply({ type: 'finished', taskId: task.id, result }, mayWait)
      } catch (error) {
        reply({ type: 'failed', taskId: task.id, failure: toWire(error) })
      }
    }
    this.#isBusy = false
  }

  dispose(): void {
    this.#queue.length = 0
    this.#run?.cancel()
    for (const { resource, dispose } of this.#resources.values()) dispose?.(resource as never)
    this.#resources.clear()
  }

  /** Imports what the stage's functions need, then runs the task: without another await, unless it has asynchronous steps. */
  async #runTask(task: TaskDescription, inputs: readonly ResolvedInput[]): Promise<SlotResult> {
    const plan = this.#stages.get(task.stageId)
    if (!plan) throw new InternalError(`stage ${task.stageId} was not sent before its task ${task.id}`)
    this.#checkPaths(plan)
    if (plan.output.kind === 'save') {
      if (plan.output.format.kind === 'parquet') await loadParquetWriter()
      await checkMarker(plan.output, this.#services.executor)
    }
    await this.#buildClasses()
    const closures = closuresOf(plan)
    for (const closure of closures) {
      if (this.#factories.has(closure.hash)) continue
      this.#factories.set(closure.hash, await this.#rebuild(closure))
      this.#functionBytes.set(closure.hash, closure.bytes.length)
    }
    // Of several forms of a class, a stage reads that of its own functions.
    for (const closure of closures) {
      const factory = this.#factories.get(closure.hash)!
      if (!factory.hasClasses) continue
      this.#functionOf(closure)
      factory.announce()
    }
    return this.#runToEnd(plan, task, inputs)
  }

  #rebuild({ bytes }: { readonly bytes: Uint8Array }): Promise<ClosureFactory> {
    return rebuildClosure(bytes, {
      importRoots: this.#services.importRoots,
      bundlesFolder: this.#services.bundlesFolder,
      classes: this.#classes,
      onClass: ({ key, unreadable }, type) =>
        this.valueClasses.add({ key, type, ...(unreadable === null ? {} : { unreadable }) }),
      resolveReference: (reference) => this.#resolve(reference),
    })
  }

  /** Before the rows that hold their instances are read. */
  async #buildClasses(): Promise<void> {
    for (const [key, shipped] of this.#shipped) {
      this.#shipped.delete(key)
      const built = (await this.#rebuild(shipped))()
      if (!shipped.registered) continue
      const [type, encode, decode] = built() as [Function, InstanceForm['encode'], InstanceForm['decode']]
      this.valueClasses.add({ key, type, form: { encode, decode } })
    }
  }

  #checkPaths(plan: StagePlan): void {
    const { root, executor } = this.#services
    if (root === undefined || this.#checkedPaths.has(plan)) return
    const paths = plan.nodes.flatMap((node) =>
      node.kind === 'files' ? node.splits.flatMap((splits) => splits.map(({ path }) => path)) : [],
    )
    if (plan.output.kind === 'save') paths.push(plan.output.attemptFolder)
    for (const path of paths)
      if (!isS3(path) && relative(root, path).startsWith('..'))
        throw new UsageError(
          `${path} lies outside of ${root}, the folder that executor ${executor} was given with --root`,
        )
    this.#checkedPaths.add(plan)
  }

  async #runToEnd(plan: StagePlan, task: TaskDescription, inputs: readonly ResolvedInput[]): Promise<SlotResult> {
    const { pool, owner } = this.#services
    const run = new TaskRun(
      plan,
      task,
      inputs,
      this.#services,
      this.#shared,
      (closure) => this.#functionOf(closure),
      this.#resources,
      this.#loops,
    )
    this.#run = run
    try {
      if (plan.nodes.some(isAwaited)) await run.awaitSteps(this.valueClasses)
      const result = await run.publish(withClasses(this.valueClasses, () => run.toEnd()))
      for (const { place } of result.blocks) if (place.kind === 'memory') pool.give(place.region, storeOwner)
      return result
    } catch (error) {
      run.discard(error)
      throw describeFailure(error, plan, task, run.site, this.#services.executor)
    } finally {
      run.end()
      this.#run = undefined
      this.#taskClasses = new ClassTable()
      this.#shared.unpinAll()
      pool.freeOwner(owner)
    }
  }

  #functionOf(closure: Closure): (...args: unknown[]) => unknown {
    const factory = this.#factories.get(closure.hash)!
    // A function that assigns to what it captured starts from the captured values in each task.
    if (closure.perTask) return factory(this.#taskClasses) as (...args: unknown[]) => unknown
    let fn = this.#functions.get(closure.hash)
    if (!fn) {
      fn = factory() as (...args: unknown[]) => unknown
      this.#functions.set(closure.hash, fn)
    }
    return fn
  }

  #resolve(reference: ShipReference): unknown {
    switch (reference.kind) {
      case 'broadcast':
        return new Broadcast(
          reference.id as BroadcastId,
          () => this.#broadcast(reference.id),
          () => {
            throw new UsageError('a broadcast is unpersisted on the driver, not inside a task')
          },
        )
      case 'accumulator':
        return new Accumulator(
          reference.id as AccumulatorId,
          (amount) => this.#run?.accumulate(reference.id, amount),
          () => {
            throw new UsageError('an accumulator is read on the driver; tasks can only add to it')
          },
        )
      default:
        throw new InternalError(`unknown reference ${reference.kind}`)
    }
  }

  #broadcast(id: number): unknown {
    if (!this.#broadcastValues.has(id)) {
      const bytes = this.#broadcastBytes.get(id)
      if (!bytes) throw droppedBroadcast(id)
      const value = withClasses(this.valueClasses, () => decodeValue(bytes))
      this.#broadcastValues.set(id, value)
    }
    return this.#broadcastValues.get(id)
  }
}

function sum(bytes: ReadonlyMap<string, number>): number {
  let total = 0
  for (const each of bytes.values()) total += each
  return total
}

/** The user's line first, then where it ran. */
function describeFailure(
  error: unknown,
  plan: StagePlan,
  task: TaskDescription,
  site: string | undefined,
  executor: string,
): unknown {
  const at = describeTask(task, executor)
  for (const Lacking of [OutOfMemoryError, DiskError])
    if (isError(error) && error instanceof Lacking)
      return new Lacking(`${site ?? plan.site}: ${error.message} ${at}`, { cause: error })
  const { code } = (isError(error) ? error : {}) as NodeJS.ErrnoException
  if (plan.output.kind === 'save' && site === undefined && ['ENOSPC', 'EDQUOT', 'EFBIG', 'EROFS'].includes(code ?? ''))
    return new DiskError(
      `${plan.site}: the folder ${plan.output.attemptFolder} takes no more: ${describeThrown(error)}; free space there or save elsewhere ${at}`,
      { cause: error },
    )
  // A value is refused where a stage ends: there it is sent, stored or put in order.
  if (isError(error) && error instanceof GridifyError) return namedAt(plan.site, error)
  return new TaskError(`${site ?? plan.site} failed: ${describeThrown(error)} ${at}`, { cause: error })
}
