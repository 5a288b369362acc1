import { expect, test } from 'vitest'
import { captureClosure } from '../../src/closure/capture.ts'
import { expectExactly } from '../codec/exactly.ts'
import { shipped, site } from './rebuild-here.ts'

class Track {
  readonly id: number
  readonly tags: Set<string>
  constructor(id: number) {
    this.id = id
    this.tags = new Set([`tag ${id % 7}`])
  }
  label(): string {
    return `${this.id}: ${[...this.tags].join()}`
  }
}

const count = 20_000
const large: Record<string, () => object | string> = {
  'a typed array': () => Float64Array.from({ length: count }, (_, i) => Math.sin(i)),
  numbers: () => Array.from({ length: count }, (_, i) => i / 7),
  bytes: () => Buffer.from(Array.from({ length: 10 * count }, (_, i) => (i * i) % 251)),
  text: () => Array.from({ length: count }, (_, i) => `line ${i}`).join('\n'),
  strings: () => Array.from({ length: count }, (_, i) => `artist ${i}`),
  objects: () => Array.from({ length: count }, (_, i) => ({ id: i, name: `n${i}`, at: [i, -i] })),
  'a Map': () => new Map(Array.from({ length: count }, (_, i) => [`key ${i}`, { i }])),
  'a Set': () => new Set(Array.from({ length: count }, (_, i) => `member ${i}`)),
  'nested arrays': () => Array.from({ length: 100 }, (_, i) => Array.from({ length: 200 }, (_, j) => [i, `c${j}`])),
  'instances of a class': () => Array.from({ length: count / 4 }, (_, i) => new Track(i)),
  'frozen objects': () => Object.freeze(Array.from({ length: count }, (_, i) => Object.freeze({ i, text: `t${i}` }))),
}

const hashesOf = (fn: Function) => captureClosure(fn, site).chunks.map(({ hash }) => hash)

test.each(Object.entries(large))('%s come back as they went', async (_, make) => {
  const value = make()
  const rebuilt = (await shipped(() => value))()()
  expectAlike(rebuilt, value)
})

test.each(Object.entries(large))('%s are cut the same whoever captures them', (_, make) => {
  const value = make()
  const other = { lies: ['before'], inside: { it: 1 } }
  const helper = (x: number) => [x, other]
  const first = hashesOf(() => value)
  const second = hashesOf((x: number) => [helper(x), other, value, make])
  expect(first.length).toBeGreaterThan(0)
  expect(second).toEqual(first)
})

test('of a large array that was changed in the middle, most chunks stay', () => {
  const objects = large['objects']!() as { id: number; name: string; at: unknown[] }[]
  const before = new Set(hashesOf(() => objects))
  objects[10_000]!.name = 'a much longer name than it had before'
  objects[10_001]!.at = [[1], { two: 3 }]
  const after = hashesOf(() => objects)
  const news = after.filter((hash) => !before.has(hash))
  expect(after.length).toBeGreaterThan(8)
  expect(news.length).toBeGreaterThan(0)
  expect(news.length).toBeLessThanOrEqual(6)
})

test('of two large values that share a part, the part stays one', async () => {
  const shared = { text: 'shared' }
  const left = [shared, ...Array.from({ length: count }, (_, i) => ({ left: i }))]
  const right = new Map<unknown, unknown>([[shared, left], ...Array.from({ length: count }, (_, i): [unknown, unknown] => [i, { right: i }])]) // prettier-ignore
  const cyclic: { self?: object; rows: unknown[] } = { rows: left }
  cyclic.self = cyclic
  const fn = await shipped(() => [left, right, cyclic, shared] as const)
  const [a, b, c, d] = fn()()
  expect([a[0] === d, b.get(d) === a, c.self === c, c.rows === a, a.length, b.size]).toEqual([
    true,
    true,
    true,
    true,
    count + 1,
    count + 1,
  ])
  expect([a.at(-1), b.get(count - 1)]).toEqual([{ left: count - 1 }, { right: count - 1 }])
})

test('views of one large buffer see one buffer, and keys that are symbols stay one symbol', async () => {
  const buffer = new ArrayBuffer(200_000)
  const low = new Uint32Array(buffer, 0, 20_000)
  const all = new Uint8Array(buffer)
  const mark = Symbol('mark')
  const marked = Array.from({ length: count }, (_, i) => ({ [mark]: i, i }))
  const fn = await shipped(() => {
    low[1] = 257
    return [all[4], all[5], marked.every((each, i) => each[mark] === i), low.buffer === all.buffer]
  })
  expect(fn()()).toEqual([1, 1, true, true])
})

test('a string of many lines that two variables hold is written once', () => {
  const text = large['text']!() as string
  const copy = `${text.slice(0, 5)}${text.slice(5)}`
  const { bytes } = captureClosure(() => [text, copy], site)
  expect(bytes.length).toBeLessThan(text.length + 2000)
})

test('much code and many values of middle size are cut too, and a small closure is not', async () => {
  const source = `${Array.from({ length: 20_000 }, (_, i) => `x += ${i};`).join('\n')}`
  const long = new Function(`return (x) => { ${source} return x }`)() as (x: number) => number
  expect(hashesOf(long).length).toBeGreaterThan(0)
  expect((await shipped(long))()(1)).toBe(long(1))
  const fifty = Array.from({ length: 50 }, (_, i) => `const v${i} = '${String(i).repeat(2000)}'`).join('\n')
  const many = new Function(`${fifty}; return () => [${Array.from({ length: 50 }, (_, i) => `v${i}`).join()}]`)() as () => string[] // prettier-ignore
  expect(hashesOf(many).length).toBeGreaterThan(0)
  expect((await shipped(many))()()).toEqual(many())
  expect(hashesOf(() => source.slice(0, 10)).length).toBeGreaterThan(0)
  const small = 'small'
  expect(hashesOf(() => small)).toEqual([])
})

/** As far as `expectExactly`, whose list of pairs is too long for so many objects, can be asked. */
function expectAlike(actual: unknown, expected: unknown): void {
  const some = (value: unknown) =>
    value instanceof Map || value instanceof Set || Array.isArray(value) ? [...value].slice(-40) : value
  if (expected instanceof Object && Object.getPrototypeOf(expected) !== Array.prototype)
    expect(Object.getPrototypeOf(actual)).toBe(Object.getPrototypeOf(expected))
  expect(Object.isFrozen(actual)).toBe(Object.isFrozen(expected))
  const [last] = [some(expected)].flat(1) as unknown[]
  if (!(last instanceof Track)) return expectExactly(some(actual), some(expected))
  const labels = (tracks: unknown) => (tracks as Track[]).map((track) => track.label())
  expect(labels(actual)).toEqual(labels(expected))
}
