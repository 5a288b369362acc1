/** Which names a pattern, a block or a function body declares. */

import type { AnyNode, Pattern } from 'acorn'
import { isFunctionOrClass } from './parse-function.ts'

/** Adds the names that a parameter or a declaration binds. */
export function addPatternNames(pattern: Pattern | null | undefined, names: Set<string>): void {
  switch (pattern?.type) {
    case 'Identifier':
      names.add(pattern.name)
      return
    case 'ObjectPattern':
      for (const property of pattern.properties) {
        addPatternNames(property.type === 'RestElement' ? property.argument : property.value, names)
      }
      return
    case 'ArrayPattern':
      for (const element of pattern.elements) addPatternNames(element, names)
      return
    case 'AssignmentPattern':
      addPatternNames(pattern.left, names)
      return
    case 'RestElement':
      addPatternNames(pattern.argument, names)
  }
}

/** Adds the `let`, `const`, `class` and `function` names of one block. */
export function addBlockNames(body: readonly AnyNode[], names: Set<string>): void {
  for (const statement of body) {
    if (statement.type === 'VariableDeclaration') {
      if (statement.kind !== 'var') for (const each of statement.declarations) addPatternNames(each.id, names)
    } else if (statement.type === 'FunctionDeclaration' || statement.type === 'ClassDeclaration') {
      if (statement.id) names.add(statement.id.name)
    }
  }
}

/** Adds the `var` names that are hoisted out of a body, however deep. */
export function addVarNames(node: AnyNode, names: Set<string>): void {
  if (isFunctionOrClass(node)) return
  if (node.type === 'VariableDeclaration' && node.kind === 'var') {
    for (const each of node.declarations) addPatternNames(each.id, names)
  }
  for (const child of childNodes(node)) addVarNames(child, names)
}

/** Adds the functions declared inside blocks, which sloppy mode also makes variables of the function around them. */
export function addBlockFunctionNames(node: AnyNode, names: Set<string>): void {
  for (const child of childNodes(node)) {
    if (child.type === 'FunctionDeclaration' && child.id) names.add(child.id.name)
    addBlockFunctionNames(child, names)
  }
}

export function childNodes(node: AnyNode): AnyNode[] {
  const children: AnyNode[] = []
  for (const value of Object.values(node) as unknown[]) {
    if (Array.isArray(value)) {
      for (const item of value) if (isNode(item)) children.push(item)
    } else if (isNode(value)) {
      children.push(value)
    }
  }
  return children
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
}
