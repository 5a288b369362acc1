/** Values of every kind that is data, with the parts that encoders get wrong. */

const cycle: Record<string, unknown> = { name: 'ring' }
cycle['self'] = cycle
const shared = { n: 1 }
const matched = 'gridify'.match(/(?<first>g)r/)
const sticky = Object.assign(/a(b)?/dgimsuy, { lastIndex: 3 })
const loop = new Map<unknown, unknown>()
loop.set(loop, new Set([loop, Object.assign(new Error('in the loop'), { loop })]))
const failure = Object.assign(new TypeError('no', { cause: new Error('why') }), { code: 'E_NO', detail: [1n] })

/** Each by what it is. */
export const listedValues: [string, unknown][] = [
  ['numbers of every kind', [0, -0, 1, -1, 1.5, NaN, Infinity, -Infinity, 2 ** 31, 2 ** 53, 2 ** 64, 5e-324]],
  ['a top-level -0', -0],
  ['undefined, null and booleans', [undefined, null, true, false, { a: undefined }]],
  ['bigints', [0n, -1n, 2n ** 64n, -(2n ** 200n)]],
  ['text with lone surrogates', ['', 'é', '😀', '\ud800', 'a\udc00b', 'x'.repeat(70_000), { '\ud800': 1 }]],
  // oxlint-disable-next-line no-sparse-arrays
  ['arrays with holes', [, 1, , undefined, [,], Object.assign([], { length: 4_000_000_000 })]],
  ['arrays with named properties', matched],
  ['dates', [new Date(0), new Date(-1), new Date(NaN), new Date(8.64e15)]],
  [
    'maps and sets',
    new Map<unknown, unknown>([
      [{ a: 1 }, new Set([-0, NaN, []])],
      [NaN, new Map()],
    ]),
  ],
  ['regular expressions with lastIndex', sticky],
  ['errors with cause, code and stack', failure],
  ['aggregate errors', new AggregateError([failure, 1], 'all failed')],
  ['objects without prototype', Object.assign(Object.create(null) as object, { a: { b: 1 } })],
  ['an own __proto__ key', JSON.parse('{ "__proto__": { "admin": true }, "constructor": 1, "toJSON": 2 }')],
  ['a cycle', cycle],
  ['a shared reference', [shared, shared, { shared }]],
  ['a date that comes twice', ((day) => [day, day])(new Date(5))],
  ['boxed primitives', [Object(1), Object('a'), Object(false), Object(1n)]],
  ['bytes', [new Uint8Array([1, 2, 255]), Buffer.from('hi'), new Uint8Array([1, 2, 3]).buffer, new Uint8Array(0)]],
  [
    'typed arrays',
    [
      new Int8Array([-1]),
      new Uint8ClampedArray([9]),
      new Int16Array([-2]),
      new Uint16Array([2]),
      new Int32Array([-3]),
      new Uint32Array([3]),
      new Float32Array([0.5]),
      new Float64Array([-0, NaN]),
      new BigInt64Array([-4n]),
      new BigUint64Array([4n]),
      new DataView(new ArrayBuffer(3)),
    ],
  ],
  [
    'a pair with large typed arrays',
    [3, { ids: new Int32Array(100_000).fill(7), values: new Float32Array(100_000).fill(0.1) }],
  ],
  ['plain records', { id: 7, name: 'seven', tags: ['a', 'b'], at: new Date(7), nested: { deep: [null, { x: 0.5 }] } }],
  ['a big string', 'né'.repeat(500_000)],
  [
    'every error class',
    [new EvalError('e'), new RangeError('r'), new ReferenceError('f'), new SyntaxError('s'), new URIError('u')],
  ],
  [
    'an error whose name, message and properties were set',
    Object.assign(new Error('m'), { name: 'Own', message: '', [Symbol.iterator.toString()]: 1 }),
  ],
  ['a cycle through a Map, a Set and an error', loop],
  ['own keys that are numbers, in their order', { 2: 'b', 1: 'a', z: 0, y: undefined }],
]
