/**
 * One inspector session on this thread, kept open. `post` on a same-thread session calls back before it returns, which
 * is what lets a capture be synchronous. Connected, it costs nothing; `Debugger` left enabled would slow awaits 9 times.
 */

import type { Session } from 'node:inspector'
import { createContext } from 'node:vm'

export class InspectorUnavailable extends Error {}

interface Slots {
  outgoing: unknown
  incoming: unknown
}

let session: Session | undefined
let unavailable: InspectorUnavailable | undefined
let contextId: number | undefined
const slots: Slots = { outgoing: undefined, incoming: undefined }

/** @throws InspectorUnavailable under `--permission`, in builds without the inspector, and in other runtimes. */
export function inspectorSession(): Session {
  if (session) return session
  if (unavailable) throw unavailable
  try {
    const inspector = process.getBuiltinModule('node:inspector')
    const opened = new inspector.Session()
    opened.connect()
    contextId = openContext(opened)
    session = opened
    return opened
  } catch (cause) {
    unavailable = new InspectorUnavailable('the V8 inspector is not available in this process', {
      cause,
    })
    throw unavailable
  }
}

/** Sends one command and returns its answer; throws if the answer is an error or comes late. */
export function post<T>(method: string, params: object = {}, on: Session = inspectorSession()): T {
  let answer: { error: Error | null; result: unknown } | undefined
  on.post(method, params, (error: Error | null, result?: object) => {
    answer = { error, result }
  })
  if (answer === undefined) throw new InspectorUnavailable(`the inspector answers ${method} asynchronously here`)
  if (answer.error) throw new Error(`${method}: ${answer.error.message}`)
  return answer.result as T // the protocol's own types are per method; each caller names the one it asked for
}

/** Passes a value into the inspector's world and returns its remote object id. */
export function remoteObject(value: unknown, objectGroup: string): string {
  inspectorSession()
  slots.outgoing = value
  try {
    const { result } = post<{ result: { objectId: string } }>('Runtime.evaluate', {
      contextId,
      expression: 'outgoing',
      objectGroup,
      silent: true,
    })
    return result.objectId
  } finally {
    slots.outgoing = undefined
  }
}

/** The real object behind a remote object id. */
export function localObject(objectId: string): unknown {
  post('Runtime.callFunctionOn', {
    objectId,
    functionDeclaration: 'function () { incoming = this }',
    silent: true,
  })
  const value = slots.incoming
  slots.incoming = undefined
  return value
}

export function releaseObjects(objectGroup: string): void {
  post('Runtime.releaseObjectGroup', { objectGroup })
}

// A context of our own, because in vm pools (vitest's vmThreads, jest) the default one is not the caller's global.
function openContext(on: Session): number {
  let id: number | undefined
  const remember = (event: { params: { context: { id: number } } }): void => {
    id = event.params.context.id
  }
  on.on('Runtime.executionContextCreated', remember)
  try {
    post('Runtime.enable', {}, on)
    createContext(slots, { name: 'gridify closures' })
    post('Runtime.disable', {}, on)
  } finally {
    on.off('Runtime.executionContextCreated', remember)
  }
  if (id === undefined) throw new InspectorUnavailable('the inspector reports no execution context')
  return id
}
