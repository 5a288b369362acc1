/**
 * Writes any value that is data as tagged bytes, exactly: cycles, shared references, holes, -0, null prototypes, own
 * `__proto__`, lone surrogates, errors with their properties; typed arrays as one aligned copy. structuredClone and
 * v8.serialize lose null prototypes, RegExp.lastIndex and the own properties of errors; this does not.
 */
import { types } from 'node:util'
import type { ByteWriter } from './byte-writer.ts'
import { Group } from './group.ts'
import { ERRORS, TAG, VIEWS } from './graph-tags.ts'
import { isExactly, isPlainObject } from './kinds.ts'
import { refusalOf } from './refusal.ts'
import { isWellFormed } from './text.ts'

export class GraphWriter {
  readonly #out: ByteWriter
  /** Property names are written once per writer. */
  readonly #names = new Map<string, number>()
  readonly #begun = new Map<object, number>()
  #root: unknown

  constructor(out: ByteWriter) {
    this.#out = out
  }

  /** Writes one value; references are kept inside it, not between the values of one writer. */
  write(root: unknown): void {
    this.#root = root
    this.#value(root)
    this.#begun.clear()
  }

  #value(value: unknown): void {
    const out = this.#out
    switch (typeof value) {
      case 'undefined':
        return out.byte(TAG.undefined)
      case 'boolean':
        return out.byte(value ? TAG.true : TAG.false)
      case 'number':
        return this.#number(value)
      case 'string':
        return this.#string(value)
      case 'bigint':
        out.byte(value < 0n ? TAG.negativeBigint : TAG.bigint)
        return this.#ascii((value < 0n ? -value : value).toString(16))
      case 'object':
        return value === null ? out.byte(TAG.null) : this.#object(value)
      default:
        throw refusalOf(this.#root)
    }
  }

  #number(value: number): void {
    const out = this.#out
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
      out.byte(value < 0 ? TAG.negativeInt : TAG.int)
      out.varint(Math.abs(value))
    } else {
      out.byte(TAG.double)
      out.double(value)
    }
  }

  #string(text: string): void {
    const out = this.#out
    if (!isWellFormed(text)) {
      out.byte(TAG.utf16)
      out.varint(text.length)
      return out.utf16(text)
    }
    const byteLength = Buffer.byteLength(text)
    out.byte(byteLength === text.length ? TAG.ascii : TAG.utf8)
    out.varint(byteLength)
    out.utf8(text, byteLength)
  }

  #ascii(text: string): void {
    this.#out.varint(text.length)
    this.#out.utf8(text, text.length)
  }

  #name(name: string): void {
    const known = this.#names.get(name)
    this.#out.varint(known ?? this.#names.size)
    if (known !== undefined) return
    this.#names.set(name, this.#names.size)
    this.#string(name)
  }

  #object(value: object): void {
    const begun = this.#begun.get(value)
    if (begun !== undefined) {
      this.#out.byte(TAG.reference)
      return this.#out.varint(begun)
    }
    this.#begun.set(value, this.#begun.size)
    if (Array.isArray(value)) return this.#array(value)
    if (isPlainObject(value)) {
      this.#out.byte(Object.getPrototypeOf(value) === null ? TAG.nullPrototypeObject : TAG.object)
      return this.#properties(value)
    }
    if (ArrayBuffer.isView(value)) return this.#view(value)
    if (types.isArrayBuffer(value) && isExactly(value, 'ArrayBuffer')) {
      this.#out.byte(TAG.arrayBuffer)
      return this.#bulk(new Uint8Array(value))
    }
    if (types.isDate(value) && isExactly(value, 'Date')) {
      this.#out.byte(TAG.date)
      return this.#out.double(value.getTime())
    }
    this.#rareObject(value)
  }

  #rareObject(value: object): void {
    const out = this.#out
    if (types.isMap(value) && isExactly(value, 'Map')) {
      out.byte(TAG.map)
      out.varint(value.size)
      for (const [key, item] of value) {
        this.#value(key)
        this.#value(item)
      }
    } else if (types.isSet(value) && isExactly(value, 'Set')) {
      out.byte(TAG.set)
      out.varint(value.size)
      for (const item of value) this.#value(item)
    } else if (types.isRegExp(value) && isExactly(value, 'RegExp')) {
      out.byte(TAG.regExp)
      this.#string(value.source)
      this.#string(value.flags)
      this.#number(value.lastIndex)
    } else if (value instanceof Group) {
      this.#array(value.toArray())
    } else if (types.isNativeError(value)) {
      this.#error(value)
    } else if (types.isBoxedPrimitive(value) && !types.isSymbolObject(value)) {
      const primitive: unknown = value.valueOf()
      if (!isExactly(value, Object(primitive).constructor.name)) throw refusalOf(this.#root)
      out.byte(TAG.boxed)
      this.#value(primitive)
    } else {
      throw refusalOf(this.#root)
    }
  }

  #array(value: readonly unknown[]): void {
    if (!Array.isArray(Object.getPrototypeOf(value))) throw refusalOf(this.#root)
    if (!isDense(value)) {
      this.#out.byte(TAG.sparseArray)
      this.#out.varint(value.length)
      return this.#properties(value)
    }
    this.#out.byte(TAG.array)
    this.#out.varint(value.length)
    for (let i = 0; i < value.length; i++) this.#value(value[i])
  }

  #properties(value: object): void {
    const names = Object.keys(value)
    this.#out.varint(names.length)
    for (const name of names) {
      this.#name(name)
      this.#value((value as Record<string, unknown>)[name])
    }
  }

  /** All own properties, since message, stack and cause are hidden ones. */
  #error(value: Error): void {
    const kind = ERRORS.findIndex((name) => isExactly(value, name))
    if (kind < 0) throw refusalOf(this.#root)
    const names = Object.getOwnPropertyNames(value)
    this.#out.byte(TAG.error)
    this.#out.byte(kind)
    this.#out.varint(names.length)
    for (const name of names) {
      this.#name(name)
      this.#out.byte(Object.prototype.propertyIsEnumerable.call(value, name) ? 1 : 0)
      this.#value((value as unknown as Record<string, unknown>)[name])
    }
  }

  #view(view: ArrayBufferView): void {
    const kind = Buffer.isBuffer(view) ? VIEWS.indexOf('Buffer') : VIEWS.findIndex((name) => isExactly(view, name))
    if (kind < 0) throw refusalOf(this.#root)
    this.#out.byte(TAG.view)
    this.#out.byte(kind)
    this.#bulk(new Uint8Array(view.buffer, view.byteOffset, view.byteLength))
  }

  #bulk(bytes: Uint8Array): void {
    this.#out.varint(bytes.length)
    this.#out.alignedBytes(bytes)
  }
}

/** Neither holes nor named properties. */
function isDense(value: readonly unknown[]): boolean {
  for (let i = 0; i < value.length; i++) if (value[i] === undefined && !Object.hasOwn(value, i)) return false
  return !hasNamedProperties(value)
}

/** Longer arrays are asked only for what a regular expression match carries: listing their keys costs more than coding. */
const LISTED_LENGTH = 32

/** Whether a dense array carries own properties besides its elements, such as `index` of a match. */
export function hasNamedProperties(value: readonly unknown[]): boolean {
  if ((value as { index?: unknown }).index !== undefined) return true
  return value.length <= LISTED_LENGTH && Object.keys(value).length !== value.length
}
