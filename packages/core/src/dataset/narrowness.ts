/** Tells before a run whether an operation would move rows. */

import { describeCallSite } from '../base/call-site.ts'
import { UsageError } from '../base/errors.ts'
import { parentsOf, partitionerOf, type LineageNode } from '../lineage/node.ts'
import { describePartitioner } from '../lineage/partitioner.ts'

/** Nodes that pass rows on one by one: behind them stands the operation in question. */
const passing = new Set<LineageNode['kind']>([
  'map',
  'filter',
  'flatMap',
  'mapValues',
  'flatMapValues',
  'keyBy',
  'mapPartitions',
  'barrier',
  'keys',
  'values',
  'sample',
  'glom',
])

/** @throws UsageError where the operation behind `node` has a shuffle of its own. */
export function checkNarrow(node: LineageNode): void {
  let end = node
  while (passing.has(end.kind)) {
    const parent = parentsOf(end)[0]!
    // An operation such as sortBy ends in a step of its own.
    if (parent.site !== end.site && parent.kind === 'shuffle') break
    end = parent
  }
  for (const shuffle of ownShuffles(end)) {
    if (shuffle.kind !== 'shuffle') continue
    const has = partitionerOf(shuffle.parent)
    throw new UsageError(
      `assertNarrow(): ${describeCallSite(shuffle.site)} shuffles the rows of ${describeCallSite(shuffle.parent.site)}: ` +
        `it needs them by ${describePartitioner(shuffle.partitioner)}, but they lie ${has ? `by ${describePartitioner(has)}` : 'by no partitioner'}; ` +
        'partitionBy() them once, cache() that, and keep to operations that keep keys, such as mapValues() and filter()',
    )
  }
}

/** The shuffles among the nodes that one call made. */
function* ownShuffles(node: LineageNode): Generator<LineageNode> {
  if (node.kind === 'shuffle') yield node
  else for (const parent of parentsOf(node)) if (parent.site === node.site) yield* ownShuffles(parent)
}
