/**
 * All that an executor decides: one event in, commands out; no I/O, no clock, no randomness. A task waits for its inputs,
 * then for a slot; blocks are pinned while it reads them; what nobody needs gives its place back.
 */

import { FetchError } from '../base/errors.ts'
import type { DatasetId, TaskId } from '../base/ids.ts'
import { toWire, type WireFailure } from '../protocol/failure.ts'
import { cacheBlock, parseBlock, shuffleBlock, type PartitionCopy, type TaskInput } from '../protocol/messages.ts'
import { placeBytes } from '../storage/block-place.ts'
import { leaveSlot, startTasks } from './slot-queues.ts'
import type { InputBlock, ProducedBlock } from './task-blocks.ts'
import type { ExecutorCommand, ExecutorEvent, ExecutorState, Fetch, HeldBlock, TaskInputs, TaskState } from './state.ts'

/** Applies one event to `state` and returns what to do about it, in order. */
export function transition(state: ExecutorState, event: ExecutorEvent): ExecutorCommand[] {
  const commands: ExecutorCommand[] = []
  switch (event.type) {
    case 'introduced':
      state.self = event.self
      break
    case 'taskReceived':
      receiveTask(state, event, commands)
      break
    case 'copyAsked':
      askForCopy(state, event.copy, commands)
      break
    case 'cancelAsked':
      cancelTask(state, event.task, commands)
      break
    case 'recallAsked': {
      const entry = state.tasks.get(event.task)
      if (!entry) break
      entry.unwanted ??= 'recalled'
      if (entry.slot === undefined) endBeforeRun(state, entry, commands)
      else commands.push({ type: 'takeBack', slot: entry.slot, task: event.task })
      break
    }
    case 'met': {
      const slot = state.tasks.get(event.task)?.slot
      if (slot !== undefined) commands.push({ type: 'meet', slot, task: event.task, values: event.values })
      break
    }
    case 'blockArrived':
      arrive(state, event, commands)
      break
    case 'fetchFailed':
      failFetch(state, event, commands)
      break
    case 'fetchUnheld': {
      const fetch = takeFetch(state, event.fetch)
      if (fetch?.copy) tellCopied(fetch.copy, false, commands)
      const entry = state.tasks.get(fetch?.task ?? noTask)
      if (entry) {
        forget(state, entry, commands)
        tellFailed(entry.task.id, event.failure, commands)
      }
      break
    }
    case 'taskFinished': {
      const task = endRun(state, event.slot, event.task, commands)
      if (!task) {
        for (const { place } of event.blocks) commands.push({ type: 'releasePlace', place })
        break
      }
      const kept = keepBlocks(state, event.blocks, task.dropped, commands)
      const cached = event.success.cached.filter((at) => kept.has(cacheBlock(at.datasetId, at.partition)))
      commands.push({
        type: 'tellDriver',
        message: { type: 'finished', taskId: event.task, success: { ...event.success, cached } },
      })
      break
    }
    case 'taskFailed':
      if (endRun(state, event.slot, event.task, commands)) tellFailed(event.task, event.failure, commands)
      break
    case 'taskLostInputs': {
      const entry = endRun(state, event.slot, event.task, commands)
      loseBlocks(state, event.blocks, commands)
      if (entry) {
        const { self: executor } = state
        tellFetchFailed(entry.task.id, { executor, block: event.blocks[0]! }, event.reason, commands)
      }
      break
    }
    case 'blocksLost':
      loseBlocks(state, event.blocks, commands)
      break
    case 'discardAsked': {
      const block = state.blocks.get(event.block)
      if (block) letGo(state, block, commands)
      break
    }
    case 'tookBack': {
      const entry = leaveSlot(state, event.task)
      if (!entry) break
      if (entry.unwanted) endBeforeRun(state, entry, commands)
      else state.ready.push(event.task)
      break
    }
    case 'slotDied': {
      const { slot, task, failure } = event
      if (task !== undefined && endRun(state, slot, task, commands)) tellFailed(task, failure, commands)
      for (const waited of [...state.slots[slot]!].reverse()) {
        const entry = leaveSlot(state, waited)!
        if (entry.unwanted) endBeforeRun(state, entry, commands)
        else state.ready.unshift(waited)
      }
      commands.push({ type: 'restartSlot', slot })
      break
    }
    case 'roomNeeded':
      evictOne(state, event.writing, commands)
      break
    case 'blockSpilled': {
      const block = state.blocks.get(event.block)
      if (block) block.place = event.place
      else commands.push({ type: 'releasePlace', place: event.place })
      break
    }
    case 'spillFailed': {
      const block = state.blocks.get(event.block)
      if (block && block.pins === 0) discard(state, block, commands)
      break
    }
    case 'dropped':
      drop(state, event, commands)
      break
  }
  startFetches(state, commands)
  startTasks(state, commands)
  return commands
}

