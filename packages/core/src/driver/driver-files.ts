/** Rows that the driver reads for a task, since its executors do not see the file; nothing is kept. */

import { describeCallSite } from '../base/call-site.ts'
import type { FileSplit } from '../base/file-split.ts'
import { SegmentBuilder } from '../codec/segment.ts'
import type { MalformedReport } from '../files/malformed-rows.ts'
import { malformedCounter, readRows } from '../files/read-rows.ts'
import type { FilesNode } from '../lineage/node.ts'

/** Encoded, one block list for all splits of a partition. */
export function readOnDriver(
  { format, site }: FilesNode,
  splits: readonly FileSplit[],
): { blocks: readonly Uint8Array[]; report: MalformedReport } {
  const rows = new SegmentBuilder()
  const where = describeCallSite(site)
  const malformed = malformedCounter(format, where)
  for (const batch of readRows(splits, format, where, malformed)) rows.pushAll(batch)
  return { blocks: [rows.join()], report: malformed.report }
}
