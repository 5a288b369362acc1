/** The keys that a class's computed member names came to: their expressions may use variables that V8 kept no value of. */

import type { ClassMember, ComputedMember } from './class-members.ts'

export interface KnownKey {
  readonly member: ComputedMember
  readonly key: string | symbol
}

/** Finds methods by their text and static fields by their order; the keys of instance fields are in no object at hand. */
export function knownKeys(fn: Function, members: readonly ClassMember[]): KnownKey[] {
  const found: KnownKey[] = []
  const named = new Set<PropertyKey>(['length', 'name', 'prototype', 'constructor'])
  for (const { name, isStatic } of members) if (isStatic && name !== undefined) named.add(name)
  const left = new Map<object, (string | symbol)[]>()
  for (const holder of [fn, fn.prototype as object]) {
    left.set(
      holder,
      Reflect.ownKeys(holder).filter((key) => holder !== fn || !named.has(key)),
    )
  }
  const take = (member: ClassMember, isRight: (value: PropertyDescriptor) => boolean): void => {
    if (!isComputed(member)) return
    const holder = member.isStatic ? fn : (fn.prototype as object)
    const keys = left.get(holder)!
    const index = keys.findIndex((key) => isRight(Object.getOwnPropertyDescriptor(holder, key)!))
    if (index < 0) return
    found.push({ member, key: keys[index]! })
    // the other half of an accessor comes under the same key
    const { get, set } = Object.getOwnPropertyDescriptor(holder, keys[index]!)!
    if (!(get && set)) keys.splice(index, 1)
  }
  for (const member of members) {
    if (member.isField) continue
    take(member, ({ value, get, set }) =>
      [value as unknown, get, set].some(
        (part) => typeof part === 'function' && member.text.endsWith(Function.prototype.toString.call(part)),
      ),
    )
  }
  for (const member of members) if (member.isField && member.isStatic) take(member, () => true)
  return found
}

function isComputed(member: ClassMember): member is ComputedMember {
  return member.keyRange !== undefined
}
