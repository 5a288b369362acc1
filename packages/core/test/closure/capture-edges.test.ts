/** What captures do at the edges: values that resist, captures inside captures, hashes that must not depend on the process. */
import { once } from 'node:events'
import { join } from 'node:path'
import { createContext, registerClass, type LogRecord } from '@gridify/core'
import { afterAll, expect, test } from 'vitest'
import { captureClosure } from '../../src/closure/capture.ts'
import { shipSymbol } from '../../src/closure/closure.ts'
import { shipped, site } from './rebuild-here.ts'
import { fixtures, makeWorkspace, runNode, writeFiles } from './workspace.ts'

const workspace = makeWorkspace()
afterAll(() => workspace.remove())

class Ticket {
  static #sold = 0
  readonly number: number
  constructor() {
    this.number = ++Ticket.#sold
  }
}

test('a class with static private fields is sent with a warning that says what they are on executors', async () => {
  const records: LogRecord[] = []
  const context = await createContext({ master: 'memory[1]', onLog: (record) => records.push(record) })
  expect([new Ticket().number, new Ticket().number]).toEqual([1, 2])
  const numbers = context.range(0, 2, { partitions: 1 }).map(() => new Ticket().number)
  expect(await numbers.collect()).toEqual([1, 2])
  await context.stop()
  expect(records.map(({ message }) => message)).toEqual([
    expect.stringMatching(
      /^map\(\) at \S+:\d+:\d+ class Ticket at \S+capture-edges\.test\.ts:\d+:\d+ has static private \(#\) fields, which cannot be read: on executors they start again from their initialisers; keep such state outside/,
    ),
  ])
})

test('registering such a class warns too', async () => {
  class Seat {
    static #taken = 0
    readonly row = ++Seat.#taken
  }
  const warning = once(process, 'warning')
  registerClass(Seat, { encode: ({ row }) => row, decode: () => new Seat() })
  expect(String((await warning)[0])).toMatch(/registerClass\(\) at .*: .*class Seat .*has static private \(#\) fields/)
})

test('a revoked proxy is refused as any proxy, and is not touched', () => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  expect(() => captureClosure(() => proxy, site)).toThrow('`proxy` is a Proxy; send the object behind it')
})

test('a capture in the middle of another disturbs neither', async () => {
  const inside = 5
  const hashes: string[] = []
  const outer = {
    [shipSymbol]() {
      hashes.push(captureClosure(() => inside, site).hash)
      return { kind: 'broadcast', id: 1 }
    },
  }
  const after = { text: 'after' }
  const make = await shipped(
    () => [outer, after.text],
    () => 'resolved',
  )
  expect(make()()).toEqual(['resolved', 'after'])
  expect(new Set(hashes).size).toBe(1)
})

test('hashes and chunks are the same in every process', async () => {
  writeFiles(workspace.driver, {
    'hashes.mjs': `
      import { captureClosure } from ${JSON.stringify(join(fixtures, '../../../dist/closure/capture.js'))}
      if (process.argv[2]) captureClosure((x) => [x, process], ${JSON.stringify(site)})
      const table = new Map(Array.from({ length: 9000 }, (_, i) => ['key ' + i, { i, even: i % 2 === 0 }]))
      class Row { constructor(n) { this.n = n } }
      const { hash, chunks } = captureClosure((n) => [new Row(n), table.get(n)], ${JSON.stringify(site)})
      console.log(JSON.stringify([hash, chunks]))
    `,
  })
  const first = await runNode(['hashes.mjs'], workspace.driver)
  expect(await runNode(['hashes.mjs', 'more'], workspace.driver)).toBe(first)
  expect((JSON.parse(first) as [string, unknown[]])[1].length).toBeGreaterThan(1)
})

test('a name that exists nowhere is refused at the call', () => {
  const fn = new Function('return () => undeclaredThing')() as () => unknown
  expect(() => captureClosure(fn, site)).toThrow('uses `undeclaredThing`, which is not defined anywhere')
})
