/** The user's line that made a dataset or started a job: the first frame of a stack that is not ours. */

import { dirname } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

export interface CallSite {
  /** The public method, such as `map`. */
  readonly operation: string
  /** `file:line:column`, or `unknown` where no frame of the user's is on the stack. */
  readonly location: string
}

const ourFolder = pathToFileURL(dirname(dirname(fileURLToPath(import.meta.url)))).href + '/'
const ourPath = fileURLToPath(ourFolder)
/** Where source maps are on, our frames are shown at the sources beside the build. */
const mappedPath = ourPath.replace(/dist[\\/]$/, 'src/')

/** Finds the user's frame on the current stack; costs about 10 microseconds. */
export function callSite(operation: string): CallSite {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 20
  const stack = new Error('call site').stack ?? ''
  Error.stackTraceLimit = limit
  for (const line of stack.split('\n').slice(1)) {
    if (
      line.includes(ourFolder) ||
      line.includes(ourPath) ||
      line.includes(mappedPath) ||
      line.includes('node:internal')
    )
      continue
    const match = /\(?((?:file:\/\/|\/|[A-Za-z]:\\)[^()]*:\d+:\d+)\)?$/.exec(line.trim())
    if (match) return { operation, location: match[1]!.replace(/^file:\/\//, '') }
  }
  return { operation, location: 'unknown' }
}

/** `map() at jobs/rate.ts:14:9`, as errors and plans print it. */
export function describeCallSite(site: CallSite): string {
  return `${site.operation}() at ${site.location}`
}
