/** The map side: rows to reducers, combined first where that makes fewer, as one immutable segment with an index. */

import { checksum } from '../codec/checksum.ts'
import { assertKey } from '../codec/key.ts'
import { SegmentBuilder } from '../codec/segment.ts'
import { partitionOf } from '../lineage/partitioner.ts'
import type { SegmentIndex } from '../protocol/messages.ts'
import type { StageOutput } from '../protocol/stage-plan.ts'
import { combineValues, type FunctionOf, type Pair } from './merge.ts'

export interface MapSegment {
  readonly parts: readonly Uint8Array[]
  readonly bytes: number
  readonly index: SegmentIndex
}

export function writeMapOutput(
  batches: Iterable<unknown[]>,
  output: Extract<StageOutput, { kind: 'shuffle' }>,
  functionOf: FunctionOf,
  describe: (row: unknown) => never,
  site: string,
): MapSegment {
  const reducers = Array.from({ length: output.partitioner.partitions }, () => new SegmentBuilder())
  const bucketOf = partitionOf(output.partitioner, functionOf)
  const { aggregator } = output
  const combine = aggregator && aggregator.kind !== 'group'
  const rows: Iterable<Iterable<unknown>> = combine
    ? [combineValues(checked(batches, describe, site), aggregator, functionOf)]
    : checked(batches, describe, site)
  for (const batch of rows) for (const row of batch) reducers[bucketOf((row as Pair)[0])]!.push(row)
  const parts: Uint8Array[] = []
  const offsets: number[] = []
  const bytes: number[] = []
  const checksums: number[] = []
  let at = 0
  for (const reducer of reducers) {
    const joined = reducer.join()
    offsets.push(at)
    bytes.push(joined.length)
    checksums.push(checksum(joined))
    if (joined.length > 0) parts.push(joined)
    at += joined.length
  }
  return { parts, bytes: at, index: { offsets, bytes, checksums } }
}

function* checked(batches: Iterable<unknown[]>, describe: (row: unknown) => never, site: string): Generator<unknown[]> {
  for (const batch of batches) {
    for (const row of batch) {
      if (!Array.isArray(row) || row.length !== 2) describe(row)
      const key = (row as unknown[])[0]
      if (typeof key === 'object' || typeof key === 'function' || typeof key === 'symbol') assertKey(key, site)
    }
    yield batch
  }
}
