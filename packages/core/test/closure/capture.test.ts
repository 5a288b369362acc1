import { Session } from 'node:inspector'
import { expect, test } from 'vitest'
import { ClosureError, UsageError } from '../../src/base/errors.ts'
import { captureClosure } from '../../src/closure/capture.ts'
import { shipSymbol } from '../../src/closure/closure.ts'
import { shipped, site } from './rebuild-here.ts'

/** The message of a refusal, without folders, and without columns, which vitest's source maps blur. */
function refusal(fn: Function): string {
  try {
    captureClosure(fn, site)
  } catch (error) {
    if (error instanceof ClosureError) return error.message.replaceAll(/at \/\S*\/(\S+):\d+\)/g, 'at $1)')
    throw error
  }
  return 'not refused'
}

test('a refusal names the call, the way to the culprit and the cure', () => {
  const cfg = { db: { pool: [Promise.resolve()] } }
  const connect = () => cfg
  expect(refusal(() => connect())).toBe(
    'map() at jobs/rate.ts:14:9 cannot send its function to executors: ' +
      '(anonymous function at capture.test.ts:22) -> `connect` (function connect at capture.test.ts:21) ' +
      '-> `cfg`.db.pool[0] is a Promise; await it on the driver first',
  )
})

test('the path shows keys of maps, getters and quoted properties', () => {
  const cfg = { 'data base': new Map([['main', { get pool() { return lost } }]]) } // prettier-ignore
  const lost = Promise.resolve()
  expect(refusal(() => cfg)).toContain('`cfg`["data base"].get("main") (getter pool)')
})

test('something that is not a function is a mistake of the call', () => {
  expect(() => captureClosure(5 as unknown as Function, site)).toThrow(
    new UsageError('map() at jobs/rate.ts:14:9 needs a function, not number'),
  )
})

test('an assignment to a captured variable warns and asks for a copy per task', () => {
  let count = 0
  const { perTask, warnings } = captureClosure(() => count++, site)
  expect({ perTask, warnings, count }).toEqual({
    perTask: true,
    warnings: ['assigns to captured variable `count`; each task gets its own copy: use an accumulator'],
    count: 0,
  })
})

test('a function that only reads is shared by tasks', () => {
  const list = [1]
  expect(captureClosure(() => list.length, site).perTask).toBe(false)
})

test('values are those of the moment of capture', async () => {
  let rate = 2
  const make = await shipped((x: number) => x * rate)
  rate = 3
  expect([make()(10), rate]).toEqual([20, 3])
})

test('equal functions with equal values have equal hashes', () => {
  const scale = (factor: number) => (x: number) => x * factor
  const hash = (fn: Function) => captureClosure(fn, site).hash
  expect(hash(scale(2))).toBe(hash(scale(2)))
  expect(hash(scale(2))).not.toBe(hash(scale(3)))
  expect(hash(scale(2))).toMatch(/^[0-9a-f]{32}$/)
})

test('name and location are those of the function', () => {
  const double = (x: number) => x * 2
  const { name, location } = captureClosure(double, site)
  expect([name, location.replace(/^.*\/|:\d+$/g, '')]).toEqual(['double', 'capture.test.ts:72'])
})

test('objects with a ship method travel as references, each once', async () => {
  const table = { [shipSymbol]: () => ({ kind: 'broadcast', id: 7 }), value: 'large' }
  const total = { [shipSymbol]: () => ({ kind: 'accumulator', id: 8 }), value: 0 }
  const fn = () => [table.value, [table, total].length]
  expect(captureClosure(fn, site).references).toEqual([
    { kind: 'broadcast', id: 7 },
    { kind: 'accumulator', id: 8 },
  ])
  const make = await shipped(fn, ({ kind, id }) => ({ value: `${kind} ${id}` }))
  expect(make()()).toEqual(['broadcast 7', 2])
})

test('an object whose ship method throws is refused for its reason', () => {
  const other = {
    [shipSymbol]() {
      throw new Error('is a dataset; use join() to bring two together')
    },
  }
  expect(refusal(() => other)).toMatch(/-> `other` is a dataset; use join\(\) to bring two together$/)
})

test('getters of captured objects are not called', () => {
  let calls = 0
  const lazy = { get value() { return ++calls } } // prettier-ignore
  captureClosure(() => lazy, { ...site })
  expect(calls).toBe(0)
})

test('a closure over the limit is refused and names its largest part', () => {
  const table = { rows: new Uint8Array(3 << 20) }
  const small = 'x'
  expect(() => captureClosure(() => [table, small], site, { limitBytes: 2 << 20 })).toThrow(
    /it has 3\.0 MiB, the limit is 2\.0 MiB, most of it in \(.*\) -> `table` \(3\.0 MiB\); use context\.broadcast\(value\)/,
  )
})

test('a closure of more than a mebibyte warns', () => {
  const table = new Uint8Array(3 << 20)
  expect(captureClosure(() => table, site).warnings).toEqual([
    expect.stringMatching(/^sends 3\.0 MiB to every executor, most of it in .* -> `table` \(3\.0 MiB\)/),
  ])
})

test('a hundred thousand nested objects are no danger to the stack', async () => {
  let deep: { inner?: object } = {}
  for (let i = 0; i < 100_000; i++) deep = { inner: deep }
  const count = (
    await shipped(() => {
      let depth = 0
      for (let at: { inner?: object } | undefined = deep; at; at = at.inner) depth++
      return depth
    })
  )()
  expect(count()).toBe(100_001)
})

test('a hundred thousand numbers are captured as bytes', () => {
  const numbers = Array.from({ length: 100_000 }, (_, i) => i / 2)
  captureClosure(() => numbers, site)
  const start = performance.now()
  const { bytes } = captureClosure(() => numbers, site)
  expect(bytes.length).toBeLessThan(801_000)
  // 15 ms alone on the machine; the bound leaves room for a busy one and still fails on a node per number
  expect(performance.now() - start).toBeLessThan(100)
})

test('the debugger is never left enabled', () => {
  const posted: string[] = []
  const { post } = Session.prototype
  Session.prototype.post = function (this: Session, method: string, ...rest: unknown[]) {
    posted.push(method)
    return Reflect.apply(post, this, [method, ...rest]) as void
  } as typeof post
  try {
    const fresh = new Function('k', 'return () => k')(1) as () => number
    captureClosure(fresh, site)
  } finally {
    Session.prototype.post = post
  }
  const debug = posted.filter((method) => method.startsWith('Debugger.'))
  expect(debug.filter((method) => method !== 'Debugger.getScriptSource')).toEqual([
    'Debugger.enable',
    'Debugger.disable',
  ])
})

test('a notebook cell ships only the members of `exports` that it uses', async () => {
  const cells = new Proxy({ rate: 3, socket: Promise.resolve() }, {})
  const cell = new Function('exports', 'return (x) => x * exports.rate')(cells) as (x: number) => number
  expect((await shipped(cell))()(2)).toBe(6)
})

test('a coverage counter is left behind, so that counting does not change the hash', async () => {
  const counter = { s: [0] }
  const source = 'const cov_1abc = () => counter; return (x) => { cov_1abc().s[0]++; return x + 1 }'
  const fn = new Function('counter', source)(counter) as (x: number) => number
  const before = captureClosure(fn, site).hash
  fn(1)
  expect(captureClosure(fn, site).hash).toBe(before)
  expect((await shipped(fn))()(1)).toBe(2)
})
