/** How rows of one key meet, on the map side, on the reduce side and where no shuffle is needed. */

import { assertNever } from '../base/errors.ts'
import { Group } from '../codec/group.ts'
import { addToSketch, emptySketch, estimateDistinct, mergeSketches } from '../codec/distinct-sketch.ts'
import { assertKey, KeyMap } from '../codec/key.ts'
import { decodeValue } from '../codec/value.ts'
import type { Closure } from '../closure/closure.ts'
import type { Aggregator } from '../lineage/node.ts'

export type FunctionOf = (closure: Closure) => (...args: unknown[]) => unknown
export type Pair = readonly [unknown, unknown]

/** Merges raw rows `[k, v]` to `[k, combiner]`, in order of first occurrence. */
export function combineValues(
  rows: Iterable<Iterable<unknown>>,
  aggregator: Aggregator,
  functionOf: FunctionOf,
): Iterable<Pair> {
  const map = new KeyMap<unknown>()
  const each = (onNew: (value: unknown) => unknown, onOld: (combiner: unknown, value: unknown) => unknown) => {
    for (const batch of rows)
      for (const row of batch) {
        const [key, value] = row as Pair
        map.update(
          key,
          () => onNew(value),
          (old) => onOld(old, value),
        )
      }
  }
  switch (aggregator.kind) {
    case 'first':
      each(
        (value) => value,
        (old) => old,
      )
      break
    case 'sum':
      each(
        (value) => value,
        (old, value) => (old as number) + (value as number),
      )
      break
    case 'reduce': {
      const merge = functionOf(aggregator.merge)
      each(
        (value) => value,
        (old, value) => merge(old, value),
      )
      break
    }
    case 'aggregate': {
      const merge = functionOf(aggregator.mergeValue)
      each(
        (value) => merge(decodeValue(aggregator.zero), value),
        (old, value) => merge(old, value),
      )
      break
    }
    case 'combine': {
      const create = functionOf(aggregator.create)
      const merge = functionOf(aggregator.mergeValue)
      each(
        (value) => create(value),
        (old, value) => merge(old, value),
      )
      break
    }
    case 'sketch':
      each(
        (value) => added(emptySketch(aggregator.precision), value),
        (old, value) => added(old as Uint8Array, value),
      )
      break
    case 'group':
      each(
        (value) => [value],
        (old, value) => ((old as unknown[]).push(value), old),
      )
      return groups(map)
    default:
      assertNever(aggregator, 'aggregator')
  }
  return map.entries()
}

/** Merges raw rows to `[k, result]`, where no shuffle is needed. */
export function aggregateValues(
  rows: Iterable<Iterable<unknown>>,
  aggregator: Aggregator,
  functionOf: FunctionOf,
): Iterable<Pair> {
  const combined = combineValues(rows, aggregator, functionOf)
  return aggregator.kind === 'sketch' ? estimates(combined) : combined
}

/** Merges rows that the map side has combined; groups come as raw rows, since combining them saves nothing. */
export function mergeCombined(
  rows: Iterable<Iterable<unknown>>,
  aggregator: Aggregator,
  functionOf: FunctionOf,
): Iterable<Pair> {
  switch (aggregator.kind) {
    case 'aggregate':
    case 'combine':
      return mergePairs(rows, functionOf(aggregator.mergeCombiners))
    case 'sketch':
      return estimates(mergePairs(rows, (left, right) => mergeSketches(left as Uint8Array, right as Uint8Array)))
    default:
      return combineValues(rows, aggregator, functionOf)
  }
}

function mergePairs(
  rows: Iterable<Iterable<unknown>>,
  merge: (left: unknown, right: unknown) => unknown,
): Iterable<Pair> {
  const map = new KeyMap<unknown>()
  for (const batch of rows)
    for (const row of batch) {
      const [key, combiner] = row as Pair
      map.update(
        key,
        () => combiner,
        (old) => merge(old, combiner),
      )
    }
  return map.entries()
}

function added(sketch: Uint8Array, value: unknown): Uint8Array {
  assertKey(value, 'countApproxDistinctByKey()')
  addToSketch(sketch, value)
  return sketch
}

function* estimates(pairs: Iterable<Pair>): Generator<Pair> {
  for (const [key, sketch] of pairs) yield [key, estimateDistinct(sketch as Uint8Array)]
}

function* groups(map: KeyMap<unknown>): Generator<Pair> {
  for (const [key, values] of map.entries()) yield [key, new Group(values as unknown[])]
}
