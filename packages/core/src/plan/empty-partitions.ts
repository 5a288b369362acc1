/** Which partitions of a stage hold no row for certain: what they read lies outside of the keys that filterByRange keeps. */

import { parentsOfStep, rowWiseKinds, type PlanNode } from '../protocol/stage-plan.ts'

/** Steps that make no row of no rows, and call no function of the user's for it. */
const passing = new Set<PlanNode['kind']>([...rowWiseKinds, 'generate', 'sample', 'number', 'mapAsync', 'aggregate'])

type Empties = readonly boolean[] | undefined

/** Ascending; undefined where there are none. What is to be kept, or is made by tasks that run together, is made all the same. */
export function emptyPartitions(nodes: readonly PlanNode[]): number[] | undefined {
  if (!nodes.some(({ kind }) => kind === 'filterByRange') || nodes.some(({ kind }) => kind === 'barrier'))
    return undefined
  const found: Empties[] = []
  for (const node of nodes) found.push(node.persist ? undefined : emptiesOf(node, found))
  const last = found.at(-1)?.flatMap((isEmpty, partition) => (isEmpty ? [partition] : []))
  return last && last.length > 0 ? last : undefined
}

function emptiesOf(node: PlanNode, found: readonly Empties[]): Empties {
  const parents = parentsOfStep(node).map((parent) => found[parent])
  const { partitions } = node
  const where = (isEmpty: (partition: number) => boolean) =>
    Array.from({ length: partitions }, (_, partition) => isEmpty(partition))
  switch (node.kind) {
    case 'filterByRange': {
      const before = parents[0]
      return where((partition) => partition < node.from || partition >= node.to || before?.[partition] === true)
    }
    case 'union': {
      if (parents.every((parent) => parent === undefined)) return undefined
      if (node.aligned) return where((partition) => parents.every((parent) => parent?.[partition]))
      const starts = [...node.starts, partitions]
      return parents.flatMap((parent, i) => parent ?? Array.from({ length: starts[i + 1]! - starts[i]! }, () => false))
    }
    case 'coalesce': {
      const before = parents[0]
      if (!before) return undefined
      return where((partition) => {
        for (let at = node.starts[partition]!; at < node.starts[partition + 1]!; at++) if (!before[at]) return false
        return true
      })
    }
    case 'zip':
    case 'cogroup':
      return parents.every((parent) => parent !== undefined)
        ? where((partition) => parents.every((parent) => parent[partition]))
        : undefined
    default:
      return passing.has(node.kind) ? parents[0] : undefined
  }
}
