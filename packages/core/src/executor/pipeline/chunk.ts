/** A stretch of rows on its way into a pipeline, in the form in which it lies: rows, columns of pairs, or a range. */

import { decodeColumns } from '../../codec/block.ts'
import { segmentBlocks } from '../../codec/segment.ts'

export type Chunk = RowChunk | PairChunk | RangeChunk

export interface RowChunk {
  readonly kind: 'rows'
  readonly length: number
  readonly rows: ArrayLike<unknown>
}
/** Columns are valid until the next chunk is asked for. */
export interface PairChunk {
  readonly kind: 'pairs'
  readonly length: number
  readonly keys: ArrayLike<unknown>
  readonly values: ArrayLike<unknown>
}
export interface RangeChunk {
  readonly kind: 'range'
  readonly length: number
  /** Row i is `start + (first + i) * step`. */
  readonly start: number
  readonly step: number
  readonly first: number
}

export function rowChunk(rows: ArrayLike<unknown>): RowChunk {
  return { kind: 'rows', length: rows.length, rows }
}

/** Rows between two looks at whether the task was cancelled: few enough that objects and texts stay in the processor's cache. */
export function stretchOf(chunk: Chunk): number {
  return chunk.kind === 'rows' && ['object', 'string'].includes(typeof chunk.rows[0]) ? 512 : 4096
}

/** The rows of a chunk, a stretch at a time. */
export function* batchesOfChunk(chunk: Chunk, check: () => void): Generator<unknown[]> {
  const stretch = stretchOf(chunk)
  for (let from = 0; from < chunk.length; from += stretch) {
    check()
    yield rowsOfChunk(chunk, from, Math.min(chunk.length, from + stretch))
  }
}

/** The rows [from, to) of a chunk as an array of their own. */
export function rowsOfChunk(chunk: Chunk, from: number, to: number): unknown[] {
  switch (chunk.kind) {
    case 'rows': {
      const { rows } = chunk
      if (Array.isArray(rows)) return from === 0 && to === rows.length ? rows : rows.slice(from, to)
      return Array.from(rows as ArrayLike<number>).slice(from, to)
    }
    case 'pairs': {
      const { keys, values } = chunk
      const pairs: unknown[] = []
      for (let i = from; i < to; i++) pairs.push([keys[i], values[i]])
      return pairs
    }
    case 'range': {
      const { start, step, first } = chunk
      const rows: number[] = []
      for (let i = from; i < to; i++) rows.push(start + (first + i) * step)
      return rows
    }
  }
}

/**
 * What V8 sees when a loop reads the chunk: a loop that meets several kinds of array at one place is several times
 * slower than one for each, so loops are compiled by this name.
 */
export function shapeOf(chunk: Chunk): string {
  switch (chunk.kind) {
    case 'rows':
      return `rows ${arrayKind(chunk.rows)}`
    case 'pairs':
      return `pairs ${arrayKind(chunk.keys)} ${arrayKind(chunk.values)}`
    case 'range':
      return 'range'
  }
}

function arrayKind(values: ArrayLike<unknown>): string {
  return values instanceof Int32Array ? 'int32' : values instanceof Float64Array ? 'float64' : 'list'
}

/** The blocks of a segment; columns are views of it. */
export function* segmentChunks(segment: Uint8Array): Generator<Chunk> {
  for (const block of segmentBlocks(segment)) {
    const decoded = decodeColumns(block)
    if ('rows' in decoded) yield rowChunk(decoded.rows)
    else yield { kind: 'pairs', length: decoded.keys.length, keys: decoded.keys, values: decoded.values }
  }
}
