/**
 * How large one value may be where rows are encoded. A slot refuses what would take all of its memory: V8 ends the whole
 * process, not the task, where one text or array does not fit in a heap.
 */

import { OutOfMemoryError } from '../base/errors.ts'
import { estimateBytes } from './estimate.ts'
import { leastBytes } from './least-bytes.ts'

export interface ValueLimits {
  /** What one value may take when it is encoded, roughly. */
  readonly bytes: number
  /** UTF-16 units; a text that was put together takes its room in the heap once more when it is read. */
  readonly textLength: number
}

let limits: ValueLimits = { bytes: Infinity, textLength: Infinity }

/** For all that this thread encodes from now on. */
export function limitValues(next: ValueLimits): void {
  limits = next
}

/** `estimate` is quick to have, and far too much for sparse arrays and lists of which few parts are large. */
export function checkValue(value: unknown, estimate: number): void {
  if (estimate <= limits.bytes || leastBytes(value, limits.bytes) <= limits.bytes) return
  throw tooLarge(`a value of about ${estimate} bytes`, `${limits.bytes} bytes`)
}

/** `bytes` is what all of them take: there is one to look for where that is too much for one. */
export function checkRows(rows: readonly unknown[], bytes: number): void {
  if (bytes > limits.bytes) for (const row of rows) checkValue(row, estimateBytes(row))
}

export function checkText(length: number): void {
  if (length > limits.textLength || length > limits.bytes)
    throw tooLarge(`a text of ${length} characters`, `${Math.min(limits.bytes, limits.textLength)} characters`)
}

function tooLarge(what: string, most: string): OutOfMemoryError {
  return new OutOfMemoryError(
    `${what} is more than one slot can hold (${most}): make smaller rows of it, or give executors more memory ` +
      '(memoryBytes, --memory of the executor), or fewer cores each',
  )
}
