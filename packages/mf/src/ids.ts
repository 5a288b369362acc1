/** Ids to dense ranks: canonical decimals by value, then the rest by code point, whatever the partitions. */

import { inspect } from 'node:util'
import { UsageError } from '@gridify/core'

/** How users and items are named: non-empty text or safe integers; 1 and '1' are two ids. Of a bigint, make text: `String(id)`. */
export type Id = string | number

export function checkId(id: unknown, what: string): asserts id is Id {
  if (typeof id === 'string' && id !== '') return
  if (typeof id === 'number' && Number.isSafeInteger(id)) return
  // As from the INT64 columns of Parquet files.
  const cure = typeof id === 'bigint' ? `, such as '${id}',` : ''
  throw new UsageError(
    `${what} ${typeof id === 'string' ? JSON.stringify(id) : inspect(id)} is no id: use non-empty text${cure} or a safe integer`,
  )
}

/**
 * Each id once, in the order in which models rank them: decimals by value, then other text by code point. 1 and '1' are
 * two ids, the number first.
 * @example
 * rankIds(['b', '10', 9, 'a', 'b']) // [9, '10', 'a', 'b']
 */
export function rankIds(ids: Iterable<Id>): Id[] {
  return [...new Set(ids)].sort(compareIds)
}

function compareIds(a: Id, b: Id): number {
  const left = decimal(a)
  const right = decimal(b)
  if (left !== undefined && right !== undefined) {
    if (left !== right) return left < right ? -1 : 1
    return typeof a === typeof b ? 0 : typeof a === 'number' ? -1 : 1
  }
  if (left !== undefined) return -1
  if (right !== undefined) return 1
  return compareCodePoints(String(a), String(b))
}

function decimal(id: Id): bigint | undefined {
  if (typeof id === 'number') return BigInt(id)
  return /^(0|[1-9]\d*)$/.test(id) ? BigInt(id) : undefined
}

function compareCodePoints(a: string, b: string): number {
  const left = [...a]
  const right = [...b]
  for (let i = 0; i < left.length && i < right.length; i++)
    if (left[i] !== right[i]) return left[i]!.codePointAt(0)! - right[i]!.codePointAt(0)!
  return left.length - right.length
}
