/** Equality that lets nothing pass: Object.is on every part, prototypes, holes, key order and which parts are shared. */
import { isDeepStrictEqual } from 'node:util'
import { expect } from 'vitest'

/** The path to the first difference, or undefined when `actual` is what `expected` is. */
export function difference(
  actual: unknown,
  expected: unknown,
  path = 'value',
  pairs = new Map<object, object>(),
): string | undefined {
  if (typeof expected !== 'object' || expected === null) return Object.is(actual, expected) ? undefined : path
  if (typeof actual !== 'object' || actual === null) return path
  if (pairs.has(expected)) return pairs.get(expected) === actual ? undefined : `${path} (sharing)`
  if ([...pairs.values()].includes(actual)) return `${path} (sharing)`
  pairs.set(expected, actual)
  if (Object.getPrototypeOf(actual) !== Object.getPrototypeOf(expected)) return `${path} (prototype)`
  if (actual === expected) return `${path} (not a copy)`
  if (ArrayBuffer.isView(expected) || expected instanceof ArrayBuffer) {
    return Buffer.compare(bytesIn(actual), bytesIn(expected)) === 0 ? undefined : path
  }
  if (expected instanceof Map) return difference([...(actual as typeof expected)], [...expected], path, pairs)
  if (expected instanceof Set) return difference([...(actual as typeof expected)], [...expected], path, pairs)
  if (expected instanceof Date) return Object.is((actual as Date).getTime(), expected.getTime()) ? undefined : path
  if (isBoxed(expected) && !Object.is(actual.valueOf(), expected.valueOf())) return path
  if (expected instanceof RegExp && !isDeepStrictEqual(String(actual as RegExp), String(expected))) return path
  const names = Object.getOwnPropertyNames(expected)
  if (!isDeepStrictEqual(sorted(actual), sorted(expected)))
    return `${path} (keys ${sorted(actual).join()} for ${sorted(expected).join()})`
  for (const name of names) {
    const part = Object.getOwnPropertyDescriptor(expected, name)!
    const other = Object.getOwnPropertyDescriptor(actual, name)!
    if (part.enumerable !== other.enumerable) return `${path}.${name} (enumerable)`
    const found = difference(read(actual, name), read(expected, name), `${path}.${name}`, pairs)
    if (found !== undefined) return found
  }
  return undefined
}

export function expectExactly(actual: unknown, expected: unknown): void {
  expect(difference(actual, expected)).toBeUndefined()
}

function read(from: object, name: string): unknown {
  return (
    Object.getOwnPropertyDescriptor(from, name)!.get
      ? Reflect.get(from, name)
      : Object.getOwnPropertyDescriptor(from, name)!.value
  ) as unknown
}

/** Errors give their hidden properties in the order of their making; data keeps its own order. */
function sorted(value: object): string[] {
  const names = Object.getOwnPropertyNames(value)
  return value instanceof Error ? names.sort() : names
}

function isBoxed(value: object): boolean {
  return [Number, String, Boolean, BigInt].some((type) => value instanceof type)
}

function bytesIn(value: object): Uint8Array {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
  return new Uint8Array(value as ArrayBuffer)
}
