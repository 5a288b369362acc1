import { UsageError } from '../base/errors.ts'

/** Values that lie in a file, or in several pieces. */
export interface StoredValues<V> extends Iterable<V> {
  readonly size: number
}

/**
 * The values of one key inside a task: a view that can be read again and again.
 *
 * It becomes an array where it is stored, shuffled or collected. It has `size` and no `length`, since it is no array: code that takes it for one, and
 * sorts or indexes it, would change or miss the values of others. `toArray()` makes a copy that is yours. More values than
 * memory holds are read from a file each time, a little at a time, until the task ends.
 * @example
 * const groups = context.parallelize([['a', 1], ['a', 2]]).groupByKey()
 * await groups.mapValues((group) => [group.size, Math.max(...group), group.toArray()]).values().collect() // [[2, 2, [1, 2]]]
 */
export class Group<V> implements Iterable<V> {
  readonly #values: ArrayLike<V>
  readonly #from: number
  readonly #to: number
  #stored: StoredValues<V> | undefined

  /** @internal A view of [from, to) of `values`, which nobody changes. */
  constructor(values: ArrayLike<V>, from = 0, to = values.length) {
    this.#values = values
    this.#from = from
    this.#to = to
  }

  /** @internal */
  static stored<V>(values: StoredValues<V>): Group<V> {
    const group = new Group<V>([], 0, values.size)
    group.#stored = values
    return group
  }

  /** How many values there are. */
  get size(): number {
    return this.#to - this.#from
  }

  /**
   * The values in the order of partitions, each time from the first.
   * @example
   * const groups = context.parallelize([['a', 1], ['a', 2]]).groupByKey()
   * await groups.mapValues((group) => { let sum = 0; for (const n of group) sum += n; return sum }).collect() // [['a', 3]]
   */
  [Symbol.iterator](): IterableIterator<V> {
    if (this.#stored) return this.#stored[Symbol.iterator]() as IterableIterator<V>
    return new GroupIterator(this.#values, this.#from, this.#to)
  }

  /**
   * A copy of the values, which must fit into memory; it may be sorted and changed.
   * @example
   * const groups = context.parallelize([['a', 2], ['a', 1]]).groupByKey()
   * await groups.mapValues((group) => group.toArray().sort()).collect() // [['a', [1, 2]]]
   */
  toArray(): V[] {
    if (this.#stored) return Array.from(this.#stored)
    const values: V[] = []
    for (let i = this.#from; i < this.#to; i++) values.push(this.#values[i]!)
    return values
  }
}

/** Written by hand: a generator costs several times as much per value. */
class GroupIterator<V> implements IterableIterator<V> {
  readonly #values: ArrayLike<V>
  readonly #to: number
  #at: number

  constructor(values: ArrayLike<V>, from: number, to: number) {
    this.#values = values
    this.#at = from
    this.#to = to
  }

  next(): IteratorResult<V> {
    return this.#at < this.#to ? { done: false, value: this.#values[this.#at++]! } : { done: true, value: undefined }
  }

  [Symbol.iterator](): IterableIterator<V> {
    return this
  }
}

// For JavaScript, where no compiler says it. Not declared, so that TypeScript says it too.
Object.defineProperty(Group.prototype, 'length', {
  get() {
    throw new UsageError('a Group has no length, since it is no array: use its size, or toArray() for a copy')
  },
})

/** The row with groups turned to arrays, as it rests outside a task: `[k, group]` and `[k, [group, group]]`; the encoder finds all others. */
export function plainRow(row: unknown): unknown {
  if (row instanceof Group) return row.toArray()
  if (!Array.isArray(row) || row.length !== 2 || row[0] instanceof Group) return row
  const value = plainValue(row[1])
  return value === row[1] ? row : [row[0], value]
}

/** The value of a pair as it rests outside a task. */
export function plainValue(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Group) return value.toArray()
  if (Array.isArray(value) && value.some((part) => part instanceof Group))
    return value.map((part: unknown) => (part instanceof Group ? part.toArray() : part))
  return value
}
