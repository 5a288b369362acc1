/** Makes the driver's classes known to executors: by the user's word, or since a value holds an instance. */

import { callSite, describeCallSite } from '../base/call-site.ts'
import { ClosureError, UsageError } from '../base/errors.ts'
import { driverClasses, isClass, type KnownClass } from '../codec/classes.ts'
import { captureClosure } from './capture.ts'
import { shippedClasses } from './class-units.ts'

/** How instances of a class travel. */
export interface ClassForm<T extends object, D> {
  /** What encoded values call the class; by default its own name. */
  readonly name?: string
  /** What an instance is made of, as data. */
  readonly encode: (instance: T) => D
  /** Makes an instance of what `encode` returned. */
  readonly decode: (data: D) => T
}

/**
 * Says how instances of a class travel: needed where it has private fields or extends Map, Date and the like, or where
 * other programs read its rows from object files. Elsewhere it makes rows smaller, if `encode` names fewer parts, in about
 * the same time. Call it on the driver, before datasets hold instances; class and functions are sent
 * to all executors, as closures are. On the driver, results become instances by this very `decode`, never by code of theirs.
 * @throws UsageError where the name is taken by another class; ClosureError where class or functions cannot travel.
 * @example
 * class Money {
 *   #cents: number
 *   constructor(cents: number) { this.#cents = cents }
 *   get cents() { return this.#cents }
 * }
 * registerClass(Money, { encode: (money) => money.cents, decode: (cents) => new Money(cents) })
 * const prices = context.parallelize([new Money(250)]).map((price) => new Money(price.cents * 2))
 * await prices.collect().then(([price]) => price!.cents) // 500
 */
export function registerClass<T extends object, D>(
  type: abstract new (...args: never[]) => T,
  form: ClassForm<T, D>,
): void {
  const site = callSite('registerClass')
  const at = describeCallSite(site)
  if (typeof type !== 'function' || !isClass(type)) throw new UsageError(`${at} needs a class as its first argument`)
  const { name = type.name, encode, decode } = (form ?? {}) as Partial<ClassForm<T, D>>
  if (typeof encode !== 'function' || typeof decode !== 'function')
    throw new UsageError(`${at} needs two functions: registerClass(${type.name}, { encode, decode })`)
  if (typeof name !== 'string' || name === '' || name.includes('#'))
    throw new UsageError(`${at} needs a name without # for the class: registerClass(Class, { name, encode, decode })`)
  const taken = driverClasses.withKey(name)
  // A cell of a notebook that runs again makes the class again.
  if (taken && taken.type !== type && String(taken.type) !== String(type))
    throw new UsageError(`${at}: another class is registered as '${name}'; give this one a name of its own: { name }`)
  const known: KnownClass = { key: name, type, form: { encode, decode } as NonNullable<KnownClass['form']> }
  const { hash, bytes, chunks, warnings } = captureClosure(() => [type, encode, decode], site)
  for (const warning of warnings) process.emitWarning(`${at}: ${warning}`)
  driverClasses.add(known)
  shippedClasses.set(name, { key: name, hash, bytes, chunks, registered: true })
}

/** Takes in the class of an instance that a value of the driver holds; says why where it cannot be sent. */
export function meetClass(type: Function): KnownClass | string {
  try {
    for (const warning of captureClosure(type, callSite('encode')).warnings) process.emitWarning(warning)
  } catch (error) {
    if (error instanceof ClosureError)
      return `is of a class that cannot be sent: ${error.message.replace(/^.*? to executors: /, '')}`
    throw error
  }
  return driverClasses.knows(type) ?? 'cannot be sent or stored; convert it to a plain object'
}
