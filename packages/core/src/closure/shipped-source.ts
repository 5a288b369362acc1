/** A function's source as executors compile it; edits keep the length where they can, so that lines and columns stay true. */

import type { FunctionAnalysis } from './analyse-function.ts'
import type { FunctionForm } from './wire.ts'

/** As long as `import`, whose place it takes: code made by `vm.Script` cannot import from the executor's folders itself. */
const importName = '__imp_'
export const parentName = '__parent'

export interface ShippedSource {
  readonly text: string
  readonly form: FunctionForm
  /** The name that dynamic imports were given, where there are any. */
  readonly importName: string | undefined
}

export function shippedSource(fn: Function, source: string, { parsed, outside }: FunctionAnalysis): ShippedSource {
  const { form, computedKey, heritage, offset } = parsed
  if (form === 'private') throw new TypeError('methods with private names are refused before')
  let text = source
  for (const { start } of outside.dynamicImports) {
    text = replaceRange(text, start - offset, start - offset + importName.length, importName)
  }
  // A mixin's expression is not run a second time, and its variables may be gone.
  if (heritage)
    text = replaceRange(text, heritage.start, heritage.end, parentName.padEnd(heritage.end - heritage.start))
  // The key's expression was evaluated on the driver; its variables may not exist any more.
  if (computedKey) text = replaceRange(text, computedKey.start, computedKey.end, keyText(fn, computedKey))
  return { text, form, importName: outside.dynamicImports.length > 0 ? importName : undefined }
}

function keyText(fn: Function, { start, end }: { start: number; end: number }): string {
  const key = JSON.stringify(fn.name.replace(/^(get|set) /, ''))
  return `[${key}]`.padEnd(end - start)
}

function replaceRange(text: string, start: number, end: number, replacement: string): string {
  return text.slice(0, start) + replacement + text.slice(end)
}
