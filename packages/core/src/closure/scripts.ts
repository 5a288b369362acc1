/** The scripts of this process as V8 sees them (after tsx, vite, ...), by script id. */

import { codeFolder } from '../base/package-files.ts'
import { inspectorSession, post } from './inspector-session.ts'

export interface Script {
  readonly id: string
  readonly url: string
  readonly isModule: boolean
  /** Read on first use; undefined for scripts of Node itself. */
  source: string | undefined
}

interface ScriptParsed {
  readonly params: { scriptId: string; url: string; isModule?: boolean; length?: number }
}

const scripts = new Map<string, Script>()
const eagerLength = 1 << 20

/**
 * The script of a function. Enabling the debugger costs about 0.1 ms for each script of the process, so one such
 * instant also reads the other scripts of the project: a closure's helpers usually live there.
 */
export function scriptOf(id: string): Script | undefined {
  const known = scripts.get(id)
  if (known && (known.source !== undefined || isNodeScript(known.url))) return known
  readScripts(id)
  return scripts.get(id)
}

/** Reads the sources of the project's scripts, and of the one that is `wanted`. */
export function readScripts(wanted?: string): void {
  const session = inspectorSession()
  const unread: Script[] = []
  const remember = (event: ScriptParsed): void => {
    const { scriptId, url, isModule = false, length = 0 } = event.params
    if (scripts.get(scriptId)?.source !== undefined) return
    const script: Script = { id: scriptId, url, isModule, source: undefined }
    scripts.set(scriptId, script)
    const eager = !isNodeScript(url) && !isPackageScript(url) && length < eagerLength
    if (scriptId === wanted || eager) unread.push(script)
  }
  session.on('Debugger.scriptParsed', remember)
  try {
    post('Debugger.enable')
    for (const script of unread) {
      script.source = post<{ scriptSource: string }>('Debugger.getScriptSource', {
        scriptId: script.id,
      }).scriptSource
    }
  } finally {
    session.off('Debugger.scriptParsed', remember)
    post('Debugger.disable')
  }
}

/** The source of the newest script with this URL, among those that a capture has met. */
export function scriptSource(url: string): string | undefined {
  return newestScript(url)?.source
}

/** Of those whose source has been read. */
export function newestScript(url: string): Script | undefined {
  return [...scripts.values()].findLast((script) => script.url === url && script.source !== undefined)
}

function isPackageScript(url: string): boolean {
  return url.includes('/node_modules/') || url.startsWith(codeFolder)
}

export function isNodeScript(url: string): boolean {
  return url.startsWith('node:')
}

/** Line and column (from 0) where `text` starts, given a position inside it: V8 reports that of the parameters. */
export function startOfText(
  source: string,
  text: string,
  line: number,
  column: number,
): { line: number; column: number } {
  let offset = 0
  for (let i = 0; i < line; i++) {
    offset = source.indexOf('\n', offset) + 1
    if (offset === 0) return { line, column }
  }
  const start = source.lastIndexOf(text, offset + column)
  if (start < 0 || start + text.length < offset + column) return { line, column }
  let startLine = 0
  let lineStart = 0
  for (let next = source.indexOf('\n'); next >= 0 && next < start; next = source.indexOf('\n', next + 1)) {
    startLine++
    lineStart = next + 1
  }
  return { line: startLine, column: start - lineStart }
}
