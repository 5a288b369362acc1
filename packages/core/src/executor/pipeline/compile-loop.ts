/**
 * One loop for a chain of steps, a source and a sink, with the user's functions as constants of its factory. It is made
 * anew for each chain of functions and each shape of chunk, never shared: V8 optimises a loop by what it has met, and one
 * that several functions went through is five times slower, even for a single one. Functions that differ in nothing but
 * what they captured are different ones to it: it takes captured values for constants where they were met alone.
 */

import { compileFunction } from 'node:vm'
import { plainRow } from '../../codec/group.ts'
import type { Chunk } from './chunk.ts'
import { addStep, type FusedNode, type LoopText } from './fused-step.ts'
import { loopSinks, type LoopSink } from './loop-sink.ts'
import { listed, refusePair, refusePromise } from './refuse.ts'

export interface LoopState {
  /** The user's lines, by step; the last one is the sink's. */
  readonly sites: readonly string[]
  /** Marks whose function runs, where that matters to accumulators. */
  readonly enter: (step: number) => void
  /** Throws where the task was cancelled, or its heap is full. */
  readonly check: () => void
  /** Set when the loop throws: whose function it was. */
  failed: number
}

/** Runs rows [from, to) of a chunk of the shape that it was compiled for. */
export type Loop = (chunk: Chunk, from: number, to: number, state: LoopState, target: object) => void

export interface LoopPlan {
  readonly steps: readonly FusedNode[]
  readonly functions: readonly (Function | undefined)[]
  /** Of `reduce` and `aggregate`. */
  readonly merge: Function | undefined
  readonly sink: LoopSink
  readonly marks: boolean
}

let loops = 0

export function compileLoop(plan: LoopPlan, kind: Chunk['kind']): Loop {
  const code = loopText(plan, kind)
  const functionNames = plan.functions.map((_, step) => `f${step}`)
  const factory = compileFunction(
    // The number keeps V8 from taking two loops of equal text for one.
    `'use strict' // loop ${++loops}\n${code}`,
    ['merge', 'refusePair', 'refusePromise', 'listed', 'plainRow', ...functionNames],
    { filename: 'gridify-pipeline' },
  ) as (...constants: unknown[]) => Loop
  return factory(plan.merge, refusePair, refusePromise, listed, plainRow, ...plan.functions)
}

function loopText({ steps, sink, marks }: LoopPlan, kind: Chunk['kind']): string {
  const source = sources[kind]
  const text: LoopText = { lines: [], row: source.row, closing: '' }
  for (const [step, node] of steps.entries()) addStep(text, node, step, marks)
  const { before, put, after } = loopSinks[sink]
  if (marks) text.lines.push(`enter(${steps.length})`)
  put(text, steps.length)
  return `return function runPipeline(chunk, from, to, state, target) {
  const { sites, enter } = state
  ${source.before}
  ${before}
  let at = -1
  try {
    for (let i = from; i < to; i++) {
      ${source.each}
      ${text.lines.join('\n      ')}
      ${text.closing}
    }
  } catch (error) {
    state.failed = at
    throw error
  }
  ${after}
}`
}

const sources: Record<Chunk['kind'], { before: string; each: string; row: LoopText['row'] }> = {
  rows: { before: 'const { rows } = chunk', each: 'const row = rows[i]', row: { row: 'row' } },
  pairs: {
    before: 'const keyColumn = chunk.keys, valueColumn = chunk.values',
    each: 'const key = keyColumn[i], value = valueColumn[i]',
    row: { key: 'key', value: 'value' },
  },
  range: {
    before: 'const { start, step, first } = chunk',
    each: 'const row = start + (first + i) * step',
    row: { row: 'row' },
  },
}