function receiveTask(
  state: ExecutorState,
  { task }: Extract<ExecutorEvent, { type: 'taskReceived' }>,
  commands: ExecutorCommand[],
): void {
  const inputs = task.inputs.map((input): TaskInputs => ({
    input,
    blocks: partsOf(input).map((): InputBlock | undefined => undefined),
  }))
  const entry: TaskState = {
    task,
    inputs,
    missing: 0,
    pinned: [],
    copies: [],
    slot: undefined,
    unwanted: undefined,
    dropped: new Set(),
  }
  state.tasks.set(task.id, entry)
  for (const [index, { input, blocks }] of inputs.entries())
    for (const [part, wanted] of partsOf(input).entries()) {
      const held = state.blocks.get(wanted.block)
      if (held) {
        pin(state, held)
        entry.pinned.push(held)
        blocks[part] = {
          kind: 'place',
          place: held.place,
          offset: wanted.offset,
          bytes: wanted.bytes < 0 ? placeBytes(held.place) : wanted.bytes,
          ...(wanted.checksum === undefined ? {} : { checksum: wanted.checksum }),
        }
      } else if (wanted.executor === state.self) {
        const reason = `executor ${state.self} no longer holds block ${wanted.block}`
        loseInput(state, entry, wanted, reason, commands)
        return
      } else {
        entry.missing++
        state.waitingFetches.push({ id: state.nextFetch++, task: task.id, input: index, part, attempts: 0, ...wanted })
      }
    }
  if (entry.missing === 0) state.ready.push(task.id)
}

type WantedBlock = Pick<Fetch, 'executor' | 'block' | 'offset' | 'bytes' | 'checksum'>

function partsOf(input: TaskInput): WantedBlock[] {
  switch (input.kind) {
    case 'rows':
      return []
    case 'cache':
      return [{ executor: input.executor, block: cacheBlock(input.datasetId, input.partition), offset: 0, bytes: -1 }]
    case 'shuffle':
      return input.parts.map(({ map, executor, offset, bytes, checksum }) => ({
        executor,
        block: shuffleBlock(input.shuffleId, map),
        offset,
        bytes,
        checksum,
      }))
  }
}

/** Most recently used from now on. */
function pin(state: ExecutorState, block: HeldBlock): void {
  block.pins++
  state.blocks.delete(block.name)
  state.blocks.set(block.name, block)
}

function startFetches(state: ExecutorState, commands: ExecutorCommand[]): void {
  const { waitingFetches, fetches, limits } = state
  while (waitingFetches.length > 0) {
    const next = waitingFetches[0]!
    const bytes = Math.max(0, next.bytes)
    if (fetches.size > 0 && state.inFlightBytes + bytes > limits.inFlightBytes) return
    waitingFetches.shift()
    next.attempts++
    fetches.set(next.id, next)
    state.inFlightBytes += bytes
    commands.push({ type: 'fetchBlock', fetch: next })
  }
}

function takeFetch(state: ExecutorState, id: number): Fetch | undefined {
  const fetch = state.fetches.get(id)
  if (!fetch) return undefined
  state.fetches.delete(id)
  state.inFlightBytes -= Math.max(0, fetch.bytes)
  return fetch
}

function arrive(
  state: ExecutorState,
  { fetch: id, block }: Extract<ExecutorEvent, { type: 'blockArrived' }>,
  commands: ExecutorCommand[],
): void {
  const fetch = takeFetch(state, id)
  if (fetch?.copy) {
    keepCopy(state, fetch.copy, block, commands)
    return
  }
  const entry = fetch && state.tasks.get(fetch.task)
  if (!entry) {
    if (block.kind === 'place') commands.push({ type: 'releasePlace', place: block.place })
    return
  }
  if (block.kind === 'place') entry.copies.push(block.place)
  entry.inputs[fetch.input]!.blocks[fetch.part] = block
  if (--entry.missing === 0) state.ready.push(fetch.task)
}

