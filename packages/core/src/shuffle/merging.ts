/** What an aggregator does to values, on the map side and on the reduce side, as plain functions. */

import { assertNever } from '../base/errors.ts'
import { addToSketch, emptySketch, estimateDistinct, mergeSketches } from '../codec/distinct-sketch.ts'
import { assertKey } from '../codec/key.ts'
import { refusalOf } from '../codec/refusal.ts'
import { decodeValue } from '../codec/value.ts'
import type { Closure } from '../closure/closure.ts'
import type { Aggregator } from '../lineage/node.ts'

export type FunctionOf = (closure: Closure) => (...args: unknown[]) => unknown
export type Pair = readonly [unknown, unknown]
type Binary = (left: never, right: never) => unknown

export interface Merging {
  /** Makes a combiner of a key's first value; absent where the value is one already. */
  readonly create?: (value: never) => unknown
  /** Merges a further value into a combiner. */
  readonly merge: Binary
}

export type MergingAggregator = Exclude<Aggregator, { kind: 'group' }>

interface KnownMerging {
  merging?: Merging
  readonly byPart: WeakMap<object, KnownMerging>
}

/**
 * Kept as long as the plan that holds the aggregator, so that loops compiled for its functions are found again. By those functions,
 * since slots that share a thread share plans, while each has functions of its own, which add to the accumulators of its own task.
 */
const mergings: KnownMerging = { byPart: new WeakMap() }

/** From values to combiners. */
export function valueMerging(aggregator: MergingAggregator, functionOf: FunctionOf): Merging {
  const closures = closuresOf(aggregator)
  if (closures.some(({ perTask }) => perTask)) return makeMerging(aggregator, functionOf)
  let known = mergings
  for (const part of [aggregator, ...closures.map((closure) => functionOf(closure))]) {
    let next = known.byPart.get(part)
    if (!next) known.byPart.set(part, (next = { byPart: new WeakMap() }))
    known = next
  }
  return (known.merging ??= makeMerging(aggregator, functionOf))
}

function closuresOf(aggregator: MergingAggregator): Closure[] {
  switch (aggregator.kind) {
    case 'first':
    case 'sum':
    case 'sketch':
      return []
    case 'reduce':
      return [aggregator.merge]
    case 'aggregate':
      return [aggregator.mergeValue]
    case 'combine':
      return [aggregator.create, aggregator.mergeValue]
  }
}

function makeMerging(aggregator: MergingAggregator, functionOf: FunctionOf): Merging {
  switch (aggregator.kind) {
    case 'first':
      return { merge: keepFirst }
    case 'sum':
      return { merge: add }
    case 'reduce':
      return { merge: functionOf(aggregator.merge) }
    case 'aggregate': {
      const merge = functionOf(aggregator.mergeValue)
      const zero = zeroMaker(aggregator.zero)
      return { create: (value) => merge(zero(), value), merge }
    }
    case 'combine':
      return { create: settled(functionOf(aggregator.create)), merge: functionOf(aggregator.mergeValue) }
    case 'sketch':
      return { create: (value) => addedTo(emptySketch(aggregator.precision), value), merge: addedTo }
    default:
      return assertNever(aggregator, 'aggregator')
  }
}

/** From combiners to combiners. */
export function combinerMerging(aggregator: MergingAggregator, functionOf: FunctionOf): Merging {
  switch (aggregator.kind) {
    case 'aggregate':
    case 'combine':
      return { merge: functionOf(aggregator.mergeCombiners) }
    case 'sketch':
      return { merge: mergeSketches }
    default:
      return valueMerging(aggregator, functionOf)
  }
}

/** What becomes of the merged combiners at the end; undefined where they are the result. */
export function finishing(aggregator: MergingAggregator): ((combiner: unknown) => unknown) | undefined {
  return aggregator.kind === 'sketch' ? (sketch) => estimateDistinct(sketch as Uint8Array) : undefined
}

function addedTo(sketch: Uint8Array, value: unknown): Uint8Array {
  assertKey(value, 'countApproxDistinctByKey()')
  addToSketch(sketch, value)
  return sketch
}

/** A promise would be merged as if it were its value: `promise + 1` is a text. */
function settled(create: (value: unknown) => unknown): (value: unknown) => unknown {
  return (value) => {
    const combiner = create(value)
    if (combiner instanceof Promise) throw refusalOf(combiner)
    return combiner
  }
}

function add(left: number, right: number): number {
  return left + right
}

function keepFirst(first: unknown): unknown {
  return first
}

/** Each key gets a zero of its own; one that cannot be changed need not be decoded again. */
function zeroMaker(bytes: Uint8Array): () => unknown {
  const zero = decodeValue(bytes)
  return typeof zero === 'object' && zero !== null ? () => decodeValue(bytes) : () => zero
}
