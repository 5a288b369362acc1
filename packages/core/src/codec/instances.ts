/** Whether an instance is all in its own properties, so that these and its class make an equal one. */
import { types } from 'node:util'
import { currentClasses, type KnownClass } from './classes.ts'

let isLasting = false

/** For bytes that other programs read: a class that is not registered has a name in this one alone. */
export function withLastingNames<T>(run: () => T): T {
  isLasting = true
  try {
    return run()
  } finally {
    isLasting = false
  }
}

/** Its class, or why it cannot travel. */
export function travellingClass(instance: object): KnownClass | string {
  if (types.isProxy(instance)) return 'cannot be sent or stored; use the object behind it'
  if (isLocked(instance)) return 'is not data and cannot be sent or stored; convert it to a plain object'
  const known = currentClasses().ofInstance(instance)
  if (typeof known === 'string' || known.form) return known
  const { name } = known.type
  if (isLasting) {
    return (
      `is of a class without a name that outlives this program; register it before it is saved: ` +
      `registerClass(${known.type.name || 'Class'}, { encode, decode })`
    )
  }
  const cure = `say how it travels: registerClass(${name || 'Class'}, { encode, decode })`
  if (known.unreadable !== undefined) return `${known.unreadable}; ${cure}`
  if (hasHiddenContents(instance)) return `has contents besides its properties; ${cure}`
  return known
}

/** What lives in one process, whatever class it has. */
function isLocked(value: object): boolean {
  return (
    types.isPromise(value) ||
    types.isWeakMap(value) ||
    types.isWeakSet(value) ||
    types.isGeneratorObject(value) ||
    types.isExternal(value) ||
    types.isSharedArrayBuffer(value)
  )
}

function hasHiddenContents(value: object): boolean {
  return (
    types.isMap(value) ||
    types.isSet(value) ||
    types.isDate(value) ||
    types.isRegExp(value) ||
    types.isAnyArrayBuffer(value) ||
    types.isBoxedPrimitive(value) ||
    ArrayBuffer.isView(value)
  )
}
