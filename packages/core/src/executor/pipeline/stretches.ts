/** Runs the steps that end at a node over the rows before them, a stretch at a time, into a sink. */

import type { Closure } from '../../closure/closure.ts'
import type { PlanNode } from '../../protocol/stage-plan.ts'
import type { FunctionOf } from '../../shuffle/merging.ts'
import { isStep, stepOf, type StepNode } from '../steps.ts'
import { batchesOfChunk, rowChunk, stretchOf, type Chunk } from './chunk.ts'
import type { LoopState } from './compile-loop.ts'
import { isFused, type FusedNode } from './fused-step.ts'
import type { LoopSink } from './loop-sink.ts'
import type { LoopCache } from './loop-cache.ts'
import { Pipeline } from './pipeline.ts'

/** Longer chains are run in pieces, since a function of thousands of steps is not compiled well, if at all. */
const maxFused = 32

export interface PipelineScope {
  readonly nodes: readonly PlanNode[]
  readonly functionOf: FunctionOf
  readonly loops: LoopCache
  /** Marks whose function runs now; undefined for the action's own. */
  enter(node: PlanNode | undefined, partition: number): void
  /** Throws where the task was cancelled. */
  checkCancelled(): void
  /** The rows of a node that is no step, or that is kept. */
  chunksOf(index: number, partition: number): Iterable<Chunk>
  /** All rows of a dataset's partition have gone through. */
  ended(datasetId: number, partition: number): void
}

export interface PipelineSink {
  readonly kind: LoopSink
  readonly merge?: Closure
  /** The user's line of what takes the rows. */
  readonly site: string
  /** Takes the rows of a step that is kept, in order to keep them: makes them rather than asking for those kept. */
  readonly keeps?: true
}

/** The steps down to `index`, upstream first, and the node whose rows they take. */
function chainTo(nodes: readonly PlanNode[], index: number): { chain: StepNode[]; source: number } {
  const chain: StepNode[] = []
  let at = index
  for (let node = nodes[at]!; isStep(node) && (at === index || !node.persist); node = nodes[at]!) {
    chain.push(node)
    at = node.parent
  }
  return { chain: chain.reverse(), source: at }
}

/** Yields after each stretch whose rows `target` has got. */
export function* stretches(
  scope: PipelineScope,
  index: number,
  partition: number,
  sink: PipelineSink,
  target: object,
): Generator<void> {
  const root = scope.nodes[index]!
  const { chain, source } =
    isStep(root) && (!root.persist || sink.keeps) ? chainTo(scope.nodes, index) : { chain: [], source: index }
  const { batched, fused } = split(chain)
  const pipeline = new Pipeline(fused, sink.kind, sink.merge, scope.functionOf, scope.loops)
  const enter = (step: number) => scope.enter(fused[step], partition)
  const state: LoopState = {
    sites: [...fused.map(({ site }) => site), sink.site],
    enter,
    check: () => scope.checkCancelled(),
    failed: -1,
  }
  const last = fused.at(-1)
  // Memory that is full before the next stretch was not filled by the steps, which have let go of their rows.
  const holds = sink.kind !== 'rows' && sink.kind !== 'count'
  for (const chunk of batchedChunks(scope, batched, source, partition)) {
    const stretch = stretchOf(chunk)
    for (let from = 0; from < chunk.length; from += stretch) {
      scope.checkCancelled()
      if (last) scope.enter(last, partition)
      try {
        pipeline.run(chunk, from, Math.min(chunk.length, from + stretch), state, target)
      } catch (error) {
        if (state.failed >= 0) enter(state.failed)
        throw error
      }
      if (holds) scope.enter(undefined, partition)
      yield
    }
  }
  for (const { datasetId } of chain) scope.ended(datasetId, partition)
}

/** The last steps that one loop can hold, and those before them. */
function split(chain: readonly StepNode[]): { batched: StepNode[]; fused: FusedNode[] } {
  let from = chain.length
  while (from > 0 && chain.length - from < maxFused && isFused(chain[from - 1]!)) from--
  return { batched: chain.slice(0, from), fused: chain.slice(from) as FusedNode[] }
}

/** The source's chunks after the steps that go batch by batch. */
function* batchedChunks(
  scope: PipelineScope,
  chain: readonly StepNode[],
  source: number,
  partition: number,
): Iterable<Chunk> {
  const chunks = scope.chunksOf(source, partition)
  if (chain.length === 0) {
    yield* chunks
    return
  }
  const steps = chain.map((node) => ({ node, run: stepOf(node, partition, scope.functionOf) }))
  for (const chunk of chunks)
    for (let batch of batchesOfChunk(chunk, () => scope.checkCancelled())) {
      for (const { node, run } of steps) {
        scope.enter(node, partition)
        batch = run(batch)
      }
      yield rowChunk(batch)
    }
}
