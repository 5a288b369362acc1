/** Explains why a value cannot travel: finds the first part that is not data and says where it is and what to do. */
import { types } from 'node:util'
import type { UsageError } from '../base/errors.ts'
import { valueError } from '../base/value-error.ts'
import { ERRORS, VIEWS } from './graph-tags.ts'
import { Group } from './group.ts'
import { travellingClass } from './instances.ts'
import { describeValue, isExactly, isPlainObject } from './kinds.ts'
import { partsOf } from './value-parts.ts'

const DATA_CLASSES = [
  'Map',
  'ValueMap',
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
  return valueError(`${describeValue(found.culprit)}${where} ${reason(found.culprit)}`)
}

function reason(culprit: unknown): string {
  const special = cure(culprit)
  if (special !== undefined) return `is not data and cannot be sent or stored; ${special}`
  const known = travellingClass(culprit as object)
  return typeof known === 'string' ? known : 'cannot be sent or stored'
}

function cure(culprit: unknown): string | undefined {
  if (typeof culprit === 'symbol') return 'use a string instead'
  if (typeof culprit === 'function') return 'call it and keep its result, or keep it in the function that uses it'
  if (types.isPromise(culprit)) return 'await it first, for example in mapAsync'
  if (types.isSharedArrayBuffer(culprit)) return 'copy it into a plain ArrayBuffer'
  return undefined
}

interface Found {
  readonly culprit: unknown
  readonly path: string
}

function findRefused(value: unknown, path: string, seen: Set<object>): Found | undefined {
  if (typeof value === 'function' || typeof value === 'symbol') return { culprit: value, path }
  if (typeof value !== 'object' || value === null || seen.has(value)) return undefined
  seen.add(value)
  if (!isData(value)) {
    const known = travellingClass(value)
    if (typeof known === 'string') return { culprit: value, path }
    if (known.form) return findRefused(known.form.encode(value as never), `${path} (encoded)`, seen)
  }
  for (const [step, part] of partsOf(value)) {
    const found = findRefused(part, path + step, seen)
    if (found !== undefined) return found
  }
  return undefined
}

function isData(value: object): boolean {
  if (Array.isArray(value)) return Array.isArray(Object.getPrototypeOf(value))
  return isPlainObject(value) || value instanceof Group || DATA_CLASSES.some((name) => isExactly(value, name))
}
