/** What a task gives whose partition has no rows, for actions that can know it without one. */

import { SegmentBuilder } from '../codec/segment.ts'
import { encodeValue } from '../codec/value.ts'
import type { StageOutput } from '../protocol/stage-plan.ts'

/** Undefined where a function of the user's is called all the same, or a file is written. */
export function emptyResult(output: StageOutput): Uint8Array | undefined {
  switch (output.kind) {
    case 'collect':
    case 'take':
    case 'lookup':
    case 'pick':
      return new SegmentBuilder().join()
    case 'count':
      return encodeValue(0)
    case 'reduce':
    case 'top':
      return encodeValue([])
    case 'aggregate':
      return output.zero
    case 'foreach':
      return encodeValue(null)
    default:
      return undefined
  }
}
