/** Tells what a class makes when it is evaluated again from what was put on it later: only that travels beside its source. */

import type { ClassNode } from './parse-function.ts'

export interface ClassMember {
  /** Undefined for computed keys. */
  readonly name: string | undefined
  readonly isStatic: boolean
  readonly isField: boolean
  readonly text: string
}

/** Members in the order in which they are written; `source` is the text that `node` was parsed from. */
export function membersOf(node: ClassNode, source: string): ClassMember[] {
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
      text: source.slice(part.start, part.end),
    })
  }
  return members
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
