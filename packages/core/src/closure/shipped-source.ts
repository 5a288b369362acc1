/** A function's source as executors compile it; edits keep the length where they can, so that lines and columns stay true. */

import type { FunctionAnalysis } from './analyse-function.ts'
import type { SourceRange } from './parse-function.ts'
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

export function shippedSource(
  fn: Function,
  source: string,
  { parsed, outside }: FunctionAnalysis,
  keys: readonly { readonly range: SourceRange; readonly text: string }[] = [],
): ShippedSource {
  const { form, computedKey, heritage, offset } = parsed
  if (form === 'private') throw new TypeError('methods with private names are refused before')
  const edits = outside.dynamicImports.map(({ start }) => ({
    range: { start: start - offset, end: start - offset + importName.length },
    text: importName,
  }))
  // A mixin's expression is not run a second time, and its variables may be gone.
  if (heritage) edits.push({ range: heritage, text: parentName })
  // The key's expression was evaluated on the driver; its variables may not exist any more.
  if (computedKey) edits.push({ range: computedKey, text: keyText(fn.name.replace(/^(get|set) /, '')) })
  edits.push(...keys)
  let text = source
  for (const { range, text: replacement } of edits.sort((a, b) => b.range.start - a.range.start)) {
    const { start, end } = range
    text = text.slice(0, start) + replacement.padEnd(end - start) + text.slice(end)
  }
  return { text, form, importName: outside.dynamicImports.length > 0 ? importName : undefined }
}

export function keyText(key: string): string {
  return `[${JSON.stringify(key)}]`
}
