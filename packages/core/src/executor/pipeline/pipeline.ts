/** A chain of steps that is ready to run: finds or compiles the loop for each shape of chunk that comes. */

import type { Closure } from '../../closure/closure.ts'
import type { FunctionOf } from '../../shuffle/merging.ts'
import { shapeOf, type Chunk } from './chunk.ts'
import { compileLoop, type Loop, type LoopPlan, type LoopState } from './compile-loop.ts'
import type { FusedNode } from './fused-step.ts'
import type { LoopSink } from './loop-sink.ts'

/** Rows between two looks at whether the task was cancelled. */
export const stretchRows = 4096

/** Loops by what they are made of; one cache per slot, whose functions they hold. */
export type LoopCache = Map<string, Loop>

/** Loops are small, but a driver may run any number of different jobs. */
const maxLoops = 1000

export class Pipeline {
  readonly #plan: LoopPlan
  readonly #key: string | undefined
  readonly #cache: LoopCache
  readonly #own: LoopCache = new Map()

  constructor(
    steps: readonly FusedNode[],
    sink: LoopSink,
    mergeClosure: Closure | undefined,
    functionOf: FunctionOf,
    cache: LoopCache,
  ) {
    const closures = steps.map((step) => ('closure' in step ? step.closure : undefined))
    const all = [...closures, mergeClosure]
    this.#plan = {
      steps,
      functions: closures.map((closure) => closure && functionOf(closure)),
      merge: mergeClosure && functionOf(mergeClosure),
      sink,
      marks: all.some((closure) => closure?.references.some(({ kind }) => kind === 'accumulator')),
    }
    this.#cache = cache
    // A function that is rebuilt for each task is another one each time.
    this.#key = all.some((closure) => closure?.perTask)
      ? undefined
      : [sink, mergeClosure?.hash, ...steps.map(({ kind }, i) => `${kind} ${closures[i]?.hash ?? ''}`)].join('|')
  }

  run(chunk: Chunk, from: number, to: number, state: LoopState, target: object): void {
    this.#loopFor(chunk)(chunk, from, to, state, target)
  }

  #loopFor(chunk: Chunk): Loop {
    const cache = this.#key === undefined ? this.#own : this.#cache
    const key = `${this.#key ?? ''}|${shapeOf(chunk)}`
    let loop = cache.get(key)
    if (!loop) {
      if (cache.size >= maxLoops) cache.clear()
      cache.set(key, (loop = compileLoop(this.#plan, chunk.kind)))
    }
    return loop
  }
}
