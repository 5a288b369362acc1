/**
 * The bytes of a closure: its large values one after the other, each written by itself, then all else, and the length of
 * that in four bytes. What comes before the rest is cut into chunks that are named by their hash, so that whoever has a
 * chunk, from whichever closure, need not be sent it again.
 */

import { createHash } from 'node:crypto'
import { cutChunks } from './cut-chunks.ts'
import { excerptFrom, type Excerpt } from './excerpt.ts'
import { moveNode } from './move-node.ts'
import { childNodes } from './node-children.ts'
import type { ClosureChunk, ClosureCode } from './closure.ts'
import { nodeIndex, pack, unpack, type Shape, type Slot, type WireClosure, type WireNode } from './wire.ts'

/** Below this a closure is sent whole; a value of this size is written by itself. */
export const largeBytes = 64 * 1024

const version = 3

/** Runs of ascending node ids, as start and length by turns; ids of the nodes outside; length of its bytes. */
type Section = readonly [runs: readonly number[], outside: readonly number[], bytes: number]

export function packClosure(closure: WireClosure): ClosureCode {
  if (!looksLarge(closure)) {
    const bytes = joined([withLength(packRest(closure, closure.nodes, []))])
    if (bytes.length <= largeBytes) return { hash: hashOf(bytes), bytes, chunks: [] }
  }
  const found = largeValues(closure)
  const taken = new Set(found.flatMap(({ excerpt }) => excerpt.ids))
  const nodes = taken.size === 0 ? closure.nodes : closure.nodes.filter((_, id) => !taken.has(id))
  const sections = found.map(({ excerpt: { ids, outside }, bytes }): Section => [runsOf(ids), outside, bytes.length])
  const without = (list: readonly number[]) => list.filter((id) => !taken.has(id))
  const { frozen, sealed, closed } = closure
  const others = { ...closure, frozen: without(frozen), sealed: without(sealed), closed: without(closed) }
  const rest = withLength(packRest(others, nodes, sections))
  const parts = found.map(({ bytes }) => bytes)
  const chunks = parts.flatMap(chunksOf)
  // What is left may be large too: many values of middle size, or the source itself.
  if (rest.length > largeBytes) chunks.push(...chunksOf(rest).slice(0, -1))
  const bytes = joined([...parts, rest])
  const hash = createHash('sha256')
  for (const chunk of chunks) hash.update(chunk.hash)
  hash.update(bytes.subarray(chunkedBytes(chunks)))
  return { hash: shortened(hash.digest('hex')), bytes, chunks }
}

export function unpackClosure(bytes: Uint8Array): WireClosure {
  const end = bytes.length - 4
  const start = end - new DataView(bytes.buffer, bytes.byteOffset + end).getUint32(0)
  // The types hold because only packClosure makes these bytes, and the connection that brings them is authenticated.
  const [found, root, nodes, shapes, frozen, sealed, closed, listed, sections] = unpack(bytes.subarray(start, end)) as [
    number,
    Slot,
    WireNode[],
    Shape[],
    number[],
    number[],
    number[],
    [number, string, string | null][],
    Section[],
  ]
  if (found !== version) throw new TypeError(`closure has wire version ${found}, this executor reads ${version}`)
  const classes = listed.map(([node, key, unreadable]) => ({ node, key, unreadable }))
  const closure = { root, nodes, shapes, frozen, sealed, closed, classes }
  return sections.length === 0 ? closure : withSections(closure, sections, bytes)
}

/** The parts of `bytes` that chunks make up; what follows them is sent with the closure itself. */
export function chunkedBytes(chunks: readonly ClosureChunk[]): number {
  return chunks.reduce((sum, { bytes }) => sum + bytes, 0)
}

export function hashOf(bytes: Uint8Array): string {
  return shortened(createHash('sha256').update(bytes).digest('hex'))
}

function shortened(hex: string): string {
  return hex.slice(0, 32)
}

/** Asked before anything is packed, so that large values are not packed twice. */
function looksLarge({ nodes }: WireClosure): boolean {
  if (nodes.length > largeBytes / 8) return true
  return nodes.some((node) => {
    switch (node[0]) {
      case 'text':
        return true
      case 'numbers':
        return node[1].length > largeBytes
      case 'bytes':
        return node[2].length > largeBytes
      case 'array':
      case 'map':
      case 'set':
        return node[1].length > largeBytes
      default:
        return false
    }
  })
}

