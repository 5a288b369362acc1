/** Views of one buffer see one buffer again on the executor: their nodes name a node of the buffer instead of copying their bytes. */

import { types } from 'node:util'
import { findSharedRanges, mayShare } from '../codec/shared-ranges.ts'
import type { Slot, WireNode } from './wire.ts'

/** `addBuffer` makes a node for a buffer that nothing but its views names; views get their place in the part that travels. */
export function shareBuffers(
  values: readonly unknown[],
  nodes: WireNode[],
  addBuffer: (node: WireNode, firstView: number) => Slot,
): void {
  const ids = [...nodes.keys()].filter((id) => nodes[id]![0] === 'bytes')
  if (ids.length < 2) return
  const ranges = findSharedRanges(ids.map((id) => values[id]))
  if (ranges.size === 0) return
  const slots = new Map<object, Slot>()
  for (const id of ids) if (types.isArrayBuffer(values[id])) slots.set(values[id], [id])
  for (const id of ids) {
    const view = values[id]
    const node = nodes[id]!
    if (node[0] !== 'bytes' || !ArrayBuffer.isView(view) || !mayShare(view)) continue
    const range = ranges.get(view.buffer)
    if (!range) continue
    let slot = slots.get(view.buffer)
    if (slot === undefined) {
      const bytes = new Uint8Array(view.buffer as ArrayBuffer, range.from, range.to - range.from)
      slot = addBuffer(['bytes', 'ArrayBuffer', bytes, null], id)
      slots.set(view.buffer, slot)
    }
    nodes[id] = ['view', node[1], slot, view.byteOffset - range.from, view.byteLength, node[3]]
  }
}
