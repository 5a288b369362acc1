/** Asks V8 whether an array has properties besides its elements: listing its keys would make a string for each element. */

import { InspectorUnavailable, post, releaseObjects, remoteObject } from './inspector-session.ts'

const group = 'gridify-index-keys'
/** From here on the inspector's 50 microseconds are less than the list of keys. */
const longArray = 500

/** True for an array or typed array whose own properties are its elements (and `length`) alone. */
export function hasOnlyIndices(array: object, length: number): boolean {
  if (length >= longArray && hasOnlyIndicesForInspector(array)) return true
  return Reflect.ownKeys(array).every((key) => key === 'length' || (typeof key === 'string' && /^\d+$/.test(key)))
}

/** False where there is something else, and where no inspector can tell. */
function hasOnlyIndicesForInspector(array: object): boolean {
  try {
    const { result } = post<{ result: { name: string }[] }>('Runtime.getProperties', {
      objectId: remoteObject(array, group),
      ownProperties: true,
      nonIndexedPropertiesOnly: true,
    })
    return result.every(({ name }) => name === 'length')
  } catch (error) {
    if (error instanceof InspectorUnavailable) return false
    throw error
  } finally {
    releaseIfOpen()
  }
}

function releaseIfOpen(): void {
  try {
    releaseObjects(group)
  } catch (error) {
    if (!(error instanceof InspectorUnavailable)) throw error
  }
}
