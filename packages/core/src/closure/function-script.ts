/** The script that a function or class comes from, found through the inspector once per function. */

import { inspectFunction } from './inspect-function.ts'
import { InspectorUnavailable } from './inspector-session.ts'
import { scriptOf } from './scripts.ts'

const urls = new WeakMap<Function, string>()

/** The script's URL; undefined for native functions and where no inspector exists. */
export function scriptUrlOf(fn: Function): string | undefined {
  const known = urls.get(fn)
  if (known !== undefined) return known || undefined
  let url = ''
  try {
    const { location } = inspectFunction(fn)
    url = (location && scriptOf(location.scriptId)?.url) ?? ''
  } catch (error) {
    if (!(error instanceof InspectorUnavailable)) throw error
  }
  urls.set(fn, url)
  return url || undefined
}
