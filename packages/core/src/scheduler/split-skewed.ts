/** Splits what is far larger than the rest: once the sizes of a stage's inputs are known, a partition becomes several tasks. */

import type { ShuffleId, StageId } from '../base/ids.ts'
import { cutsWithinKeys } from '../plan/split-point.ts'
import type { MapOutput, SchedulerState, StageState } from './state.ts'

/** Each of them looks at the keys of its bucket again, though not at their values. */
const piecesPerSlot = 8

/**
 * From files, each piece reads the whole partition again; on several executors, each fetches the other executors' part of
 * it; and where rows are groups, all but one piece may find that the hot key is not theirs. So few are made where they are
 * likely to cost.
 */
function mostPieces(state: SchedulerState, { plan }: StageState, shuffles: readonly ShuffleId[]): number {
  const { executors, stages, mapStageOf } = state
  const slots = [...executors.values()].reduce((sum, { cores }) => sum + cores, 0)
  const isInMemory = shuffles.every((shuffle) => stages.get(mapStageOf.get(shuffle)!)!.diskBytes === 0)
  return executors.size === 1 && isInMemory && cutsWithinKeys(plan) ? slots * piecesPerSlot : slots
}

/** Does so once for a stage; its partitions stay split, since their sizes stay what they are when outputs are made again. */
export function splitSkewed(state: SchedulerState, stage: StageState): void {
  const { skewSplit } = state.limits
  if (!skewSplit || !stage.splitShuffles) return
  const shuffles = stage.splitShuffles
  const sizes = inputSizes(state, stage, shuffles)
  if (!sizes) return
  delete stage.splitShuffles
  const ordered = sizes.toSorted()
  const median = ordered[(ordered.length - 1) >> 1]!
  const target = Math.max(median, skewSplit.minBytes)
  const most = mostPieces(state, stage, shuffles)
  const jobs = [...state.jobs.values()].filter((job) => job.stage === stage.plan.id)
  for (const partition of Array.from(stage.pending)) {
    const size = sizes[partition]!
    if (size <= skewSplit.factor * median || size <= skewSplit.minBytes) continue
    const of = Math.min(most, Math.ceil(size / target))
    if (of < 2) continue
    const units = Array.from({ length: of }, (_, index) => {
      stage.pieces.push({ partition, index, of })
      return stage.plan.partitions + stage.pieces.length - 1
    })
    stage.splits.set(partition, units)
    stage.pending.delete(partition)
    for (const unit of units) stage.pending.add(unit)
    if (stage.outputs) {
      stage.missingOutputs += of - 1
      for (const unit of units) stage.outputs[unit] = undefined
    }
    for (const { unfinished } of jobs) if (unfinished.delete(partition)) for (const unit of units) unfinished.add(unit)
    state.partitionsSplit++
  }
}

/** Bytes of each partition; undefined where a part of them is still to be made. */
function inputSizes(
  state: SchedulerState,
  { plan }: StageState,
  shuffles: readonly ShuffleId[],
): Float64Array | undefined {
  const sizes = new Float64Array(plan.partitions)
  for (const shuffle of shuffles) {
    const parent = state.stages.get(state.mapStageOf.get(shuffle) as StageId)
    if (!parent || parent.missingOutputs > 0) return undefined
    for (const { output } of outputsInOrder(parent))
      for (let partition = 0; partition < sizes.length; partition++) sizes[partition]! += output.bytes[partition]!
  }
  return sizes
}

/** The number of a partition whose task is not split, or of a sub-task, and which partition is its. */
export function partitionOfUnit({ plan, pieces }: StageState, unit: number): number {
  return unit < plan.partitions ? unit : pieces[unit - plan.partitions]!.partition
}

/** All outputs of a map stage that has finished, in the order of their rows. */
export function* outputsInOrder(stage: StageState): Generator<{ readonly unit: number; readonly output: MapOutput }> {
  for (let partition = 0; partition < stage.plan.partitions; partition++)
    for (const unit of stage.splits.get(partition) ?? [partition]) yield { unit, output: stage.outputs![unit]! }
}
