/** A list to be filled in any order; `Array.from({ length })` takes twenty times as long to make one. */
export function listOf<T>(length: number): T[] {
  // oxlint-disable-next-line unicorn/no-new-array
  return new Array<T>(length)
}
