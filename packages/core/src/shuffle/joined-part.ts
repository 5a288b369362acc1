/**
 * A stretch of a bucket's joined rows, for sub-tasks: all of them read the keys of the bucket and count, and so know which
 * rows of which keys are theirs. Values are read for these alone.
 */

import { valuesOf } from '../codec/columns/column.ts'
import { listOf } from '../codec/list-of.ts'
import { Group } from '../codec/group.ts'
import type { TaskSpills } from '../storage/task-spills.ts'
import { bucketBytes, heldBytes } from './bucket-stretches.ts'
import type { KeyIndex } from './key-index.ts'
import type { BucketPart } from './piece.ts'
import type { GroupedSide } from './bucket-side.ts'
import { indexFor } from './reduce.ts'
import type { PairColumns, Slice, SliceSource } from './slice.ts'
import { SpilledValues } from './spilled-values.ts'
import { AdaptiveIndex } from './value-index.ts'

/** So many rows are handed on at once: a key that is frequent on both sides makes more than memory holds. */
export const joinedRows = 4096

/** Which sides' rows are also joined with nothing, where the other side has no row of their key. */
export interface OuterSides {
  readonly left: boolean
  readonly right: boolean
}

export function* joinedPart(
  sides: readonly (readonly SliceSource[])[],
  { bucket, part }: BucketPart,
  outer: OuterSides,
  site: string,
  spills: TaskSpills,
): Generator<PairColumns> {
  const isHeld = bucketBytes(sides.flat())[bucket]! <= spills.budget / 2
  const [left, right] = sides.map((sources) => new Side(sources, bucket, isHeld)) as [Side, Side]
  const index = isHeld ? indexFor([...left.held, ...right.held], site) : new AdaptiveIndex(site)
  left.number(index)
  right.number(index)
  const { first, keys } = neededKeys(index.size, left.counts, right.counts, outer, part)
  if (keys.length === 0) return
  const ofLeft = left.read(
    keys.map((key) => key.left),
    first,
    spills,
  )
  const ofRight = right.read(
    keys.map((key) => key.right),
    first,
    spills,
  )
  const names = index.keys()
  if (ofLeft instanceof SpilledValues || ofRight instanceof SpilledValues)
    yield* storedProducts(names, first, keys, groupsOf(ofLeft), groupsOf(ofRight))
  else yield* heldProducts(names, first, keys, ofLeft, ofRight)
}

type Range = readonly [from: number, to: number]

/** The rows of a key that are to be made: which rows of each side meet, and which of what comes of them. */
interface NeededKey {
  readonly left: Range
  readonly right: Range
  readonly skip: number
  readonly rows: number
}

const noRows: NeededKey = { left: [0, 0], right: [0, 0], skip: 0, rows: 0 }

/** Those between two shares of all rows, one behind another from the key `first` on; counts are by key number. */
function neededKeys(
  size: number,
  lefts: Int32Array,
  rights: Int32Array,
  outer: OuterSides,
  part: Range,
): { first: number; keys: NeededKey[] } {
  // A side without rows takes part once, as undefined.
  const noLeft = outer.right ? 1 : 0
  const noRight = outer.left ? 1 : 0
  let total = 0
  for (let id = 0; id < size; id++) total += (lefts[id]! || noLeft) * (rights[id]! || noRight)
  // Both neighbours of a cut come to the same whole number.
  const from = Math.floor(total * part[0])
  const to = Math.floor(total * part[1])
  const keys: NeededKey[] = []
  let first = 0
  for (let id = 0, before = 0; id < size && before < to; id++) {
    const ofRight = rights[id]! || noRight
    const rows = (lefts[id]! || noLeft) * ofRight
    if (before + rows > from) {
      if (keys.length === 0) first = id
      keys.push(rows === 0 ? noRows : neededOf(Math.max(0, from - before), Math.min(rows, to - before), ofRight))
    }
    before += rows
  }
  return { first, keys }
}

