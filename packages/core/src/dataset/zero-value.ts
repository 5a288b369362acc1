/** Zero values travel encoded, so that each key and partition begins with a copy of its own. */

import { describeCallSite, type CallSite } from '../base/call-site.ts'
import { UsageError } from '../base/errors.ts'
import { encodeValue } from '../codec/value.ts'

/** @throws UsageError at the user's line where the value is no data. */
export function encodeZero(zero: unknown, site: CallSite): Uint8Array {
  try {
    return encodeValue(zero)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    throw new UsageError(`${describeCallSite(site)} begins with a zero value that cannot be sent: ${error.message}`, {
      cause: error,
    })
  }
}
