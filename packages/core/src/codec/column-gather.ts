/** Turns rows into typed columns, when primitives or arrays of equal length around them give all rows back exactly. */
import { type Kind, KIND } from './block-layout.ts'
import { areInt32 } from './columns/number-column.ts'
import { dictionaryOf } from './dictionary.ts'
import { shapeOf, takePlaces } from './take-places.ts'
import { isWellFormed } from './text.ts'

export interface Column {
  readonly kind: Kind
  /** All rows are equal and `data` holds the value once. */
  readonly repeated: boolean
  readonly data: Uint8Array
  readonly offsets?: Uint32Array
  /** The values of a dictionary. */
  readonly table?: readonly unknown[]
  /** The columns of a tuple's places. */
  readonly places?: readonly Column[]
}

/** The lists of arrays met so far, to notice an array that is a part of its row twice. */
type Lists = (readonly unknown[])[]

const NO_DATA = new Uint8Array(0)
/** Each pair of lists is compared, so few are allowed. */
const MAX_LISTS = 5

/** The column of these rows, or undefined when they are mixed, or hold objects or bigints. */
export function gatherColumn(rows: readonly unknown[], lists: Lists = []): Column | undefined {
  const first = rows[0]
  switch (typeof first) {
    case 'number':
      return gatherNumbers(rows)
    case 'string':
      return gatherDictionary(rows) ?? gatherStrings(rows)
    case 'boolean':
      return gatherBooleans(rows) ?? gatherDictionary(rows)
    case 'undefined':
      return allSame(rows) ? { kind: KIND.undefined, repeated: true, data: NO_DATA } : gatherDictionary(rows)
    case 'object':
      if (first !== null) return gatherRecords(rows, lists)
      return allSame(rows) ? { kind: KIND.null, repeated: true, data: NO_DATA } : gatherDictionary(rows)
    default:
      return undefined
  }
}

function gatherRecords(rows: readonly unknown[], lists: Lists): Column | undefined {
  const shape = shapeOf(rows[0])
  if (shape === undefined || lists.length === MAX_LISTS || lists.some((list) => meetsAnywhere(list, rows)))
    return undefined
  const taken = takePlaces(rows, shape)
  if (!taken) return undefined
  lists.push(rows)
  const places: Column[] = []
  for (const values of taken) {
    const column = values instanceof Float64Array ? numberColumn(values) : gatherColumn(values, lists)
    if (column === undefined) return undefined
    places.push(column)
  }
  if (typeof shape !== 'number')
    return { kind: KIND.object, repeated: false, data: Buffer.from(JSON.stringify(shape)), places }
  // Holes read as undefined.
  const hasHoles = places.some(
    ({ kind, table }, place) =>
      (kind === KIND.undefined || table?.includes(undefined)) &&
      !rows.every((row) => Object.hasOwn(row as object, place)),
  )
  return hasHoles ? undefined : { kind: KIND.tuple, repeated: false, data: NO_DATA, places }
}

function meetsAnywhere(a: readonly unknown[], b: readonly unknown[]): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] === b[i]) return true
  return false
}

function gatherNumbers(values: readonly unknown[]): Column | undefined {
  const rows = values.length
  const doubles = new Float64Array(rows)
  for (let i = 0; i < rows; i++) {
    const value = values[i]
    if (typeof value !== 'number') return undefined
    doubles[i] = value
  }
  return numberColumn(doubles)
}

/** Int32 for integers without -0; float64 otherwise, which holds NaN and -0. */
function numberColumn(values: Float64Array): Column {
  if (!areInt32(values, 0, values.length)) return { kind: KIND.float64, repeated: false, data: bytesOver(values) }
  const ints = new Int32Array(values)
  const repeated = ints.every((int) => int === ints[0])
  return { kind: KIND.int32, repeated, data: bytesOver(repeated ? ints.slice(0, 1) : ints) }
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

function gatherDictionary(values: readonly unknown[]): Column | undefined {
  const dictionary = dictionaryOf(values, values.length, values.length)
  return dictionary && { kind: KIND.dictionary, repeated: false, data: dictionary.codes, table: dictionary.table }
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