/** Rows [from, to) of what `rights` rows make with each of the left. */
function neededOf(from: number, to: number, rights: number): NeededKey {
  const firstLeft = Math.floor(from / rights)
  const endLeft = Math.floor((to - 1) / rights) + 1
  const start = firstLeft * rights
  const rows = to - from
  return endLeft - firstLeft === 1
    ? { left: [firstLeft, endLeft], right: [from - start, to - start], skip: 0, rows }
    : { left: [firstLeft, endLeft], right: [0, rights], skip: from - start, rows }
}

/** The rows of one side in the bucket. */
class Side {
  readonly #sources: readonly SliceSource[]
  readonly #bucket: number
  /** With rows in the bucket. */
  readonly #slices: BucketSlice[] = []
  /** By key number, with zeros behind. */
  counts = new Int32Array(1024)

  constructor(sources: readonly SliceSource[], bucket: number, isHeld: boolean) {
    this.#sources = sources
    this.#bucket = bucket
    for (const source of sources) {
      const rows = source.starts[bucket + 1]! - source.starts[bucket]!
      if (rows > 0) this.#slices.push({ source, rows, ...(isHeld ? { held: source.load(bucket, bucket + 1) } : {}) })
    }
  }

  get held(): Slice[] {
    return this.#slices.flatMap(({ held }) => held ?? [])
  }

