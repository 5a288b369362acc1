/** The kinds of cluster that `master` names. */

import { availableParallelism } from 'node:os'
import { UsageError } from './errors.ts'

export type Master =
  | { readonly kind: 'memory'; readonly executors: number }
  | { readonly kind: 'local'; readonly slots: number }
  | { readonly kind: 'local-cluster'; readonly executors: number; readonly cores: number }

/** More threads than any machine runs at once; starting them would take all of its memory. */
const mostSlots = 1024

/** Parses `memory`, `memory[n]`, `local`, `local[n]`, `local[*]` and `local-cluster[n,cores]`. */
export function parseMaster(text: string): Master {
  const match = /^(memory|local|local-cluster)(?:\[(\*|\d+)(?:,(\d+))?\])?$/.exec(text)
  const first = match?.[2] === '*' ? availableParallelism() : Number(match?.[2] ?? (match?.[1] === 'local' ? 1 : 2))
  const second = match?.[3]
  if (first * Number(second ?? 1) > mostSlots)
    throw new UsageError(`master '${text}' asks for more than ${mostSlots} slots, each a thread of this machine`)
  if (match && first >= 1) {
    if (match[1] === 'memory' && !second) return { kind: 'memory', executors: first }
    if (match[1] === 'local' && !second) return { kind: 'local', slots: first }
    if (match[1] === 'local-cluster' && Number(second) >= 1)
      return { kind: 'local-cluster', executors: first, cores: Number(second) }
  }
  throw new UsageError(
    `master '${text}' is none of local, local[n], local[*], local-cluster[n,cores] and memory[n] (n, cores >= 1)`,
  )
}
