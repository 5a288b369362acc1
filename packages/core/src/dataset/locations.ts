/** Where a user says that partitions lie: host names, or executors by their ids. */

import { inspect } from 'node:util'
import { describeCallSite, type CallSite } from '../base/call-site.ts'
import { UsageError } from '../base/errors.ts'

/**
 * For each partition, by a list or a function, the hosts or executors (`context.executors()` names both) on which its task would
 * rather run. A task waits for one of them up to `localityWaitMs`, then it runs anywhere; names of no executor are passed over.
 */
export type PreferredLocations = readonly (readonly string[])[] | ((partition: number) => readonly string[])

/** One list per partition. @throws UsageError that names the partition which has none. */
export function locationsOf(given: PreferredLocations, partitions: number, site: CallSite): string[][] {
  const refuse = (what: string) =>
    new UsageError(
      `${describeCallSite(site)}: \`preferredLocations\` must be a list of host names or executor ids for each partition, or a function that returns one; ${what}`,
    )
  if (typeof given !== 'function') {
    if (!Array.isArray(given)) throw refuse(`got ${inspect(given, { depth: 0 })}`)
    if (given.length !== partitions) throw refuse(`got ${given.length} lists for ${partitions} partitions`)
  }
  return Array.from({ length: partitions }, (_, partition) => {
    const list: unknown = typeof given === 'function' ? given(partition) : given[partition]
    if (!Array.isArray(list) || !list.every((name) => typeof name === 'string' && name !== ''))
      throw refuse(`partition ${partition} has ${inspect(list, { depth: 1, breakLength: Infinity })}`)
    return [...(list as string[])]
  })
}
