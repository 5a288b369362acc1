/** Parses what `Function.prototype.toString` gives: an expression, a method of an object literal, or a method with #names. */

import type { AnyNode, Options } from 'acorn'
import { parser } from './parser.ts'
import type { FunctionForm } from './wire.ts'

type NodeOf<Type extends AnyNode['type']> = Extract<AnyNode, { type: Type }>
export type FunctionNode = NodeOf<'FunctionExpression' | 'FunctionDeclaration' | 'ArrowFunctionExpression'>
export type ClassNode = NodeOf<'ClassExpression' | 'ClassDeclaration'>

export interface ParsedFunction {
  readonly node: FunctionNode | ClassNode
  readonly form: FunctionForm | 'private'
  /** Where `source` begins in the parsed text: positions of nodes count from there. */
  readonly offset: number
  /** Range of a computed key in `source`, brackets included. */
  readonly computedKey: SourceRange | undefined
  /** Range of what a class `extends` in `source`; undefined for `null`. */
  readonly heritage: SourceRange | undefined
}

export interface SourceRange {
  readonly start: number
  readonly end: number
}

/** Accepts whatever V8 accepted: the text was compiled once already. */
export const lenientOptions: Options = {
  ecmaVersion: 'latest',
  allowReturnOutsideFunction: true,
  allowAwaitOutsideFunction: true,
  allowSuperOutsideMethod: true,
  allowHashBang: true,
  checkPrivateFields: false,
}

export function parseFunction(source: string): ParsedFunction {
  const wrapped = parseExpression(`(${source})`)
  if (wrapped && isFunctionOrClass(wrapped)) {
    const parent = isClass(wrapped) ? wrapped.superClass : undefined
    const hasParent = parent && !(parent.type === 'Literal' && parent.value === null)
    const heritage = hasParent ? { start: parent.start - 1, end: parent.end - 1 } : undefined
    return { node: wrapped, form: 'expression', offset: 1, computedKey: undefined, heritage }
  }
  const object = parseExpression(`({${source}})`)
  if (object?.type === 'ObjectExpression') {
    const property = object.properties[0]
    if (property?.type === 'Property' && isFunctionOrClass(property.value)) {
      const form = property.kind === 'get' ? 'getter' : property.kind === 'set' ? 'setter' : 'method'
      const computedKey = property.computed
        ? {
            start: source.lastIndexOf('[', property.key.start - 2),
            end: source.indexOf(']', property.key.end - 2) + 1,
          }
        : undefined
      return { node: property.value, form, offset: 2, computedKey, heritage: undefined }
    }
  }
  const privateMethod = parseExpression(`(class{${source}})`)
  if (privateMethod?.type === 'ClassExpression') {
    const member = privateMethod.body.body[0]
    if (member?.type === 'MethodDefinition') {
      return { node: member.value, form: 'private', offset: 7, computedKey: undefined, heritage: undefined }
    }
  }
  if (source.includes('new.target')) {
    throw new SyntaxError('uses new.target of the function around it; copy it to a variable first')
  }
  throw new SyntaxError('has source that cannot be parsed; write it as a plain function')
}

function parseExpression(text: string): AnyNode | undefined {
  for (const sourceType of ['script', 'module'] as const) {
    try {
      const statement = parser().parse(text, { ...lenientOptions, sourceType }).body[0]
      return statement?.type === 'ExpressionStatement' ? statement.expression : undefined
    } catch {
      // try the next reading of the same text
    }
  }
  return undefined
}

export function isClass(node: AnyNode): node is ClassNode {
  return node.type === 'ClassExpression' || node.type === 'ClassDeclaration'
}

export function isFunctionOrClass(node: AnyNode): node is FunctionNode | ClassNode {
  return (
    node.type === 'FunctionExpression' ||
    node.type === 'FunctionDeclaration' ||
    node.type === 'ArrowFunctionExpression' ||
    isClass(node)
  )
}
