/**
 * `text.split(' ')` with one literal character becomes a call of `splitText`, which makes the same strings by a loop:
 * the built-in costs a call into the runtime for each word, most of what counting words takes.
 */

import type { AnyNode, CallExpression } from 'acorn'
import { parseFunction } from './parse-function.ts'

export const splitName = '__gridify_split'

const builtin = Object.getOwnPropertyDescriptor(String.prototype, 'split')!.value as unknown
/** In a long text the built-in finds separators faster than a loop, and they are few calls. */
const longText = 4096

/** What `text.split(separator)` gives, whatever `text` is; `separator` is one UTF-16 unit. */
export function splitText(text: unknown, separator: string): unknown {
  if (typeof text !== 'string' || text.length > longText || String.prototype.split !== builtin)
    return (text as { split(separator: string): unknown }).split(separator)
  const unit = separator.charCodeAt(0)
  const parts: string[] = []
  let from = 0
  for (let at = 0; at < text.length; at++)
    if (text.charCodeAt(at) === unit) {
      parts.push(text.substring(from, at))
      from = at + 1
    }
  parts.push(text.substring(from))
  return parts
}

/** The source with its splits replaced; as it is where it has none, or names what the replacement needs. */
export function withFastSplits(source: string): string {
  if (!source.includes('.split(') || source.includes(splitName)) return source
  const { node, offset } = parseFunction(source)
  let rewritten = source
  // From the end, so that positions before stay right; an inner split comes before the end of its outer one.
  for (const call of splitCalls(node).sort((a, b) => b.end - a.end)) {
    const callee = call.callee as Extract<AnyNode, { type: 'MemberExpression' }>
    const [start, objectEnd, literalStart] = [callee.object.start, callee.object.end, call.arguments[0]!.start].map(
      (at) => at - offset,
    ) as [number, number, number]
    rewritten = `${rewritten.slice(0, start)}${splitName}(${rewritten.slice(start, objectEnd)}, ${rewritten.slice(literalStart)}`
  }
  return rewritten
}

function childrenOf(node: AnyNode): AnyNode[] {
  return Object.values(node)
    .flat(1)
    .filter((part): part is AnyNode => typeof (part as AnyNode | null)?.type === 'string')
}

function splitCalls(node: AnyNode): CallExpression[] {
  const found: CallExpression[] = []
  const todo: AnyNode[] = [node]
  for (let at = todo.pop(); at; at = todo.pop()) {
    if (isSplit(at)) found.push(at)
    todo.push(...childrenOf(at))
  }
  return found
}

function isSplit(node: AnyNode): node is CallExpression {
  if (node.type !== 'CallExpression' || node.optional || node.arguments.length !== 1) return false
  const { callee } = node
  const [separator] = node.arguments
  return (
    callee.type === 'MemberExpression' &&
    !callee.computed &&
    !callee.optional &&
    callee.property.type === 'Identifier' &&
    callee.property.name === 'split' &&
    callee.object.type === 'Identifier' &&
    separator!.type === 'Literal' &&
    typeof separator!.value === 'string' &&
    separator!.value.length === 1
  )
}
