/** Errors about a value, from what knows the value but not who works with it: an operation that meets one adds its name. */

import { UsageError } from './errors.ts'

/** Told apart here, since to users these are UsageErrors like any other. */
const unnamed = new WeakSet<object>()

export function valueError(message: string): UsageError {
  const error = new UsageError(message)
  unnamed.add(error)
  return error
}

/** Names the operation in such an error; any other is what it was. */
export function namedAt(site: string, error: unknown): unknown {
  if (typeof error !== 'object' || error === null || !unnamed.has(error)) return error
  return new UsageError(`${site}: ${(error as UsageError).message}`)
}
