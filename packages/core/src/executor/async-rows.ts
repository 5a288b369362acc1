/** Calls an asynchronous function for many rows: a bounded number at a time, results in the order of the rows. */

/**
 * @param call starts the work for a row.
 * @param take gets each result in order.
 * @param whileWaiting is asked now and then; what it throws ends everything.
 */
export async function mapInOrder(
  batches: Iterable<unknown[]>,
  concurrency: number,
  call: (row: unknown) => unknown,
  take: (result: unknown) => void,
  whileWaiting: () => void,
): Promise<void> {
  const started: Promise<unknown>[] = []
  let stop: (error: unknown) => void = () => {}
  const timer = setInterval(() => {
    try {
      whileWaiting()
    } catch (error) {
      stop(error)
    }
  }, 50)
  const takeFirst = async () => {
    const first = started.shift()!
    take(
      await new Promise((resolve, reject) => {
        stop = reject
        first.then(resolve, reject)
      }),
    )
  }
  try {
    for (const batch of batches)
      for (const row of batch) {
        if (started.length >= concurrency) await takeFirst()
        const result = Promise.resolve(call(row))
        // Seen when its turn comes; before that it must not count as unhandled.
        result.catch(() => {})
        started.push(result)
      }
    while (started.length > 0) await takeFirst()
  } finally {
    clearInterval(timer)
  }
}
