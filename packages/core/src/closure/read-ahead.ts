/** Does what the first capture would have to wait for, while there is something else to wait for. */

import { pathToFileURL } from 'node:url'
import { InspectorUnavailable } from './inspector-session.ts'
import { importsOf } from './script-imports.ts'
import { newestScript, readScripts } from './scripts.ts'

/** A longer program takes longer to parse than executors take to start. */
const longestProgram = 100_000

/**
 * Reads the project's scripts and parses the program, whose functions are the likeliest to be captured; the parser is warm
 * then for any other. Where there is no inspector, captures say so themselves.
 */
export function readAhead(): void {
  try {
    readScripts()
  } catch (error) {
    if (error instanceof InspectorUnavailable) return
    throw error
  }
  const path = process.argv[1]
  if (path === undefined) return
  const program = newestScript(pathToFileURL(path).href) ?? newestScript(path)
  if (program?.source !== undefined && program.source.length <= longestProgram) importsOf(program)
}
