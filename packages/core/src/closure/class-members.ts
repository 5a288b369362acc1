/** Tells what a class makes when it is evaluated again from what was put on it later: only that travels beside its source. */

import type { ClassNode, SourceRange } from './parse-function.ts'

export interface ClassMember {
  /** Undefined for computed keys. */
  readonly name: string | undefined
  readonly isStatic: boolean
  readonly isField: boolean
  readonly text: string
  /** Of a computed key, brackets included, in the class's source. */
  readonly keyRange: SourceRange | undefined
}

export type ComputedMember = ClassMember & { readonly keyRange: SourceRange }

/** Members in the order in which they are written; `node` was parsed from `source` with `offset` characters before it. */
export function membersOf(node: ClassNode, source: string, offset: number): ClassMember[] {
  const members: ClassMember[] = []
  for (const part of node.body.body) {
    if (part.type === 'StaticBlock') continue
    const { key, computed } = part
    members.push({
      name: computed
        ? undefined
        : key.type === 'Identifier'
          ? key.name
          : key.type === 'Literal'
            ? String(key.value)
            : '#',
      isStatic: part.static,
      isField: part.type === 'PropertyDefinition',
      text: source.slice(part.start - offset, part.end - offset),
      keyRange: computed ? bracketsAround(source, key.start - offset, key.end - offset) : undefined,
    })
  }
  return members
}

function bracketsAround(source: string, start: number, end: number): SourceRange {
  return { start: source.lastIndexOf('[', start - 1), end: source.indexOf(']', end) + 1 }
}

/** False for data, for methods that were replaced (by a decorator, by a test) and for those added. */
export function isWritten(
  members: readonly ClassMember[],
  isStatic: boolean,
  key: PropertyKey,
  { value, get, set }: PropertyDescriptor,
): boolean {
  const parts = get || set ? [get, set].filter((part) => part !== undefined) : [value as unknown]
  return parts.every((part) => typeof part === 'function' && isTextOf(members, isStatic, key, part))
}

function isTextOf(members: readonly ClassMember[], isStatic: boolean, key: PropertyKey, fn: Function): boolean {
  const text = Function.prototype.toString.call(fn)
  return members.some(
    (member) =>
      member.isStatic === isStatic &&
      (member.name === undefined || member.name === key) &&
      (member.isField ? member.text.includes(text) : member.text.endsWith(text)),
  )
}
