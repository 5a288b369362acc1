/** Counts that are right within a standard error, from sketches of a few kilobytes. */

import { emptySketch, estimateDistinct, mergeSketches, sketchPrecision } from '../codec/distinct-sketch.ts'
import type { Aggregator } from '../lineage/node.ts'
import { runValues, type Action } from './actions.ts'

export function sketchAggregator(relativeError: number): Aggregator {
  return { kind: 'sketch', precision: sketchPrecision(relativeError) }
}

export async function countApproxDistinct(action: Action, relativeError: number): Promise<number> {
  const precision = sketchPrecision(relativeError)
  const sketches = await runValues<Uint8Array>(action, { kind: 'sketch', precision })
  return estimateDistinct(sketches.reduce(mergeSketches, emptySketch(precision)))
}
