import { UsageError } from './errors.ts'

/** For a function that `returned a promise`, or `is async` and would. */
export function promisedError(site: string, what: 'returned a promise' | 'is async'): UsageError {
  return new UsageError(
    `${site}: the function ${what}; functions of datasets are synchronous, apart from that of mapAsync(fn, { concurrency }), whose results the next step can work with`,
  )
}
