/** Errors on the wire: name, message, stack, code and the chain of causes survive. */

import * as errors from '../base/errors.ts'
import { describeThrown, errorText, isError } from '../base/describe-thrown.ts'
import { GridifyError, type ErrorFamily } from '../base/errors.ts'

export interface WireFailure {
  readonly name: string
  readonly message: string
  readonly stack: string
  readonly code?: string
  readonly family?: ErrorFamily
  readonly cause?: WireFailure
}

export function toWire(error: unknown, depth = 0): WireFailure {
  if (!isError(error)) return { name: 'Error', message: describeThrown(error), stack: '' }
  const cause = depth < 8 ? causeOf(error) : undefined
  return {
    name: errorText(error, 'name'),
    message: errorText(error, 'message'),
    stack: errorText(error, 'stack'),
    ...(error instanceof GridifyError ? { code: error.code, family: error.family } : {}),
    ...(cause === undefined ? {} : { cause: toWire(cause, depth + 1) }),
  }
}

function causeOf(error: Error): unknown {
  try {
    return error.cause
  } catch {
    return undefined
  }
}

export function fromWire(failure: WireFailure): Error {
  const cause = failure.cause ? fromWire(failure.cause) : undefined
  const options = cause ? { cause } : undefined
  const error = failure.family && failure.code ? ours(failure, options) : new Error(failure.message, options)
  error.name = failure.name
  error.stack = failure.stack
  return error
}

/** An instance of the class that was thrown, so that `instanceof` holds on the driver. */
function ours(failure: WireFailure, options: ErrorOptions | undefined): Error {
  const known = Object.entries(errors).find(([name]) => name === failure.name && name !== 'GridifyError')?.[1]
  if (known) return new (known as new (message: string, options?: ErrorOptions) => Error)(failure.message, options)
  return new GridifyError(failure.family!, failure.code!, failure.message, options)
}
