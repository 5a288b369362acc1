/** A chain of steps that is ready to run: finds or compiles the loop for each shape of chunk that comes. */

import type { Closure } from '../../closure/closure.ts'
import type { FunctionOf } from '../../shuffle/merging.ts'
import { shapeOf, type Chunk } from './chunk.ts'
import { compileLoop, type Loop, type LoopPlan, type LoopState } from './compile-loop.ts'
import type { FusedNode } from './fused-step.ts'
import type { LoopCache } from './loop-cache.ts'
import type { LoopSink } from './loop-sink.ts'

export class Pipeline {
  readonly #plan: LoopPlan
  readonly #steps: string
  readonly #loops: Map<string, Loop>

  constructor(
    steps: readonly FusedNode[],
    sink: LoopSink,
    mergeClosure: Closure | undefined,
    functionOf: FunctionOf,
    cache: LoopCache,
  ) {
    const closures = steps.map((step) => ('closure' in step ? step.closure : undefined))
    const functions = closures.map((closure) => closure && functionOf(closure))
    const merge = mergeClosure && functionOf(mergeClosure)
    const marks = [...closures, mergeClosure].some((closure) =>
      closure?.references.some(({ kind }) => kind === 'accumulator'),
    )
    this.#plan = { steps, functions, merge, sink, marks }
    this.#steps = [sink, marks, ...steps.map(({ kind }) => kind)].join('|')
    this.#loops = cache.loopsOf([merge, ...functions])
  }

  run(chunk: Chunk, from: number, to: number, state: LoopState, target: object): void {
    this.#loopFor(chunk)(chunk, from, to, state, target)
  }

  #loopFor(chunk: Chunk): Loop {
    const key = `${this.#steps}|${shapeOf(chunk)}`
    let loop = this.#loops.get(key)
    if (!loop) this.#loops.set(key, (loop = compileLoop(this.#plan, chunk.kind)))
    return loop
  }
}
