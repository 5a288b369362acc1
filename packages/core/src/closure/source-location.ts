/** Where the user wrote a line of a running script: through the source maps that tsx, vitest and Node keep. */

import { findSourceMap } from 'node:module'

export interface SourcePosition {
  /** A path, or a URL that is not a file's. */
  readonly file: string
  /** Line and column from 1, as stacks print them. */
  readonly line: number
  readonly column: number
}

/** The written position of a position in a script; the same one where there is no map. */
export function originalPosition(url: string, line: number, column: number): SourcePosition {
  const origin = findSourceMap(url)?.findEntry(line - 1, column - 1)
  if (
    origin &&
    'originalSource' in origin &&
    typeof origin.originalSource === 'string' &&
    origin.originalSource !== ''
  ) {
    return {
      file: plainPath(origin.originalSource),
      line: origin.originalLine + 1,
      column: origin.originalColumn + 1,
    }
  }
  return { file: plainPath(url), line, column }
}

export function describePosition({ file, line, column }: SourcePosition): string {
  return `${file}:${line}:${column}`
}

function plainPath(url: string): string {
  return url.replace(/^file:\/\//, '')
}
