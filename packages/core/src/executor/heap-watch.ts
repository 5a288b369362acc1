/**
 * Looks at a slot's heap between stretches of rows: under its limit V8 ends the thread where many small objects fill it,
 * and the whole process where one array or Map does, so a task that comes near is ended before.
 */

import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { OutOfMemoryError } from '../base/errors.ts'

const share = 0.85

/** Throws an OutOfMemoryError where what is left after a collection takes more than its share of the limit. */
export function heapWatch(heapBytes: number, slot: string): () => void {
  const most = Math.floor(heapBytes * share)
  return () => {
    if (getHeapStatistics().used_heap_size < most) return
    // Much of it may be garbage that V8 was in no hurry to collect.
    collect()
    const used = getHeapStatistics().used_heap_size
    if (used < most) return
    throw new OutOfMemoryError(
      `${slot} ran out of its JavaScript heap (${used} of ${heapBytes} bytes hold what is in use): ` +
        'use more and smaller partitions, or give it more (memoryBytes or heapBytes, --memory or --heap of the executor)',
    )
  }
}

let gc: (() => void) | undefined

function collect(): void {
  if (!gc) {
    setFlagsFromString('--expose-gc')
    gc = runInNewContext('gc') as () => void
  }
  gc()
}
