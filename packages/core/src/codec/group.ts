/** The values of one key inside a task; stored, shuffled or collected it becomes an array. */
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

/** The row with groups turned to arrays, as it rests outside a task: `[k, group]` and `[k, [group, group]]`. */
export function plainRow(row: unknown): unknown {
  if (row instanceof Group) return row.toArray()
  if (!Array.isArray(row) || row.length !== 2) return row
  const value: unknown = row[1]
  if (value instanceof Group) return [row[0], value.toArray()]
  if (Array.isArray(value) && value.some((part) => part instanceof Group))
    return [row[0], value.map((part: unknown) => (part instanceof Group ? part.toArray() : part))]
  return row
}
