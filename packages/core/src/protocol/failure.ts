/** Errors on the wire: name, message, stack, code and the chain of causes survive. */

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
  if (!(error instanceof Error)) return { name: 'Error', message: `a value was thrown: ${String(error)}`, stack: '' }
  return {
    name: error.name,
    message: error.message,
    stack: error.stack ?? '',
    ...(error instanceof GridifyError ? { code: error.code, family: error.family } : {}),
    ...(error.cause !== undefined && depth < 8 ? { cause: toWire(error.cause, depth + 1) } : {}),
  }
}

export function fromWire(failure: WireFailure): Error {
  const cause = failure.cause ? fromWire(failure.cause) : undefined
  const options = cause ? { cause } : undefined
  const error =
    failure.family && failure.code
      ? new GridifyError(failure.family, failure.code, failure.message, options)
      : new Error(failure.message, options)
  error.name = failure.name
  error.stack = failure.stack
  return error
}
