/** Puts the user's own lines into a stack that an executor sent: only the driver has the source maps. */

import { describePosition, originalPosition } from './source-location.ts'

const frame = /(\(|at )((?:file:\/\/|\/|[A-Za-z]:\\)[^()\n]*?):(\d+):(\d+)(?=\)|$)/gm

/** Maps each `url:line:column` of a remote stack to where it was written; frames without a map stay as they are. */
export function remapStack(stack: string): string {
  return stack.replace(frame, (text, before: string, url: string, line: string, column: string) => {
    const position = originalPosition(url, Number(line), Number(column))
    const isMapped = position.line !== Number(line) || position.column !== Number(column)
    return isMapped || url.startsWith('file://') ? before + describePosition(position) : text
  })
}
