/** Where the user wrote a line of a running script: through the source maps that Node keeps or the script carries. */

import { findSourceMap, SourceMap } from 'node:module'
import { bundledSourceMap } from './module-rules.ts'
import { scriptSource } from './scripts.ts'

export interface SourcePosition {
  /** A path, or a URL that is not a file's. */
  readonly file: string
  /** Line and column from 1, as stacks print them. */
  readonly line: number
  readonly column: number
}

const inlineMap = /^\/\/# sourceMappingURL=data:application\/json;(?:charset=utf-8;)?base64,([A-Za-z0-9+/=]+)\s*$/m
const maps = new Map<string, SourceMap | undefined>()

/** The written position of a position in a script; the same one where there is no map. */
export function originalPosition(url: string, line: number, column: number): SourcePosition {
  const origin = sourceMapOf(url)?.findEntry(line - 1, column - 1)
  if (origin && 'originalSource' in origin && typeof origin.originalSource === 'string') {
    // a map that names no file of its own speaks of the script's
    const file = /[/\\]/.test(origin.originalSource) ? origin.originalSource : url
    return { file: plainPath(file), line: origin.originalLine + 1, column: origin.originalColumn + 1 }
  }
  return { file: plainPath(url), line, column }
}

export function describePosition({ file, line, column }: SourcePosition): string {
  return `${file}:${line}:${column}`
}

/** Node keeps the maps of files that it loads; vitest evaluates its modules itself, with the map as a comment. */
function sourceMapOf(url: string): SourceMap | undefined {
  const kept = findSourceMap(url)
  if (kept) return kept
  const bundled = bundledSourceMap(url)
  if (bundled !== undefined) {
    if (!maps.has(url)) maps.set(url, parseMap(bundled))
    return maps.get(url)
  }
  const source = scriptSource(url)
  if (source === undefined) return undefined
  const key = `${url}\n${source.length}`
  if (!maps.has(key)) maps.set(key, readInlineMap(source))
  return maps.get(key)
}

function readInlineMap(source: string): SourceMap | undefined {
  const encoded = inlineMap.exec(source)?.[1]
  return encoded === undefined ? undefined : parseMap(Buffer.from(encoded, 'base64').toString())
}

function parseMap(json: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(json) as ConstructorParameters<typeof SourceMap>[0])
  } catch {
    return undefined
  }
}

function plainPath(url: string): string {
  return url.replace(/^file:\/\//, '')
}
