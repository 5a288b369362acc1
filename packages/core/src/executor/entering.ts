/** Whose turn it is, for errors and accumulators, where one step reads what others make. */

/** What comes from upstream; each time that something has come, and at the end, the reader goes on. */
export function* entering<T>(items: Iterable<T>, enter: () => void): Generator<T> {
  for (const item of items) {
    enter()
    yield item
  }
  enter()
}
