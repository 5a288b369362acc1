import { UsageError } from '../base/errors.ts'

/**
 * The values of one key inside a task: a view that can be read again and again, and that becomes an array where it is
 * stored, shuffled or collected. It has `size` and no `length`, since it is no array: code that takes it for one, and
 * sorts or indexes it, would change or miss the values of others. `toArray()` makes a copy that is yours.
 * @example
 * const groups = context.parallelize([['a', 1], ['a', 2]]).groupByKey()
 * await groups.mapValues((group) => [group.size, Math.max(...group), group.toArray()]).values().collect() // [[2, 2, [1, 2]]]
 */
export class Group<V> implements Iterable<V> {
  readonly #values: readonly V[]

  constructor(values: readonly V[]) {
    this.#values = values
  }

  get size(): number {
    return this.#values.length
  }

  [Symbol.iterator](): Iterator<V> {
    return this.#values[Symbol.iterator]()
  }

  toArray(): V[] {
    return [...this.#values]
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
  const value: unknown = row[1]
  if (value instanceof Group) return [row[0], value.toArray()]
  if (Array.isArray(value) && value.some((part) => part instanceof Group))
    return [row[0], value.map((part: unknown) => (part instanceof Group ? part.toArray() : part))]
  return row
}
