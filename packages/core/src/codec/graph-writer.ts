/**
 * Writes any value that is data as tagged bytes, exactly: cycles, shared references, holes, -0, null prototypes, own
 * `__proto__`, lone surrogates, errors with their properties; typed arrays as one aligned copy. structuredClone and
 * v8.serialize lose null prototypes, RegExp.lastIndex and the own properties of errors; this does not.
 */
import { types } from 'node:util'
import type { ByteWriter } from './byte-writer.ts'
import { UsageError } from '../base/errors.ts'
import { Group } from './group.ts'
import { ERRORS, TAG, VIEWS } from './graph-tags.ts'
import { travellingClass } from './instances.ts'
import { isExactly, isPlainObject } from './kinds.ts'
import { refusalOf } from './refusal.ts'
import { findSharedRanges, mayShare, type SharedRange } from './shared-ranges.ts'
import { isWellFormed } from './text.ts'
import { ValueMap } from './value-map.ts'

export class GraphWriter {
  readonly #out: ByteWriter
  /** Property names are written once per writer. */
  readonly #names = new Map<string, number>()
  readonly #begun = new Map<object, number>()
  /** Buffers of the views met so far; one that is met again makes the writer look for all that is shared. */
  readonly #buffers = new Set<object>()
  /** Registered instances that are being encoded: one inside itself could not be read. */
  readonly #encoding = new Set<object>()
  #ranges: ReadonlyMap<object, SharedRange> | undefined
  #root: unknown

  constructor(out: ByteWriter) {
    this.#out = out
  }

  /** Writes one value; references are kept inside it, not between the values of one writer. */
  write(root: unknown): void {
    const start = this.#out.position
    const names = this.#names.size
    this.#root = root
    try {
      this.#value(root)
    } catch (error) {
      if (error !== buffersAreShared) throw error
      this.#out.position = start
      for (const name of [...this.#names.keys()].slice(names)) this.#names.delete(name)
      this.#begun.clear()
      this.#encoding.clear()
      this.#ranges = findSharedRanges(root)
      this.#value(root)
    }
    this.#begun.clear()
    if (this.#buffers.size > 0) this.#buffers.clear()
    this.#ranges = undefined
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
      if (this.#encoding.has(value))
        throw new UsageError(
          `what ${value.constructor.name}'s encode returns holds the instance itself; leave the way back out, and set it in decode`,
        )
      this.#out.byte(TAG.reference)
      return this.#out.varint(begun)
    }
    this.#begun.set(value, this.#begun.size)
    if (Array.isArray(value)) {
      return Array.isArray(Object.getPrototypeOf(value)) ? this.#array(value) : this.#instance(value)
    }
    if (isPlainObject(value)) {
      this.#out.byte(Object.getPrototypeOf(value) === null ? TAG.nullPrototypeObject : TAG.object)
      return this.#properties(value)
    }
    if (ArrayBuffer.isView(value)) return this.#view(value)
    if (types.isArrayBuffer(value) && isExactly(value, 'ArrayBuffer')) {
      this.#noteBuffer(value)
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
    const isByValue = value instanceof ValueMap
    if (isByValue || (types.isMap(value) && isExactly(value, 'Map'))) {
      out.byte(isByValue ? TAG.valueMap : TAG.map)
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
    } else if (types.isNativeError(value) && ERRORS.some((name) => isExactly(value, name))) {
      this.#error(value)
    } else if (isBoxed(value)) {
      out.byte(TAG.boxed)
      this.#value(value.valueOf())
    } else {
      this.#instance(value)
    }
  }

  #instance(value: object): void {
    const known = travellingClass(value)
    if (typeof known === 'string') throw refusalOf(this.#root)
    this.#out.byte(known.form ? TAG.registered : TAG.instance)
    this.#name(known.key)
    if (known.form) {
      this.#encoding.add(value)
      this.#value(known.form.encode(value as never))
      this.#encoding.delete(value)
    } else if (Array.isArray(value)) {
      this.#array(value)
    } else if (types.isNativeError(value)) {
      this.#error(value)
    } else {
      this.#out.byte(TAG.object)
      this.#properties(value)
    }
  }

  #array(value: readonly unknown[]): void {
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
    const names = Object.getOwnPropertyNames(value)
    this.#out.byte(TAG.error)
    // A subclass gets its prototype from its class.
    this.#out.byte(Math.max(kind, 0))
    this.#out.varint(names.length)
    for (const name of names) {
      this.#name(name)
      this.#out.byte(Object.prototype.propertyIsEnumerable.call(value, name) ? 1 : 0)
      this.#value((value as unknown as Record<string, unknown>)[name])
    }
  }

  #view(view: ArrayBufferView): void {
    const { buffer, byteOffset, byteLength } = view
    const kind = Buffer.isBuffer(view) ? VIEWS.indexOf('Buffer') : VIEWS.findIndex((name) => isExactly(view, name))
    if (kind < 0) return this.#instance(view)
    const range = this.#ranges?.get(buffer)
    if (range === undefined) {
      if (mayShare(view)) this.#noteBuffer(buffer)
      this.#out.byte(TAG.view)
      this.#out.byte(kind)
      return this.#bulk(new Uint8Array(buffer, byteOffset, byteLength))
    }
    this.#out.byte(TAG.sharedView)
    this.#out.byte(kind)
    this.#out.varint(byteOffset - range.from)
    this.#out.varint(byteLength)
    const begun = this.#begun.get(buffer)
    if (begun !== undefined) {
      this.#out.byte(TAG.reference)
      return this.#out.varint(begun)
    }
    this.#begun.set(buffer, this.#begun.size)
    this.#out.byte(TAG.arrayBuffer)
    this.#bulk(new Uint8Array(buffer, range.from, range.to - range.from))
  }

  #noteBuffer(buffer: object): void {
    if (this.#ranges === undefined && this.#buffers.has(buffer)) throw buffersAreShared
    this.#buffers.add(buffer)
  }

  #bulk(bytes: Uint8Array): void {
    this.#out.varint(bytes.length)
    this.#out.alignedBytes(bytes)
  }
}

/** Thrown to begin the value again, with the buffers known that several of its views see. */
const buffersAreShared = new Error('buffers are shared')

function isBoxed(value: object): boolean {
  if (!types.isBoxedPrimitive(value) || types.isSymbolObject(value)) return false
  return isExactly(value, (Object(value.valueOf()) as object).constructor.name)
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