function failFetch(
  state: ExecutorState,
  { fetch: id, retry, blockOnly, reason }: Extract<ExecutorEvent, { type: 'fetchFailed' }>,
  commands: ExecutorCommand[],
): void {
  const fetch = takeFetch(state, id)
  const entry = fetch && state.tasks.get(fetch.task)
  if (!fetch || !(entry || fetch.copy)) return
  if (retry && fetch.attempts < state.limits.fetchAttempts) state.waitingFetches.unshift(fetch)
  else if (!entry) tellCopied(fetch.copy!, false, commands)
  else loseInput(state, entry, blockOnly ? fetch : { executor: fetch.executor }, reason, commands)
}

/** Of fetches that no task waits for. */
const noTask = 0 as TaskId

function askForCopy(state: ExecutorState, copy: PartitionCopy, commands: ExecutorCommand[]): void {
  const block = cacheBlock(copy.datasetId, copy.partition)
  if (state.blocks.has(block)) {
    tellCopied(copy, true, commands)
    return
  }
  const { executor, bytes } = copy
  const id = state.nextFetch++
  state.waitingFetches.push({
    id,
    task: noTask,
    input: 0,
    part: 0,
    executor,
    block,
    offset: 0,
    bytes,
    copy,
    attempts: 0,
  })
}

/** A fetch that found no pages went into a file, which is not where the level `memory` keeps anything. */
function keepCopy(state: ExecutorState, copy: PartitionCopy, block: InputBlock, commands: ExecutorCommand[]): void {
  const name = cacheBlock(copy.datasetId, copy.partition)
  const isHeld = block.kind === 'place' && (block.place.kind === 'memory' || copy.level !== 'memory')
  if (isHeld) keepBlocks(state, [{ name, place: block.place, level: copy.level }], new Set(), commands)
  else if (block.kind === 'place') commands.push({ type: 'releasePlace', place: block.place })
  tellCopied(copy, isHeld, commands)
}

function tellCopied({ datasetId, partition }: PartitionCopy, held: boolean, commands: ExecutorCommand[]): void {
  commands.push({ type: 'tellDriver', message: { type: 'copied', datasetId, partition, held } })
}

/** A block is not where the driver believes it to be; the driver then has it computed again. */
function loseInput(
  state: ExecutorState,
  entry: TaskState,
  where: Where,
  reason: string,
  commands: ExecutorCommand[],
): void {
  forget(state, entry, commands)
  tellFetchFailed(entry.task.id, where, reason, commands)
}

/** Without a block, the executor itself cannot be reached. */
type Where = Pick<WantedBlock, 'executor'> & Partial<Pick<WantedBlock, 'block'>>

function tellFetchFailed(
  taskId: TaskId,
  { executor, block }: Where,
  reason: string,
  commands: ExecutorCommand[],
): void {
  const which = block === undefined ? {} : { block }
  commands.push({ type: 'tellDriver', message: { type: 'fetchFailed', taskId, executor, ...which, reason } })
}

function loseBlocks(state: ExecutorState, names: readonly string[], commands: ExecutorCommand[]): void {
  const lost = names.flatMap((name) => state.blocks.get(name) ?? [])
  if (lost.length === 0) return
  for (const block of lost) letGo(state, block, commands)
  const blocks = lost.map(({ name }) => name)
  commands.push({ type: 'tellDriver', message: { type: 'blocksLost', blocks } })
}

/** Nobody finds it any more; its place goes with the last task that reads it. */
function letGo(state: ExecutorState, block: HeldBlock, commands: ExecutorCommand[]): void {
  state.blocks.delete(block.name)
  block.dropped = true
  if (block.pins === 0) commands.push({ type: 'releasePlace', place: block.place })
}

function cancelTask(state: ExecutorState, id: TaskId, commands: ExecutorCommand[]): void {
  const entry = state.tasks.get(id)
  if (!entry) return
  entry.unwanted = 'cancelled'
  if (entry.slot !== undefined) {
    commands.push({ type: 'cancelTask', slot: entry.slot, task: id })
    return
  }
  endBeforeRun(state, entry, commands)
}

function endBeforeRun(state: ExecutorState, entry: TaskState, commands: ExecutorCommand[]): void {
  const { id } = entry.task
  forget(state, entry, commands)
  if (entry.unwanted === 'recalled') commands.push({ type: 'tellDriver', message: { type: 'recalled', taskId: id } })
  else tellFailed(id, toWire(new FetchError('cancelled before it ran')), commands)
}

function tellFailed(taskId: TaskId, failure: WireFailure, commands: ExecutorCommand[]): void {
  commands.push({ type: 'tellDriver', message: { type: 'failed', taskId, failure } })
}

