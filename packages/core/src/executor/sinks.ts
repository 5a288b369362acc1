/** What a result task makes of its rows. */

import { assertNever } from '../base/errors.ts'
import { checkedComparison } from '../codec/checked-comparison.ts'
import { addToSketch, emptySketch } from '../codec/distinct-sketch.ts'
import { assertKey, KeyMap, sameKey } from '../codec/key.ts'
import { compareValues } from '../codec/order.ts'
import { SegmentBuilder } from '../codec/segment.ts'
import { topRows } from '../codec/top-rows.ts'
import { decodeValue, encodeValue } from '../codec/value.ts'
import { plainRow } from '../codec/group.ts'
import type { Sink } from '../protocol/stage-plan.ts'
import type { FunctionOf, Pair } from '../shuffle/merging.ts'
import type { TaskContext } from '../task/task-context.ts'
import { histogramOf, momentsOf } from './number-sinks.ts'
import type { Batches } from './operators.ts'
import { asPair, sync } from './row-checks.ts'
import { saveRows } from './save-rows.ts'

/** The sinks that take rows batch by batch; a generated loop feeds the others. */
export function drain(
  batches: Batches,
  sink: Exclude<Sink, { kind: 'count' | 'reduce' | 'aggregate' }>,
  site: string,
  functionOf: FunctionOf,
  task: TaskContext,
  nextPath: () => string,
): Uint8Array {
  switch (sink.kind) {
    case 'collect': {
      const out = new SegmentBuilder()
      for (const batch of batches) out.pushAll(batch)
      return out.join()
    }
    case 'take': {
      const out = new SegmentBuilder()
      let left = sink.count
      for (const batch of batches) {
        for (const row of batch.slice(0, left)) out.push(row)
        left -= batch.length
        if (left <= 0) break
      }
      return out.join()
    }
    case 'lookup': {
      const key = decodeValue(sink.key)
      const out = new SegmentBuilder()
      for (const batch of batches)
        for (const row of batch) if (sameKey(asPair(row, site)[0], key)) out.push((plainRow(row) as Pair)[1])
      return out.join()
    }
    case 'foreach': {
      const each = functionOf(sink.closure)
      for (const batch of batches) for (const row of batch) sync(each(row, task), site)
      return encodeValue(null)
    }
    case 'foreachPartition': {
      sync(functionOf(sink.closure)(rowsOf(batches), task), site)
      return encodeValue(null)
    }
    case 'top':
      return encodeValue(topRows(batches, sink.count, comparison(sink, site, functionOf)).map(plainRow))
    case 'moments':
      return encodeValue(momentsOf(batches, sink.what))
    case 'histogram':
      return encodeValue(histogramOf(batches, sink.bounds))
    case 'sketch': {
      const sketch = emptySketch(sink.precision)
      for (const batch of batches)
        for (const row of batch) {
          const key = plainRow(row)
          assertKey(key, 'countApproxDistinct()')
          addToSketch(sketch, key)
        }
      return encodeValue(sketch)
    }
    case 'pick': {
      const places = sink.places[task.partition] ?? []
      const out = new SegmentBuilder()
      let at = 0
      let next = 0
      for (const batch of batches) {
        for (; next < places.length && places[next]! < at + batch.length; next++) out.push(batch[places[next]! - at])
        at += batch.length
        if (next === places.length) break
      }
      return out.join()
    }
    case 'sampleKeys':
      return encodeValue(sampleKeys(batches, sink.count))
    case 'countKeys':
      return encodeValue(countKeys(batches, site))
    case 'save':
      return encodeValue(saveRows(batches, sink, task, nextPath))
    default:
      assertNever(sink, 'sink')
  }
}

/** What a sort function of the user's says, or the order of values. */
function comparison(
  { order, closure }: Extract<Sink, { kind: 'top' }>,
  site: string,
  functionOf: FunctionOf,
): (a: unknown, b: unknown) => number {
  const compare = closure ? checkedComparison(functionOf(closure), site) : compareValues
  return order === 'smallest' ? compare : (a, b) => compare(b, a)
}

function* rowsOf(batches: Batches): Generator<unknown> {
  for (const batch of batches) yield* batch
}

/** Every n-th key, with n doubled whenever the sample is twice too large: no randomness, one pass, bounded. */
function countKeys(batches: Batches, site: string): [unknown, number][] {
  const counts = new KeyMap<number>()
  for (const batch of batches)
    for (const row of batch) {
      const [key] = asPair(row, site)
      assertKey(key, site)
      counts.update(
        plainRow(key),
        () => 1,
        (count) => count + 1,
      )
    }
  return [...counts.entries()] as [unknown, number][]
}

function sampleKeys(batches: Batches, count: number): { keys: unknown[]; rows: number } {
  let keys: unknown[] = []
  let every = 1
  let rows = 0
  for (const batch of batches)
    for (const row of batch) {
      if (rows++ % every !== 0) continue
      keys.push((row as Pair)[0])
      if (keys.length < 2 * count) continue
      keys = keys.filter((_, i) => i % 2 === 0)
      every *= 2
    }
  return { keys, rows }
}
