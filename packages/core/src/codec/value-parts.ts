/** What a value that is data is made of, with the step that leads to each part. */
import { types } from 'node:util'
import { Group } from './group.ts'

export function* partsOf(value: object): Generator<[step: string, part: unknown]> {
  if (value instanceof Group) {
    for (const [index, item] of value.toArray().entries()) yield [`[${index}]`, item]
  } else if (types.isMap(value)) {
    for (const [key, item] of value) {
      yield ['.keys()', key]
      yield [`.get(${String(key)})`, item]
    }
  } else if (types.isSet(value)) {
    for (const item of value) yield ['.values()', item]
  } else if (!ArrayBuffer.isView(value)) {
    for (const name of types.isNativeError(value) ? Object.getOwnPropertyNames(value) : Object.keys(value)) {
      yield [Array.isArray(value) ? `[${name}]` : `.${name}`, (value as Record<string, unknown>)[name]]
    }
  }
}