/** Frees the slot; undefined where it did not run this task, as after its death. */
function endRun(state: ExecutorState, slot: number, id: TaskId, commands: ExecutorCommand[]): TaskState | undefined {
  const entry = state.tasks.get(id)
  if (entry?.slot !== slot) return undefined
  leaveSlot(state, id)
  forget(state, entry, commands)
  return entry
}

/** Takes a task out, wherever it stands, and lets go of its inputs. */
function forget(state: ExecutorState, entry: TaskState, commands: ExecutorCommand[]): void {
  const { id } = entry.task
  state.tasks.delete(id)
  removeWhere(state.ready, (ready) => ready === id)
  removeWhere(state.waitingFetches, (fetch) => fetch.task === id)
  for (const place of entry.copies) commands.push({ type: 'releasePlace', place })
  for (const block of entry.pinned) {
    block.pins--
    if (block.dropped && block.pins === 0) commands.push({ type: 'releasePlace', place: block.place })
  }
}

function removeWhere<T>(list: T[], matches: (entry: T) => boolean): void {
  for (let i = list.length - 1; i >= 0; i--) if (matches(list[i]!)) list.splice(i, 1)
}

/** Commits blocks whole; a second block of a name changes nothing and gives its place back. */
function keepBlocks(
  state: ExecutorState,
  blocks: readonly ProducedBlock[],
  dropped: ReadonlySet<string>,
  commands: ExecutorCommand[],
): Set<string> {
  const kept = new Set<string>()
  for (const { name, place, level, costly } of blocks) {
    if (dropped.has(ownerOf(name)) || state.blocks.has(name)) {
      if (state.blocks.has(name)) kept.add(name)
      commands.push({ type: 'releasePlace', place })
      continue
    }
    state.blocks.set(name, {
      name,
      place,
      pins: 0,
      dropped: false,
      ...(level ? { level } : {}),
      ...(costly ? { costly } : {}),
    })
    commands.push({ type: 'keepPlace', place })
    kept.add(name)
  }
  return kept
}

/**
 * Cached partitions that were made of sources go first, then those behind a shuffle, then map outputs, which others would
 * miss; among equals the least recently used, never one that is read. Partitions of the dataset that is being written
 * stay: pushing out one for the next would leave as few, for more work.
 */
function evictOne(state: ExecutorState, writing: number | undefined, commands: ExecutorCommand[]): void {
  const own = writing === undefined ? undefined : `cache-${writing}`
  const candidates = [...state.blocks.values()].filter(
    ({ name, pins, place }) => pins === 0 && place.kind === 'memory' && ownerOf(name) !== own,
  )
  const block =
    candidates.find(({ level, costly }) => level !== undefined && !costly) ??
    candidates.find(({ level }) => level !== undefined) ??
    candidates[0]
  if (!block) return
  if (block.level !== 'memory') {
    commands.push({ type: 'spillBlock', block: block.name, place: block.place })
    return
  }
  discard(state, block, commands)
}

/** Lets go of a block that can be made again; who asks for a map output learns that it is not here any more. */
function discard(state: ExecutorState, block: HeldBlock, commands: ExecutorCommand[]): void {
  state.blocks.delete(block.name)
  commands.push({ type: 'releasePlace', place: block.place })
  if (block.level === undefined) return
  const { owner, number } = parseBlock(block.name)
  commands.push({
    type: 'tellDriver',
    message: { type: 'evicted', datasetId: owner as DatasetId, partition: number },
  })
}

function drop(
  state: ExecutorState,
  { datasets, shuffles }: Extract<ExecutorEvent, { type: 'dropped' }>,
  commands: ExecutorCommand[],
): void {
  const owners = new Set([...datasets.map((id) => `cache-${id}`), ...shuffles.map((id) => `shuffle-${id}`)])
  for (const block of state.blocks.values()) {
    if (owners.has(ownerOf(block.name))) letGo(state, block, commands)
  }
  const isDropped = ({ copy }: Fetch) => copy !== undefined && owners.has(`cache-${copy.datasetId}`)
  removeWhere(state.waitingFetches, isDropped)
  for (const fetch of state.fetches.values()) if (isDropped(fetch)) takeFetch(state, fetch.id)
  for (const { slot, dropped } of state.tasks.values())
    if (slot !== undefined) for (const owner of owners) dropped.add(owner)
}

/** The dataset or shuffle that a block is a part of. */
function ownerOf(name: string): string {
  return name.slice(0, name.lastIndexOf('-'))
}
