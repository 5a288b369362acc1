/**
 * The classes whose instances may stand in values. Bytes name a class by its key and never hold code: who reads them
 * has the class already, or refuses. The driver has one table; each slot has its own, since it has its own copies.
 */
import { UsageError } from '../base/errors.ts'

export interface KnownClass {
  /** What bytes call it. */
  readonly key: string
  readonly type: Function
  /** How the user says that instances become data and come back; without it, their own properties travel. */
  readonly form?: InstanceForm
  /** Why the own properties of an instance are not all of it. */
  readonly unreadable?: string | undefined
}

export interface InstanceForm {
  readonly encode: (instance: never) => unknown
  readonly decode: (data: never) => object
}

export class ValueClasses {
  readonly #byPrototype = new WeakMap<object, KnownClass>()
  readonly #byKey = new Map<string, KnownClass>()
  /** Who reads here, for errors. */
  readonly owner: string
  /** Takes in a class that is not known yet, or says why that cannot be. */
  meet: ((type: Function) => KnownClass | string) | undefined

  constructor(owner: string) {
    this.owner = owner
  }

  /** The last class of a key is the one that instances come back as, unless it is registered. */
  add(known: KnownClass): void {
    const prototype = known.type.prototype as object
    const registered = known.form ? undefined : this.#byKey.get(known.key)
    if (registered?.form) {
      // A copy of it that some closure has for itself.
      this.#byPrototype.set(prototype, { ...registered, type: known.type })
      return
    }
    this.#byPrototype.set(prototype, known)
    this.#byKey.set(known.key, known)
  }

  withKey(key: string): KnownClass | undefined {
    return this.#byKey.get(key)
  }

  knows(type: Function): KnownClass | undefined {
    return this.#byPrototype.get(type.prototype as object)
  }

  /** The class of an instance, or why it has none. */
  ofInstance(instance: object): KnownClass | string {
    const prototype = Object.getPrototypeOf(instance) as object
    const known = this.#byPrototype.get(prototype)
    if (known) return known
    const type: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value
    if (typeof type !== 'function' || type.prototype !== prototype || !isClass(type))
      return 'is not data and cannot be sent or stored; convert it to a plain object'
    if (this.meet) return this.meet(type)
    return (
      `is of a class that the driver does not know, since it was made inside a task; define the class outside of the ` +
      `function, or register it: registerClass(${type.name || 'Class'}, { encode, decode })`
    )
  }

  /** @throws UsageError where bytes name a class that is not known here. */
  read(key: string): KnownClass {
    const known = this.#byKey.get(key)
    if (known) return known
    const name = key.replace(/#\d+$/, '')
    throw new UsageError(
      `a value holds an instance of class ${name}, which ${this.owner} does not know; call registerClass(${name}, ...) ` +
        'on the driver before the dataset is made',
    )
  }
}

export function isClass(type: Function): boolean {
  return /^class\b/.test(Function.prototype.toString.call(type))
}

/** What the driver knows: classes that were registered, captured by its functions, or met in its values. */
export const driverClasses = new ValueClasses('the driver')

let current = driverClasses

/** The table of whoever runs now. */
export function currentClasses(): ValueClasses {
  return current
}

/** For a thread that is one slot's. */
export function useClasses(table: ValueClasses): void {
  current = table
}

/** Runs with the classes of a slot; in a `memory` cluster slots share their thread with the driver. */
export function withClasses<T>(table: ValueClasses, run: () => T): T {
  const before = current
  current = table
  try {
    return run()
  } finally {
    current = before
  }
}
