import type { CallSite } from '../../src/base/call-site.ts'
import { captureClosure } from '../../src/closure/capture.ts'
import type { ShipReference } from '../../src/closure/closure.ts'
import { rebuildClosure } from '../../src/closure/rebuild.ts'

export const site: CallSite = { operation: 'map', location: 'jobs/rate.ts:14:9' }

/** Captures a function and rebuilds it in this process. */
export async function shipped<F extends Function>(
  fn: F,
  resolveReference: (reference: ShipReference) => unknown = () => undefined,
): Promise<() => F> {
  const make = await rebuildClosure(captureClosure(fn, site).bytes, { resolveReference, importRoots: [process.cwd()] })
  return make as unknown as () => F
}
