/** What one task may hold outside of pages for runs, tables and groups before it goes on in files. */

/** Beside this share stand the pages themselves, the heap of user functions, and what fetching holds. */
const share = 4

/** The share of each of `slots` slots of an executor with so much memory; `GRIDIFY_EXECUTION_BYTES` sets another. */
export function executionBytes(memoryBytes: number, slots: number, environment = process.env): number {
  const given = Number(environment['GRIDIFY_EXECUTION_BYTES'])
  return given > 0 ? given : Math.floor(memoryBytes / (share * slots))
}
