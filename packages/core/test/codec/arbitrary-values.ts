/** Random values: everything that is data, with the parts that encoders get wrong made frequent. */
import fc from 'fast-check'

/** Text with lone surrogates, pairs, and characters of one to four UTF-8 bytes. */
export const texts = fc.string({
  unit: fc.constantFrom('a', 'z', ' ', 'é', '\uffff', '😀', '\ud800', '\udc00', '\0'),
  maxLength: 6,
})

export const values = fc.anything({
  maxDepth: 3,
  key: fc.oneof(texts, fc.constantFrom('__proto__', 'constructor', 'toJSON', 'length', 'a', 'b', '0')),
  values: [
    fc.constantFrom(0, -0, NaN, Infinity, 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 53, 5e-324),
    fc.integer(),
    fc.double(),
    fc.boolean(),
    fc.constantFrom(null, undefined),
    fc.bigInt(),
    texts,
    fc.string({ unit: 'binary', maxLength: 100 }),
  ],
  withBoxedValues: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withNullPrototype: true,
  withSparseArray: true,
  withTypedArray: true,
})

/** Up to six objects that point at each other in any way, given by the first. */
export const graphs = fc.array(fc.tuple(fc.nat(5), fc.nat(5)), { maxLength: 12 }).map((edges) => {
  const nodes = Array.from({ length: 6 }, (_, index): unknown[] | Record<string, unknown> =>
    index % 2 === 0 ? [] : {},
  )
  for (const [from, to] of edges) {
    const node = nodes[from]!
    if (Array.isArray(node)) node.push(nodes[to])
    else node[`to${to}`] = nodes[to]
  }
  return nodes[0]
})

const column = fc.constantFrom<fc.Arbitrary<unknown>[]>(
  [fc.integer()],
  [fc.constant(7)],
  [fc.double()],
  [fc.constantFrom(0, -0, 1)],
  [texts],
  [fc.string({ unit: 'grapheme-ascii', maxLength: 60 })],
  [fc.boolean()],
  [fc.constant(null)],
  [fc.constant(undefined)],
  [fc.tuple(texts, fc.boolean())],
  [fc.tuple(fc.integer(), fc.tuple(fc.double()))],
  [fc.integer(), fc.string()],
)

/** Rows that look like columns: arrays of equal length with one kind of primitive in each place, or nearly so. */
export const tupleRows = fc
  .array(column, { minLength: 1, maxLength: 5 })
  .chain((columns) => fc.array(fc.tuple(...columns.map((kinds) => fc.oneof(...kinds))), { maxLength: 20 }))

/** Small domains, so that equal keys are met often. */
export const keys: fc.Arbitrary<unknown> = fc.letrec<{ key: unknown }>((tie) => ({
  key: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    fc.constantFrom<unknown>(
      null,
      undefined,
      true,
      false,
      0,
      -0,
      NaN,
      1,
      1n,
      1.5,
      -1,
      2n ** 70n,
      2 ** 70,
      Infinity,
      '',
      '1',
      'a',
      'é',
    ),
    texts,
    fc.constantFrom(0, 1, NaN).map((time) => new Date(time)),
    fc.uint8Array({ max: 1, maxLength: 2 }),
    fc.uint8Array({ max: 1, maxLength: 2 }).map((bytes) => Buffer.from(bytes)),
    fc.uint8Array({ max: 1, maxLength: 2 }).map((bytes) => bytes.slice().buffer),
    fc.array(tie('key'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', '__proto__'), tie('key'), { maxKeys: 2 }),
  ),
})).key
