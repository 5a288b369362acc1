/** Keys by value: what may be a key, when two keys are the same, one stable hash, and a map from keys to values. */
export { assertKey } from './key-check.ts'
export { hashKey } from './key-hash.ts'
export { KeyMap } from './key-map.ts'
export { sameKey } from './key-equality.ts'
