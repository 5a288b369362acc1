/** Turns a list of primitives into a typed column, when one kind gives all of them back exactly. */
import { type Kind, KIND } from './block-layout.ts'
import { isWellFormed } from './text.ts'

export interface Column {
  readonly kind: Kind
  /** All rows are equal and `data` holds the value once. */
  readonly repeated: boolean
  readonly data: Uint8Array
  readonly offsets?: Uint32Array
}

/** The column of these values, or undefined when they are mixed, or not primitives, or bigints. */
export function gatherColumn(values: readonly unknown[]): Column | undefined {
  const first = values[0]
  switch (typeof first) {
    case 'number':
      return gatherNumbers(values)
    case 'string':
      return gatherStrings(values)
    case 'boolean':
      return gatherBooleans(values)
    case 'undefined':
      return allSame(values) ? { kind: KIND.undefined, repeated: true, data: new Uint8Array(0) } : undefined
    case 'object':
      return first === null && allSame(values)
        ? { kind: KIND.null, repeated: true, data: new Uint8Array(0) }
        : undefined
    default:
      return undefined
  }
}

/** Int32 for integers without -0; float64 otherwise, which holds NaN and -0. */
function gatherNumbers(values: readonly unknown[]): Column | undefined {
  const rows = values.length
  const ints = new Int32Array(rows)
  const first = values[0] as number
  let different = 0
  for (let i = 0; i < rows; i++) {
    const value = values[i]
    if (typeof value !== 'number') return undefined
    const int = value | 0
    if (int !== value || (int === 0 && 1 / value < 0)) return gatherDoubles(values)
    ints[i] = int
    different |= int ^ first
  }
  const repeated = different === 0
  return { kind: KIND.int32, repeated, data: bytesOver(repeated ? ints.slice(0, 1) : ints) }
}

function gatherDoubles(values: readonly unknown[]): Column | undefined {
  const rows = values.length
  const doubles = new Float64Array(rows)
  for (let i = 0; i < rows; i++) {
    const value = values[i]
    if (typeof value !== 'number') return undefined
    doubles[i] = value
  }
  return { kind: KIND.float64, repeated: false, data: bytesOver(doubles) }
}

function gatherBooleans(values: readonly unknown[]): Column | undefined {
  const data = new Uint8Array(values.length)
  for (let i = 0; i < values.length; i++) {
    const value = values[i]
    if (typeof value !== 'boolean') return undefined
    data[i] = value ? 1 : 0
  }
  return { kind: KIND.boolean, repeated: false, data }
}

/** Texts are copied by a loop up to this length; above it the call into the runtime pays. */
const LOOPED_LENGTH = 48

let scratch: Buffer = Buffer.allocUnsafeSlow(64 * 1024)

function gatherStrings(values: readonly unknown[]): Column | undefined {
  const offsets = new Uint32Array(values.length + 1)
  let position = 0
  let ascii = true
  for (let i = 0; i < values.length; i++) {
    const text = values[i]
    if (typeof text !== 'string') return undefined
    if (position + 3 * text.length > scratch.length) scratch = enlarged(scratch, position, 3 * text.length)
    const end = text.length <= LOOPED_LENGTH ? writeAscii(text, scratch, position) : -1
    if (end >= 0) {
      position = end
    } else {
      if (!isWellFormed(text)) return undefined
      const written = scratch.write(text, position, 'utf8')
      ascii &&= written === text.length
      position += written
    }
    offsets[i + 1] = position
  }
  const data = new Uint8Array(scratch.buffer.slice(0, position) as ArrayBuffer)
  if (scratch.length > MAX_SCRATCH_BYTES) scratch = Buffer.allocUnsafeSlow(64 * 1024)
  return { kind: ascii ? KIND.ascii : KIND.utf8, repeated: false, data, offsets }
}

const MAX_SCRATCH_BYTES = 4 * 1024 * 1024

/** The end of the written text, or -1 when a character is not ASCII. */
function writeAscii(text: string, target: Uint8Array, position: number): number {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit >= 0x80) return -1
    target[position + i] = unit
  }
  return position + text.length
}

function enlarged(buffer: Buffer, used: number, more: number): Buffer {
  const larger = Buffer.allocUnsafeSlow(Math.max(buffer.length * 2, used + more))
  larger.set(buffer.subarray(0, used))
  return larger
}

function allSame(values: readonly unknown[]): boolean {
  const first = values[0]
  for (let i = 1; i < values.length; i++) if (values[i] !== first) return false
  return true
}

function bytesOver(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
}
