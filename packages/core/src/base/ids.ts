/** Branded identifiers, so that a stage's number cannot be passed where a dataset's is due. */

type Id<Name extends string> = number & { readonly __brand: Name }

export type DatasetId = Id<'dataset'>
export type ShuffleId = Id<'shuffle'>
export type StageId = Id<'stage'>
export type JobId = Id<'job'>
export type TaskId = Id<'task'>
export type BroadcastId = Id<'broadcast'>
export type AccumulatorId = Id<'accumulator'>
/** Text, since it is printed: the executor's address, or `local` and `memory-1` where there is none. */
export type ExecutorId = string & { readonly __brand: 'executor' }

/** A counter per kind; one per driver, so that ids are unique within a session and the same in each run. */
export interface IdSource {
  next<T extends number>(kind: string): T
}

export function createIdSource(): IdSource {
  const last = new Map<string, number>()
  return {
    next<T extends number>(kind: string): T {
      const id = (last.get(kind) ?? 0) + 1
      last.set(kind, id)
      return id as T
    },
  }
}

/** For handles that users hold: unique in the process, so that one context's is not taken for another's. */
export const handleIds: IdSource = createIdSource()
