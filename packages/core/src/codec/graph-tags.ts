/** The tags of the graph format, the exact form for values that msgpackr would change; numbers are part of the format. */

export const TAG = {
  undefined: 0,
  null: 1,
  false: 2,
  true: 3,
  int: 4,
  negativeInt: 5,
  double: 6,
  ascii: 7,
  utf8: 8,
  utf16: 9,
  bigint: 10,
  negativeBigint: 11,
  /** An object that was begun before: a cycle or a shared reference. */
  reference: 12,
  array: 13,
  /** An array with holes or with named properties. */
  sparseArray: 14,
  object: 15,
  nullPrototypeObject: 16,
  date: 17,
  map: 18,
  set: 19,
  regExp: 20,
  error: 21,
  arrayBuffer: 22,
  view: 23,
  boxed: 24,
  /** An instance by its own properties: the key of its class, then a plain object, an array or an error. */
  instance: 25,
  /** An instance of a registered class: the key of its class, then what its `encode` made. */
  registered: 26,
  /** A view whose buffer is a value of its own, since others see it too. */
  sharedView: 27,
  /** What collectAsMap and the like return where keys compare by value. */
  valueMap: 28,
} as const

/** Views by their place in this list. */
export const VIEWS = [
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
  'DataView',
  'Buffer',
] as const

/** Built-in error classes by their place in this list. */
export const ERRORS = [
  'Error',
  'EvalError',
  'RangeError',
  'ReferenceError',
  'SyntaxError',
  'TypeError',
  'URIError',
  'AggregateError',
] as const
