/** Lines that the driver reads for a task, since its executors do not see the file; nothing is kept. */

import type { TextSplit } from '../base/text-split.ts'
import { SegmentBuilder } from '../codec/segment.ts'
import { readLines } from '../storage/text-lines.ts'

/** Encoded, one block list for all splits of a partition. */
export function linesOf(splits: readonly TextSplit[]): readonly Uint8Array[] {
  const lines = new SegmentBuilder()
  for (const split of splits) for (const batch of readLines(split)) for (const line of batch) lines.push(line)
  return [lines.join()]
}
