/** What the task of a whole partition would have given, from what its sub-tasks gave. */

import { InternalError } from '../base/errors.ts'
import { decodeValue, encodeValue } from '../codec/value.ts'
import type { StageOutput } from '../protocol/stage-plan.ts'

export function joinedPieces(output: StageOutput, pieces: readonly Uint8Array[]): Uint8Array {
  switch (output.kind) {
    case 'collect':
    case 'lookup': {
      const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
      let at = 0
      for (const piece of pieces) {
        all.set(piece, at)
        at += piece.length
      }
      return all
    }
    case 'count':
      return encodeValue(pieces.reduce((sum, piece) => sum + (decodeValue(piece) as number), 0))
    case 'foreach':
      return pieces[0]!
    default:
      throw new InternalError(`the results of ${output.kind} are not made in pieces`)
  }
}
