/**
 * `text.split(' ')` with one literal character becomes a call of `splitText`, which makes the same strings by a loop:
 * the built-in costs a call into the runtime for each word, most of what counting words takes. `text.split(' ').map(Number)`
 * becomes one of `splitNumbers`.
 */

import type { AnyNode, CallExpression, Expression, Identifier, Literal, MemberExpression } from 'acorn'
import { parseFunction } from './parse-function.ts'
import { splitNumbers } from './split-numbers.ts'

export const splitName = '__gridify_split'

/** What a rewritten function finds under `splitName`. */
export type Splits = typeof splitText & { readonly numbers: typeof splitNumbers }

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

export const splits: Splits = Object.assign(splitText, { numbers: splitNumbers })

/** The source with its splits replaced; as it is where it has none, or names what the replacement needs. */
export function withFastSplits(source: string): string {
  if (!source.includes('.split(') || source.includes(splitName)) return source
  const { node, offset } = parseFunction(source)
  let rewritten = source
  // From the end, so that positions before stay right.
  for (const { text, separator, convert, call } of splitsIn(node).sort((a, b) => b.call.end - a.call.end)) {
    const written = (part: AnyNode) => rewritten.slice(part.start - offset, part.end - offset)
    const called = convert ? `${splitName}.numbers` : splitName
    const more = convert ? `, ${convert.name}` : ''
    // Stacks tell lines, so those that the call went over are kept.
    const lines = written(call).replaceAll(/[^\n]/g, '')
    rewritten =
      rewritten.slice(0, call.start - offset) +
      `${called}(${written(text)}, ${written(separator)}${more}${lines})` +
      rewritten.slice(call.end - offset)
  }
  return rewritten
}

function childrenOf(node: AnyNode): AnyNode[] {
  return Object.values(node)
    .flat(1)
    .filter((part): part is AnyNode => typeof (part as AnyNode | null)?.type === 'string')
}

interface Split {
  readonly text: Identifier
  readonly separator: Literal
  /** Of `.map(Number)` behind it: whatever that name stands for is seen when it runs. */
  readonly convert?: Identifier
  readonly call: CallExpression
}

function splitsIn(node: AnyNode): Split[] {
  const found: Split[] = []
  const todo: AnyNode[] = [node]
  for (let at = todo.pop(); at; at = todo.pop()) {
    const split = numbersSplit(at) ?? splitOf(at)
    if (split) found.push(split)
    else todo.push(...childrenOf(at))
  }
  return found
}

function numbersSplit(node: AnyNode): Split | undefined {
  const map = methodCall(node, 'map')
  const split = map && splitOf(map.object)
  if (!split || map.argument.type !== 'Identifier' || !converters.includes(map.argument.name)) return undefined
  return { ...split, convert: map.argument, call: map.call }
}

const converters = ['Number', 'parseFloat']

function splitOf(node: AnyNode): Split | undefined {
  const split = methodCall(node, 'split')
  if (split?.object.type !== 'Identifier') return undefined
  const { object, argument, call } = split
  if (argument.type !== 'Literal' || typeof argument.value !== 'string' || argument.value.length !== 1) return undefined
  return { text: object, separator: argument, call }
}

/** `object.name(argument)`, written so. */
function methodCall(
  node: AnyNode,
  name: string,
): { call: CallExpression; object: MemberExpression['object']; argument: Expression } | undefined {
  if (node.type !== 'CallExpression' || node.optional || node.arguments.length !== 1) return undefined
  const { callee } = node
  const [argument] = node.arguments
  if (callee.type !== 'MemberExpression' || callee.computed || callee.optional) return undefined
  if (callee.property.type !== 'Identifier' || callee.property.name !== name) return undefined
  return argument!.type === 'SpreadElement' ? undefined : { call: node, object: callee.object, argument: argument! }
}
