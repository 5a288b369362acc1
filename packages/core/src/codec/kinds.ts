/**
 * Tells what a value is by looking at its prototype, also where it comes from another realm (a vm context), so that
 * codec, keys and order agree on what is plain data and name the rest in the same words.
 */
import { types } from 'node:util'

/** An object literal or a null-prototype object; no class instance, no array. */
export function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) return true
  return Object.getPrototypeOf(prototype) === null && isNativePrototype(prototype as object, 'Object')
}

/** Whether the value's own class is the built-in `name`, not a subclass. */
export function isExactly(value: object, name: string): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype !== null && isNativePrototype(prototype as object, name)
}

function isNativePrototype(prototype: object, name: string): boolean {
  const own = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value as unknown
  if (own === (globalThis as Record<string, unknown>)[name]) return true
  return typeof own === 'function' && own.name === name && /\[native code\]/.test(Function.prototype.toString.call(own))
}

/** Names a value for an error message: `a function 'area'`, `an instance of class Point`. */
export function describeValue(value: unknown): string {
  if (typeof value === 'function') return value.name ? `the function '${value.name}'` : 'a function'
  if (typeof value !== 'object' || value === null) return `a ${typeof value}`
  if (types.isPromise(value)) return 'a Promise'
  if (Array.isArray(value) && Array.isArray(Object.getPrototypeOf(value))) return 'an array'
  if (isPlainObject(value)) return 'a plain object'
  const prototype = Object.getPrototypeOf(value) as { constructor?: { name?: unknown } } | null
  const name = prototype?.constructor?.name
  return typeof name === 'string' && name !== '' ? `an instance of ${name}` : 'an object with a prototype of its own'
}
