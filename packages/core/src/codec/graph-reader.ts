/** Reads what GraphWriter wrote. All buffers it returns are fresh, so nothing aliases the input. */
import { InternalError, UsageError } from '../base/errors.ts'
import { alignUp } from './block-layout.ts'
import { currentClasses } from './classes.ts'
import { ERRORS, TAG, VIEWS } from './graph-tags.ts'
import { describeValue } from './kinds.ts'
import { bufferOver } from './text.ts'
import { ValueMap } from './value-map.ts'

export class GraphReader {
  readonly #bytes: Buffer
  #position: number
  readonly #names: string[] = []
  #begun: object[] = []

  constructor(bytes: Uint8Array, position: number) {
    this.#bytes = bufferOver(bytes)
    this.#position = position
  }

  read(): unknown {
    this.#begun = []
    return this.#value()
  }

  #value(): unknown {
    const tag = this.#byte()
    switch (tag) {
      case TAG.undefined:
        return undefined
      case TAG.null:
        return null
      case TAG.false:
        return false
      case TAG.true:
        return true
      case TAG.int:
        return this.#varint()
      case TAG.negativeInt:
        return -this.#varint()
      case TAG.double:
        return this.#double()
      case TAG.ascii:
        return this.#text('latin1', this.#varint())
      case TAG.utf8:
        return this.#text('utf8', this.#varint())
      case TAG.utf16:
        return this.#text('utf16le', this.#varint() * 2)
      case TAG.bigint:
        return this.#bigint()
      case TAG.negativeBigint:
        return -this.#bigint()
      case TAG.reference:
        return this.#begun[this.#varint()]
      case TAG.array:
        return this.#array()
      case TAG.sparseArray:
        return this.#sparseArray()
      case TAG.object:
        return this.#properties(this.#begin<object>({}))
      case TAG.nullPrototypeObject:
        return this.#properties(this.#begin(Object.create(null) as object))
      case TAG.date:
        return this.#begin(new Date(this.#double()))
      case TAG.map:
        return this.#map(new Map())
      case TAG.valueMap:
        return this.#map(new ValueMap())
      case TAG.set:
        return this.#set()
      case TAG.regExp:
        return this.#regExp()
      case TAG.error:
        return this.#error()
      case TAG.arrayBuffer:
        return this.#begin(this.#bulk())
      case TAG.view:
        return this.#view()
      case TAG.boxed:
        return this.#boxed()
      case TAG.instance:
        return this.#instance()
      case TAG.registered:
        return this.#registered()
      case TAG.sharedView:
        return this.#sharedView()
      default:
        throw new InternalError(`encoded value holds an unknown tag ${tag} at byte ${this.#position - 1}`)
    }
  }

  /** Numbers objects in the order in which the writer began them. */
  #begin<T extends object>(value: T): T {
    this.#begun.push(value)
    return value
  }

  #byte(): number {
    const value = this.#bytes[this.#position++]
    if (value === undefined) throw new InternalError('encoded value ends too early')
    return value
  }

  #varint(): number {
    let value = 0
    for (let scale = 1; ; scale *= 0x80) {
      const next = this.#byte()
      value += (next & 0x7f) * scale
      if (next < 0x80) return value
    }
  }

  #double(): number {
    const value = this.#bytes.readDoubleLE(this.#position)
    this.#position += 8
    return value
  }

  /** Moves past `length` bytes and gives where they begin. */
  #skip(length: number): number {
    const start = this.#position
    if (start + length > this.#bytes.length) throw new InternalError('encoded value ends too early')
    this.#position = start + length
    return start
  }

  #text(encoding: BufferEncoding, byteLength: number): string {
    const start = this.#skip(byteLength)
    return this.#bytes.toString(encoding, start, start + byteLength)
  }

  #bigint(): bigint {
    return BigInt(`0x${this.#text('latin1', this.#varint())}`)
  }

  #name(): string {
    const id = this.#varint()
    if (id === this.#names.length) this.#names.push(this.#value() as string)
    return this.#names[id]!
  }

  #array(): unknown[] {
    const result = this.#begin<unknown[]>([])
    const length = this.#varint()
    for (let i = 0; i < length; i++) result.push(this.#value())
    return result
  }

  #sparseArray(): object {
    const result = this.#begin<unknown[]>([])
    result.length = this.#varint()
    return this.#properties(result)
  }

  #properties(result: object): object {
    const count = this.#varint()
    for (let i = 0; i < count; i++) {
      const name = this.#name()
      const value = this.#value()
      if (name === '__proto__') define(result, name, value, true)
      else (result as Record<string, unknown>)[name] = value
    }
    return result
  }

  #map(empty: Map<unknown, unknown>): Map<unknown, unknown> {
    const result = this.#begin(empty)
    const size = this.#varint()
    for (let i = 0; i < size; i++) result.set(this.#value(), this.#value())
    return result
  }

  #set(): Set<unknown> {
    const result = this.#begin(new Set<unknown>())
    const size = this.#varint()
    for (let i = 0; i < size; i++) result.add(this.#value())
    return result
  }

  #regExp(): RegExp {
    const result = this.#begin(new RegExp(this.#value() as string, this.#value() as string))
    result.lastIndex = this.#value() as number
    return result
  }

  #error(): object {
    const name = ERRORS[this.#byte()]
    if (name === undefined) throw new InternalError('encoded value holds an unknown error class')
    const result = this.#begin<object>(name === 'AggregateError' ? new AggregateError([]) : new globalThis[name]())
    for (const own of Object.getOwnPropertyNames(result)) Reflect.deleteProperty(result, own)
    const count = this.#varint()
    for (let i = 0; i < count; i++) {
      const property = this.#name()
      const enumerable = this.#byte() === 1
      define(result, property, this.#value(), enumerable)
    }
    return result
  }

  /** Its own properties under the prototype of its class: no constructor and no setter runs. */
  #instance(): object {
    const { type } = currentClasses().read(this.#name())
    const prototype = type.prototype as object
    const tag = this.#byte()
    if (tag !== TAG.object) {
      this.#position--
      return Object.setPrototypeOf(this.#value(), prototype) as object
    }
    const result = this.#begin(Object.create(prototype) as object)
    const count = this.#varint()
    for (let i = 0; i < count; i++) {
      const name = this.#name()
      const value = this.#value()
      if (name in result) define(result, name, value, true)
      else (result as Record<string, unknown>)[name] = value
    }
    return result
  }

  /** By the reader's own function, of data alone. */
  #registered(): object {
    const place = this.#begun.push({}) - 1
    const { form, type } = currentClasses().read(this.#name())
    if (form === undefined) throw new InternalError(`class ${type.name} lost its registration`)
    const value: unknown = form.decode(this.#value() as never)
    if (!(value instanceof type))
      throw new UsageError(`registerClass(${type.name}): decode returned ${describeValue(value)}, not a ${type.name}`)
    this.#begun[place] = value
    return value
  }

  #sharedView(): object {
    const place = this.#begun.push({}) - 1
    const kind = this.#byte()
    const offset = this.#varint()
    const byteLength = this.#varint()
    const view = this.#viewOf(kind, this.#value() as ArrayBuffer, offset, byteLength)
    this.#begun[place] = view
    return view
  }

  #view(): object {
    const kind = this.#byte()
    const buffer = this.#bulk()
    return this.#begin(this.#viewOf(kind, buffer, 0, buffer.byteLength))
  }

  #viewOf(kind: number, buffer: ArrayBuffer, offset: number, byteLength: number): object {
    const name = VIEWS[kind]
    if (name === undefined) throw new InternalError('encoded value holds an unknown kind of view')
    if (name === 'Buffer') return Buffer.from(buffer, offset, byteLength)
    // The constructors have no common type, but all of these take a buffer.
    const View = globalThis[name] as (new (buffer: ArrayBuffer, offset: number, length: number) => object) & {
      BYTES_PER_ELEMENT?: number
    }
    return new View(buffer, offset, byteLength / (View.BYTES_PER_ELEMENT ?? 1))
  }

  /** An ArrayBuffer of its own; neither way fills it with zeros first. */
  #bulk(): ArrayBuffer {
    const length = this.#varint()
    this.#position = alignUp(this.#position)
    const start = this.#skip(length)
    const { buffer, byteOffset } = this.#bytes
    if (buffer instanceof ArrayBuffer) return buffer.slice(byteOffset + start, byteOffset + start + length)
    const result = Buffer.allocUnsafeSlow(length)
    result.set(this.#bytes.subarray(start, start + length))
    return result.buffer
  }

  #boxed(): object {
    const place = this.#begun.push({}) - 1
    const value = Object(this.#value()) as object
    this.#begun[place] = value
    return value
  }
}

function define(target: object, name: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(target, name, { value, enumerable, writable: true, configurable: true })
}
