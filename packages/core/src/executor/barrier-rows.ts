/** Calls the function of a barrier step and takes the rows that it gives, at once or by promises. */

import { iterable } from './row-checks.ts'

const batchRows = 2048

export interface BarrierPorts {
  /** The user's line. */
  readonly site: string
  /** Fires when the task is cancelled: what the function waits for is not waited for any more. */
  readonly signal: AbortSignal
  /** Before each stretch of the function's work. */
  readonly enter: () => void
  readonly take: (rows: unknown[]) => void
}

export async function barrierRows(call: () => unknown, { site, signal, enter, take }: BarrierPorts): Promise<void> {
  const cancelled = new Promise<never>((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
  )
  // Told to those who wait for it, if anybody does.
  cancelled.catch(() => {})
  signal.throwIfAborted()
  enter()
  const made = await Promise.race([call(), cancelled])
  let batch: unknown[] = []
  const add = (row: unknown) => {
    batch.push(row)
    if (batch.length < batchRows) return
    take(batch)
    batch = []
    signal.throwIfAborted()
    enter()
  }
  const rows = (made as Partial<AsyncIterable<unknown>> | null | undefined)?.[Symbol.asyncIterator]?.()
  if (rows) for (let next; !(next = await Promise.race([rows.next(), cancelled])).done;) add(next.value)
  else for (const row of iterable(made, site)) add(row)
  take(batch)
}