/** Values that functions captured, with what they hold, where that is large; what two of them share is the first one's. */
function largeValues(closure: WireClosure): { excerpt: Excerpt; bytes: Uint8Array }[] {
  const { nodes } = closure
  const taken = new Set<number>()
  const small = new Set<number>()
  const found: { excerpt: Excerpt; bytes: Uint8Array }[] = []
  const holds = (id: number) => isData(nodes[id]!) && !taken.has(id)
  for (const node of nodes) {
    if (isData(node)) continue
    for (const root of childNodes(node, closure.shapes)) {
      if (!holds(root) || small.has(root)) continue
      const excerpt = excerptFrom(closure, root, holds)
      const { ids, shapes, frozen, sealed, closed } = excerpt
      const bytes = pack([excerpt.nodes, shapes, frozen, sealed, closed])
      const isLarge = bytes.length >= largeBytes
      for (const id of ids) (isLarge ? taken : small).add(id)
      if (isLarge) found.push({ excerpt, bytes })
    }
  }
  return found
}

function isData([kind]: WireNode): boolean {
  switch (kind) {
    case 'function':
    case 'bound':
    case 'withEnv':
    case 'prototype':
    case 'intrinsic':
    case 'import':
    case 'reference':
    case 'symbol':
    case 'stub':
      return false
    default:
      return true
  }
}

function packRest(
  { root, shapes, frozen, sealed, closed, classes }: WireClosure,
  nodes: readonly WireNode[],
  sections: readonly Section[],
): Uint8Array {
  const listed = classes.map(({ node, key, unreadable }) => [node, key, unreadable])
  return pack([version, root, nodes, shapes, frozen, sealed, closed, listed, sections])
}

/** Puts the nodes of the sections back where they were, and the others in the places between. */
function withSections(rest: WireClosure, sections: readonly Section[], bytes: Uint8Array): WireClosure {
  const nodes: WireNode[] = []
  const shapes = [...rest.shapes]
  const frozen = [...rest.frozen]
  const sealed = [...rest.sealed]
  const closed = [...rest.closed]
  const taken = new Set<number>()
  let from = 0
  for (const [runs, outside, length] of sections) {
    const ids = idsOf(runs)
    const [inside, keys, ...integrity] = unpack(bytes.subarray(from, (from += length))) as [
      WireNode[],
      Shape[],
      number[],
      number[],
      number[],
    ]
    let next = 1
    const slot = (old: Slot): Slot => {
      const name = nodeIndex(old)
      if (name === undefined) return old
      // In place: nobody else has what was just unpacked, and there may be millions.
      ;(old as [number])[0] = name >= 0 ? ids[name]! : name === -1 ? ids[next++]! : outside[-2 - name]!
      return old
    }
    const firstShape = shapes.length
    for (const shape of keys) shapes.push(shape.map(slot) as (string | Slot)[])
    for (const [place, node] of inside.entries())
      nodes[ids[place]!] = moveNode(node, { slot, shape: (id) => id + firstShape })
    for (const [i, list] of [frozen, sealed, closed].entries())
      for (const place of integrity[i]!) list.push(ids[place]!)
    for (const id of ids) taken.add(id)
  }
  let id = 0
  for (const node of rest.nodes) {
    while (taken.has(id)) id++
    nodes[id++] = node
  }
  return { ...rest, nodes, shapes, frozen, sealed, closed }
}

function runsOf(ids: readonly number[]): number[] {
  const runs: number[] = []
  for (const [i, id] of ids.entries()) {
    if (i > 0 && id === ids[i - 1]! + 1) runs[runs.length - 1]!++
    else runs.push(id, 1)
  }
  return runs
}

function idsOf(runs: readonly number[]): number[] {
  const ids: number[] = []
  for (let i = 0; i < runs.length; i += 2) for (let k = 0; k < runs[i + 1]!; k++) ids.push(runs[i]! + k)
  return ids
}

function chunksOf(part: Uint8Array): ClosureChunk[] {
  let start = 0
  return cutChunks(part).map((end) => {
    const chunk = part.subarray(start, end)
    start = end
    return { hash: hashOf(chunk), bytes: chunk.length }
  })
}

function withLength(rest: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(rest.length + 4)
  bytes.set(rest)
  new DataView(bytes.buffer).setUint32(rest.length, rest.length)
  return bytes
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
