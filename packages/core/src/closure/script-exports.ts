/** Under which name a module exports a function that was not imported by name, read from the script without running it. */

import { createRequire, type Module } from 'node:module'
import type { AnyNode } from 'acorn'
import { exportName } from './package-export.ts'
import { topLevelOf } from './script-imports.ts'
import type { Script } from './scripts.ts'

export function exportedName(fn: Function, script: Script, file: string): string | undefined {
  const loaded: Module | undefined = createRequire(file).cache[file]
  if (loaded) return exportName(fn, loaded.exports)
  const source = Function.prototype.toString.call(fn)
  const isHere = ({ start, end }: AnyNode) => script.source!.slice(start, end).includes(source)
  const statements = topLevelOf(script)
  const exported = new Map<string, string>()
  let local: string | undefined
  for (const statement of statements) {
    if (statement.type === 'ExportDefaultDeclaration' && isHere(statement)) return 'default'
    if (statement.type === 'ExportNamedDeclaration' && !statement.source)
      for (const each of statement.specifiers) exported.set(nameOf(each.local), nameOf(each.exported))
    const declared = declaredAt(statement, isHere)
    if (declared === undefined) continue
    if (statement.type === 'ExportNamedDeclaration') return declared
    local = declared
  }
  return local === undefined ? undefined : exported.get(local)
}

/** The name that a statement gives to the function or class, if it is there. */
function declaredAt(statement: AnyNode, isHere: (node: AnyNode) => boolean): string | undefined {
  const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement
  if (declaration?.type === 'FunctionDeclaration' || declaration?.type === 'ClassDeclaration')
    return isHere(declaration) ? declaration.id?.name : undefined
  if (declaration?.type !== 'VariableDeclaration') return undefined
  for (const { id, init } of declaration.declarations)
    if (id.type === 'Identifier' && init && isFunction(init) && isHere(init)) return id.name
  return undefined
}

/** Itself, or what tsx wraps to keep its name: not a call that makes one, which is another each time. */
function isFunction(init: AnyNode): boolean {
  if (init.type === 'CallExpression')
    return init.callee.type === 'Identifier' && init.callee.name === '__name' && isFunction(init.arguments[0]!)
  return ['FunctionExpression', 'ArrowFunctionExpression', 'ClassExpression'].includes(init.type)
}

function nameOf(node: AnyNode): string {
  return node.type === 'Identifier' ? node.name : node.type === 'Literal' ? String(node.value) : ''
}
