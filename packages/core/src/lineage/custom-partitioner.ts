/** Partitioners with a function of the user's; apart from the others, since slots need those and capture nothing. */

import { callSite, type CallSite } from '../base/call-site.ts'
import { UsageError } from '../base/errors.ts'
import { captureClosure } from '../closure/capture.ts'
import { checkPartitions, customFunctions, type CustomPartitioner } from './partitioner.ts'

/**
 * Spreads keys by a function of your own, which travels to the executors like any other: it returns a whole number from
 * 0 to `partitions` - 1, always the same for equal keys. Two custom partitioners are one, so that a join of what
 * they placed moves nothing, where `identity` and `partitions` are equal.
 * @throws UsageError where `partitions` is no whole number >= 1; ClosureError where the function cannot travel.
 * @example
 * const byLength = customPartitioner(3, (word: string) => word.length % 3, 'by length')
 * const placed = context.parallelize([['aa', 1], ['b', 2], ['ccc', 3]]).partitionBy(byLength)
 * await placed.keys().glom().collect() // [['ccc'], ['b'], ['aa']]
 */
export function customPartitioner<K>(partitions: number, fn: (key: K) => number, identity: string): CustomPartitioner {
  const site: CallSite = callSite('customPartitioner')
  checkPartitions(partitions, 'customPartitioner()')
  if (typeof identity !== 'string' || identity === '')
    throw new UsageError(
      'customPartitioner() needs a text as its identity: partitioners of one identity are taken to place keys alike',
    )
  const partitioner = Object.freeze({
    kind: 'custom',
    partitions,
    identity,
    closure: captureClosure(fn, site),
  } as const)
  customFunctions.set(partitioner, fn)
  return partitioner
}