  /** Numbers and counts the keys, beside those of a side before; where the rows of each lie together, it looks at the first ones only. */
  number(index: KeyIndex): void {
    for (const slice of this.#slices) {
      const { source, rows } = slice
      const { keys } = slice.held ?? source.load(this.#bucket, this.#bucket + 1)
      const firstRows = source.firstRows(this.#bucket)
      const ids = new Int32Array(firstRows?.length ?? rows)
      if (firstRows)
        for (let n = 0; n < ids.length; n++)
          index.assign(keys, firstRows[n]!, firstRows[n]! + 1, ids.subarray(n, n + 1))
      else index.assign(keys, 0, rows, ids)
      const counts = this.#countsFor(index.size)
      if (firstRows) for (let n = 0; n < ids.length; n++) counts[ids[n]!]! += (firstRows[n + 1] ?? rows) - firstRows[n]!
      else for (let i = 0; i < rows; i++) counts[ids[i]!]!++
      slice.ids = ids
      slice.firstRows = firstRows
    }
  }

  #countsFor(keys: number): Int32Array {
    if (keys <= this.counts.length) return this.counts
    const grown = new Int32Array(2 * keys)
    grown.set(this.counts)
    return (this.counts = grown)
  }

  /** The values of rows `ranges[n]` of each key `first + n`, under the number n: in memory, or in a file. */
  read(ranges: readonly Range[], first: number, spills: TaskSpills): GroupedSide | SpilledValues {
    const keys = ranges.length
    const perRow = heldBytes(this.#sources) / this.#sources.reduce((sum, { rows }) => sum + rows, 0)
    const starts = new Int32Array(keys + 1)
    for (const [n, [from, to]] of ranges.entries()) starts[n + 1] = starts[n]! + to - from
    const rows = starts[keys]!
    if (rows * perRow > spills.budget / 4) {
      const spilled = new SpilledValues(spills)
      for (const { column, stretches } of this.#stretches(ranges, first)) {
        const picked: unknown[] = []
        const numbers: number[] = []
        for (const { number, from, to } of stretches)
          for (let row = from; row < to; row++) {
            numbers.push(number)
            picked.push(column[row])
          }
        spilled.add(Int32Array.from(numbers), picked, picked.length, picked.length * perRow, keys)
      }
      spilled.write(keys)
      return spilled
    }
    const values = listOf<unknown>(rows)
    const next = starts.slice()
    for (const { column, stretches } of this.#stretches(ranges, first))
      for (const { number, from, to } of stretches) {
        let at = next[number]!
        for (let row = from; row < to; row++) values[at++] = column[row]
        next[number] = at
      }
    return { values, starts }
  }

  /** By slice: where in a column of its values the rows of `ranges` lie. */
  *#stretches(ranges: readonly Range[], first: number): Generator<SliceStretches> {
    const keys = ranges.length
    const wantedFrom = Int32Array.from(ranges, (range) => range[0])
    const wantedTo = Int32Array.from(ranges, (range) => range[1])
    const seen = new Int32Array(keys)
    for (const { source, held, rows, ids, firstRows } of this.#slices) {
      const stretches: Stretch[] = []
      for (let n = 0; n < ids!.length; n++) {
        const number = ids![n]! - first
        if (number < 0 || number >= keys) continue
        const start = firstRows ? firstRows[n]! : n
        const count = firstRows ? (firstRows[n + 1] ?? rows) - start : 1
        const before = seen[number]!
        seen[number] = before + count
        const from = Math.max(0, wantedFrom[number]! - before)
        const to = Math.min(count, wantedTo[number]! - before)
        if (from >= to) continue
        stretches.push({ number, from: start + from, to: start + to })
      }
      if (stretches.length === 0) continue
      const base = stretches[0]!.from
      const slice = held ?? source.load(this.#bucket, this.#bucket + 1)
      const column = slice.valuesIn(base, stretches.at(-1)!.to)
      for (const stretch of stretches) {
        stretch.from -= base
        stretch.to -= base
      }
      yield { column: valuesOf(column), stretches }
    }
  }
}

interface Stretch {
  readonly number: number
  from: number
  to: number
}
interface SliceStretches {
  readonly column: ArrayLike<unknown>
  readonly stretches: readonly Stretch[]
}

interface BucketSlice {
  readonly source: SliceSource
  readonly rows: number
  /** Where the bucket fits. */
  readonly held?: Slice
  /** Of the rows whose keys were looked up: all, or the first of each key. */
  ids?: Int32Array
  firstRows?: Int32Array | undefined
}

function* heldProducts(
  names: ArrayLike<unknown>,
  first: number,
  keys: readonly NeededKey[],
  left: GroupedSide,
  right: GroupedSide,
): Generator<PairColumns> {
  let joinedKeys: unknown[] = []
  let joined: unknown[] = []
  for (let n = 0; n < keys.length; n++) {
    let { rows } = keys[n]!
    const key = names[first + n]
    const rightStart = right.starts[n]!
    const rightEnd = right.starts[n + 1]!
    const noLeft = left.starts[n] === left.starts[n + 1]
    const noRight = rightStart === rightEnd
    for (let l = left.starts[n]!, r = rightStart + keys[n]!.skip; rows > 0; l++, r = rightStart)
      for (; (r < rightEnd || (noRight && r === rightEnd)) && rows > 0; r++, rows--) {
        joinedKeys.push(key)
        joined.push([noLeft ? undefined : left.values[l], noRight ? undefined : right.values[r]])
        if (joined.length < joinedRows) continue
        yield { rows: joinedRows, keys: joinedKeys, values: joined }
        joinedKeys = []
        joined = []
      }
  }
  if (joined.length > 0) yield { rows: joined.length, keys: joinedKeys, values: joined }
}

/** The same for more values than memory holds: those of the right side are read as often as rows of the left need them. */
function* storedProducts(
  names: ArrayLike<unknown>,
  first: number,
  keys: readonly NeededKey[],
  leftOf: (n: number) => Group<unknown>,
  rightOf: (n: number) => Group<unknown>,
): Generator<PairColumns> {
  const nothing = [undefined]
  let joinedKeys: unknown[] = []
  let joined: unknown[] = []
  for (const [n, { skip, rows }] of keys.entries()) {
    if (rows === 0) continue
    const [lefts, rights] = [leftOf(n), rightOf(n)]
    let at = -skip
    product: for (const l of lefts.size === 0 ? nothing : lefts)
      for (const r of rights.size === 0 ? nothing : rights) {
        if (at++ < 0) continue
        joinedKeys.push(names[first + n])
        joined.push([l, r])
        if (joined.length === joinedRows) {
          yield { rows: joinedRows, keys: joinedKeys, values: joined }
          joinedKeys = []
          joined = []
        }
        if (at === rows) break product
      }
  }
  if (joined.length > 0) yield { rows: joined.length, keys: joinedKeys, values: joined }
}

/** To be asked in the order of numbers. */
function groupsOf(values: GroupedSide | SpilledValues): (n: number) => Group<unknown> {
  return values instanceof SpilledValues
    ? (n) => values.group(n)
    : (n) => new Group(values.values, values.starts[n], values.starts[n + 1])
}
