/** Reads what V8 knows about a function: where its source is, the variables around it, what a bound function holds. */

import { localObject, post, releaseObjects, remoteObject } from './inspector-session.ts'

/** One level of variables around a function, innermost first. The values are a snapshot. */
export interface Scope {
  /** V8's word: "Module", "Closure (f)", "Block", "Script", ... */
  readonly description: string
  readonly variables: Readonly<Record<string, unknown>>
}

export interface FunctionLocation {
  readonly scriptId: string
  readonly line: number
  readonly column: number
}

export interface InspectedFunction {
  /** Absent for native and bound functions. */
  readonly location: FunctionLocation | undefined
  readonly scopes: readonly Scope[]
  readonly bound: { readonly target: unknown; readonly self: unknown; readonly args: readonly unknown[] } | undefined
}

interface RemoteValue {
  readonly type: string
  readonly objectId?: string
  readonly value?: unknown
  readonly unserializableValue?: string
}

const group = 'gridify-closure'

/** Costs about 100 microseconds. */
export function inspectFunction(fn: Function): InspectedFunction {
  const objectId = remoteObject(fn, group)
  try {
    const { internalProperties = [] } = post<{
      internalProperties?: { name: string; value?: RemoteValue }[]
    }>('Runtime.getProperties', { objectId, ownProperties: true })
    const internal = (name: string): RemoteValue | undefined => internalProperties.find((p) => p.name === name)?.value
    const target = internal('[[TargetFunction]]')
    if (target) {
      const args = fetchValue(internal('[[BoundArgs]]')) as ArrayLike<unknown> | undefined
      const bound = {
        target: fetchValue(target),
        self: fetchValue(internal('[[BoundThis]]')),
        args: Array.from(args ?? []),
      }
      return { location: undefined, scopes: [], bound }
    }
    const place = internal('[[FunctionLocation]]')?.value as
      | { scriptId: string; lineNumber: number; columnNumber: number }
      | undefined
    const location = place && {
      scriptId: place.scriptId,
      line: place.lineNumber,
      column: place.columnNumber,
    }
    const scopes = internal('[[Scopes]]')
    return {
      location,
      scopes: location && scopes ? readScopes(fetchValue(scopes)) : [],
      bound: undefined,
    }
  } finally {
    releaseObjects(group)
  }
}

function readScopes(list: unknown): Scope[] {
  const scopes: Scope[] = []
  // V8's internal array of { description, object }; the Global scope is the last and is globalThis itself.
  const entries = list as { description: string; object?: Record<string, unknown> }[]
  for (let i = 0; entries[i] !== undefined; i++) {
    const { description, object } = entries[i]!
    if (description === 'Global') break
    if (object) scopes.push({ description, variables: object })
  }
  return scopes
}

function fetchValue(remote: RemoteValue | undefined): unknown {
  if (remote === undefined) return undefined
  if (remote.objectId !== undefined) return localObject(remote.objectId)
  const special = remote.unserializableValue
  if (special === undefined) return remote.value
  return special.endsWith('n') ? BigInt(special.slice(0, -1)) : Number(special)
}
