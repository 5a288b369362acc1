/**
 * Finds variables that are captured before their declaration has run. V8 of Node 20 shows them as undefined, so a shipped
 * function would go on with undefined where the driver itself throws. What tells: the script's own body is still before that line.
 */

import type { AnyNode } from 'acorn'
import { addBlockNames, addPatternNames, childNodes } from './bindings.ts'
import { fileOfUrl } from './package-of.ts'
import { isFunctionOrClass } from './parse-function.ts'
import { topLevelOf } from './script-imports.ts'
import type { Script } from './scripts.ts'

interface Layout {
  /** Where the declaration of each top-level `let`, `const` and `class` ends; names declared twice are left out. */
  readonly ends: ReadonlyMap<string, number>
  readonly functions: readonly { readonly start: number; readonly end: number }[]
}

const layouts = new Map<string, Layout>()

export function isNotYetDeclared(name: string, script: Script): boolean {
  let layout = layouts.get(script.id)
  if (layout === undefined) {
    layout = readLayout(script)
    layouts.set(script.id, layout)
  }
  const { ends, functions } = layout
  const end = ends.get(name)
  if (end === undefined) return false
  return runningAt(script).some((at) => at < end && !functions.some((fn) => fn.start <= at && at < fn.end))
}

function readLayout(script: Script): Layout {
  const body = topLevelOf(script)
  const ends = new Map<string, number>()
  const functions: { start: number; end: number }[] = []
  const twice = new Set<string>()
  const declare = (names: Iterable<string>, end: number): void => {
    for (const name of names) {
      if (ends.has(name)) twice.add(name)
      ends.set(name, end)
    }
  }
  for (const statement of body) {
    const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement
    if (declaration?.type === 'ClassDeclaration' && declaration.id) declare([declaration.id.name], declaration.end)
    if (declaration?.type !== 'VariableDeclaration' || declaration.kind === 'var') continue
    for (const each of declaration.declarations) {
      const names = new Set<string>()
      addPatternNames(each.id, names)
      declare(names, each.end)
    }
  }
  const visit = (node: AnyNode, isTop: boolean): void => {
    const inner = new Set<string>()
    if (isFunctionOrClass(node)) {
      if (node.type !== 'ClassDeclaration' && node.type !== 'ClassExpression') {
        functions.push(node)
        for (const parameter of node.params) addPatternNames(parameter, inner)
      }
    } else if (node.type === 'BlockStatement') {
      addBlockNames(node.body, inner)
    } else if (node.type === 'VariableDeclaration' && !isTop) {
      for (const each of node.declarations) addPatternNames(each.id, inner)
    }
    for (const name of inner) if (ends.has(name)) twice.add(name)
    for (const child of childNodes(node)) visit(child, false)
  }
  for (const statement of body) {
    const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : undefined
    visit(declaration ?? statement, true)
  }
  for (const name of twice) ends.delete(name)
  return { ends, functions }
}

/** Offsets in a script at which the calls on the stack stand, as V8 knows them and not as source maps show them. */
function runningAt(script: Script): number[] {
  const { source, url } = script
  if (source === undefined) return []
  const { prepareStackTrace, stackTraceLimit } = Error
  let frames: NodeJS.CallSite[] = []
  try {
    Error.stackTraceLimit = Infinity
    Error.prepareStackTrace = (_error, sites) => sites
    frames = new Error('here').stack as unknown as NodeJS.CallSite[]
  } finally {
    Error.prepareStackTrace = prepareStackTrace
    Error.stackTraceLimit = stackTraceLimit
  }
  const file = fileOfUrl(url)
  const lines = source.split('\n')
  return frames.flatMap((frame) => {
    const from = frame.getFileName()
    if (typeof from !== 'string' || (from !== url && (file === undefined || fileOfUrl(from) !== file))) return []
    let offset = (frame.getColumnNumber() ?? 1) - 1
    for (let i = 0; i < (frame.getLineNumber() ?? 1) - 1; i++) offset += (lines[i]?.length ?? 0) + 1
    return [offset]
  })
}
