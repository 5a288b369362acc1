/**
 * Which top-level names of a script are imports, and of what. Reads the script as V8 runs it, so the shapes of esbuild
 * (tsx), TypeScript's CommonJS and vite are known here beside plain `import` and `require`.
 */

import type { AnyNode, Program } from 'acorn'
import { addPatternNames, childNodes } from './bindings.ts'
import { isFunctionOrClass, lenientOptions } from './parse-function.ts'
import { parser } from './parser.ts'
import type { Script } from './scripts.ts'
import type { ImportStyle } from './wire.ts'

export interface ScriptImport {
  readonly specifier: string
  /** `*` is the module itself. */
  readonly name: string
  readonly style: ImportStyle
  /** The same name is declared a second time somewhere in the script, so a value must be compared first. */
  readonly ambiguous: boolean
}

export interface ScriptImports {
  readonly imports: ReadonlyMap<string, ScriptImport>
  readonly isStrict: boolean
}

const nothing: ScriptImports = { imports: new Map(), isStrict: false }
const known = new Map<string, ScriptImports>()
const longestScript = 5_000_000

export function importsOf(script: Script): ScriptImports {
  let found = known.get(script.id)
  if (found === undefined) {
    found = readImports(script)
    known.set(script.id, found)
  }
  return found
}

/** The statements of the script's own body, inside what a bundler or a test runner put around it. */
export function topLevelOf({ source }: Script): readonly AnyNode[] {
  if (source === undefined || source.length > longestScript) return []
  return unwrapped(parseScript(source)?.body ?? [])
}

function readImports(script: Script): ScriptImports {
  const { source } = script
  if (source === undefined || source.length > longestScript) return nothing
  const program = parseScript(source)
  if (program === undefined) return nothing
  const body = unwrapped(program.body)
  const found = new Map<string, Omit<ScriptImport, 'ambiguous'>>()
  for (const statement of body) addImports(statement, found)
  const counts = new Map<string, number>()
  if (!script.isModule && found.size > 0) countDeclarations(program, found, counts)
  const imports = new Map<string, ScriptImport>()
  for (const [name, each] of found) imports.set(name, { ...each, ambiguous: (counts.get(name) ?? 1) > 1 })
  return {
    imports,
    isStrict: script.isModule || hasStrictDirective(program.body) || hasStrictDirective(body),
  }
}

function parseScript(source: string): Program | undefined {
  for (const sourceType of ['module', 'script'] as const) {
    try {
      return parser().parse(source, { ...lenientOptions, sourceType })
    } catch {
      // try the next reading of the same text
    }
  }
  return undefined
}

/** The body inside a bundler's or a test runner's wrapper: `(function(...) { ... })`, `async (...) => {{ ... }}`. */
function unwrapped(body: readonly AnyNode[]): readonly AnyNode[] {
  const wrappers = body.map(wrapperBody).filter((each) => each !== undefined)
  if (wrappers.length !== 1 || body.length > 3) return body
  let inner = wrappers[0]!
  while (inner.length === 1 && inner[0]!.type === 'BlockStatement') inner = inner[0]!.body
  return inner
}

function wrapperBody(statement: AnyNode): readonly AnyNode[] | undefined {
  if (statement.type !== 'ExpressionStatement') return undefined
  const { expression } = statement
  const fn = expression.type === 'CallExpression' ? expression.callee : expression
  if (fn.type !== 'FunctionExpression' && fn.type !== 'ArrowFunctionExpression') return undefined
  return fn.body.type === 'BlockStatement' ? fn.body.body : undefined
}

function addImports(statement: AnyNode, found: Map<string, Omit<ScriptImport, 'ambiguous'>>): void {
  if (statement.type === 'ImportDeclaration') {
    const specifier = String(statement.source.value)
    for (const each of statement.specifiers) {
      const name =
        each.type === 'ImportNamespaceSpecifier'
          ? '*'
          : each.type === 'ImportDefaultSpecifier'
            ? 'default'
            : each.imported.type === 'Identifier'
              ? each.imported.name
              : String(each.imported.value)
      found.set(each.local.name, { specifier, name, style: 'import' })
    }
    return
  }
  const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement
  if (declaration?.type !== 'VariableDeclaration') return
  for (const { id, init } of declaration.declarations) {
    const source = init && moduleOf(init)
    if (!source) continue
    if (id.type === 'Identifier') found.set(id.name, { ...source, name: '*' })
    if (id.type !== 'ObjectPattern') continue
    for (const property of id.properties) {
      if (property.type !== 'Property' || property.value.type !== 'Identifier') continue
      const { key } = property
      if (key.type === 'Identifier') found.set(property.value.name, { ...source, name: key.name })
    }
  }
}

/** The module that an initialiser loads: `require('x')`, `await import('x')`, `__toESM(require('x'), 1)`, vite's import. */
function moduleOf(init: AnyNode): { specifier: string; style: ImportStyle } | undefined {
  if (init.type === 'AwaitExpression') return moduleOf(init.argument)
  if (init.type === 'SequenceExpression') return moduleOf(init.expressions.at(-1)!)
  if (init.type === 'ImportExpression') {
    return init.source.type === 'Literal' ? { specifier: String(init.source.value), style: 'import' } : undefined
  }
  if (init.type !== 'CallExpression') return undefined
  const [first, second] = init.arguments
  const callee = calleeName(init.callee)
  if (first?.type === 'Literal' && typeof first.value === 'string') {
    if (callee === 'require') return { specifier: first.value, style: 'require' }
    if (/^__vi(te_ssr)?_import__$/.test(callee)) return { specifier: first.value, style: 'import' }
  }
  // The wrapper's name is not stable (minifiers rename it), its shape is.
  if (first?.type === 'CallExpression' && init.arguments.length <= 2) {
    const inner = moduleOf(first)
    if (inner?.style === 'require') return { ...inner, style: second ? 'interop-node' : 'interop' }
  }
  return undefined
}

function calleeName(callee: AnyNode): string {
  if (callee.type === 'Identifier') return callee.name
  if (callee.type === 'MemberExpression' && callee.property.type === 'Identifier') return callee.property.name
  return callee.type === 'SequenceExpression' ? calleeName(callee.expressions.at(-1)!) : ''
}

function countDeclarations(node: AnyNode, wanted: ReadonlyMap<string, unknown>, counts: Map<string, number>): void {
  const names = new Set<string>()
  if (node.type === 'VariableDeclarator') addPatternNames(node.id, names)
  if (node.type === 'CatchClause') addPatternNames(node.param, names)
  if (isFunctionOrClass(node)) {
    if (node.id) names.add(node.id.name)
    if ('params' in node) for (const parameter of node.params) addPatternNames(parameter, names)
  }
  for (const name of names) if (wanted.has(name)) counts.set(name, (counts.get(name) ?? 0) + 1)
  for (const child of childNodes(node)) countDeclarations(child, wanted, counts)
}

function hasStrictDirective(body: readonly AnyNode[]): boolean {
  for (const statement of body) {
    if (statement.type !== 'ExpressionStatement' || statement.directive === undefined) return false
    if (statement.directive === 'use strict') return true
  }
  return false
}
