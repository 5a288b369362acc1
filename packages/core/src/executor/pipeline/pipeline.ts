/** A chain of steps that is ready to run: finds or compiles the loop for each shape of chunk that comes. */

import { BoundedCache } from '../../base/bounded-cache.ts'
import type { Closure } from '../../closure/closure.ts'
import { codeIdOf } from '../../closure/shared-code.ts'
import type { FunctionOf } from '../../shuffle/merging.ts'
import { shapeOf, type Chunk } from './chunk.ts'
import { compileLoop, type Loop, type LoopFactory, type LoopPlan, type LoopState } from './compile-loop.ts'
import type { FusedNode } from './fused-step.ts'
import type { LoopSink } from './loop-sink.ts'

/** Rows between two looks at whether the task was cancelled. */
export const stretchRows = 4096

/** Loops are small, but a driver may run any number of different jobs. */
const maxLoops = 1000

/** Loops by what they are made of, and their factories by the code of that; one cache per slot, whose functions they hold. */
export interface LoopCache {
  readonly loops: BoundedCache<Loop>
  readonly factories: BoundedCache<LoopFactory>
}

export function emptyLoopCache(): LoopCache {
  return { loops: new BoundedCache(maxLoops), factories: new BoundedCache(maxLoops) }
}

export class Pipeline {
  readonly #plan: LoopPlan
  readonly #key: string | undefined
  readonly #cache: LoopCache
  readonly #own = new BoundedCache<Loop>(maxLoops)
  readonly #codeKey: string | undefined

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
    this.#codeKey = codeKeyOf(this.#plan)
  }

  run(chunk: Chunk, from: number, to: number, state: LoopState, target: object): void {
    this.#loopFor(chunk)(chunk, from, to, state, target)
  }

  #loopFor(chunk: Chunk): Loop {
    const { merge, functions } = this.#plan
    const shape = shapeOf(chunk)
    const loops = this.#key === undefined ? this.#own : this.#cache.loops
    return loops.getOrMake(`${this.#key ?? ''}|${shape}`, () => {
      const compile = () => compileLoop(this.#plan, chunk.kind)
      const factory =
        this.#codeKey === undefined ? compile() : this.#cache.factories.getOrMake(`${this.#codeKey}|${shape}`, compile)
      return factory(merge, functions)
    })
  }
}

/** Undefined where a function's code has no name. */
function codeKeyOf({ steps, functions, merge, sink, marks }: LoopPlan): string | undefined {
  const ids = [merge, ...functions].map((made) => made && (codeIdOf(made) ?? NaN))
  if (ids.some(Number.isNaN)) return undefined
  return [sink, marks, ids[0], ...steps.map(({ kind }, i) => `${kind} ${ids[i + 1] ?? ''}`)].join('|')
}
