/** Explains why a value cannot travel: finds the first part that is not data and says where it is and what to do. */
import { types } from 'node:util'
import { UsageError } from '../base/errors.ts'
import { ERRORS, VIEWS } from './graph-tags.ts'
import { describeValue, isExactly, isPlainObject } from './kinds.ts'

const DATA_CLASSES = [
  'Map',
  'Set',
  'Date',
  'RegExp',
  'ArrayBuffer',
  'Number',
  'String',
  'Boolean',
  'BigInt',
  ...ERRORS,
  ...VIEWS,
]

/** The error for a value that an encoder refused. */
export function refusalOf(root: unknown): UsageError {
  const found = findRefused(root, '', new Set()) ?? { culprit: root, path: '' }
  const where = found.path === '' ? '' : ` (at value${found.path})`
  return new UsageError(
    `${describeValue(found.culprit)}${where} is not data and cannot be sent or stored; ${cure(found.culprit)}`,
  )
}

function cure(culprit: unknown): string {
  if (typeof culprit === 'symbol') return 'use a string instead'
  if (typeof culprit === 'function') return 'call it and keep its result, or keep it in the function that uses it'
  if (types.isPromise(culprit)) return 'await it first, for example in mapAsync'
  if (types.isSharedArrayBuffer(culprit)) return 'copy it into a plain ArrayBuffer'
  return 'convert it to a plain object'
}

interface Found {
  readonly culprit: unknown
  readonly path: string
}

function findRefused(value: unknown, path: string, seen: Set<object>): Found | undefined {
  if (typeof value === 'function' || typeof value === 'symbol') return { culprit: value, path }
  if (typeof value !== 'object' || value === null || seen.has(value)) return undefined
  seen.add(value)
  if (!isData(value)) return { culprit: value, path }
  for (const [step, part] of partsOf(value)) {
    const found = findRefused(part, path + step, seen)
    if (found !== undefined) return found
  }
  return undefined
}

function isData(value: object): boolean {
  if (Array.isArray(value)) return Array.isArray(Object.getPrototypeOf(value))
  return isPlainObject(value) || DATA_CLASSES.some((name) => isExactly(value, name))
}

function* partsOf(value: object): Generator<[step: string, part: unknown]> {
  if (types.isMap(value)) {
    for (const [key, item] of value) {
      yield ['.keys()', key]
      yield [`.get(${String(key)})`, item]
    }
  } else if (types.isSet(value)) {
    for (const item of value) yield ['.values()', item]
  } else if (!ArrayBuffer.isView(value)) {
    for (const name of types.isNativeError(value) ? Object.getOwnPropertyNames(value) : Object.keys(value)) {
      yield [Array.isArray(value) ? `[${name}]` : `.${name}`, (value as Record<string, unknown>)[name]]
    }
  }
}
